import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { endsOf, type UncertainInput } from '../../../scenarios/schema/uncertain.ts'
import { drawnValue } from '../../stats/index.ts'
import { withTraffic } from '../system/more-traffic.ts'

/**
 * Of inputs that are the same in every draw, as rows of a sweep have them: a few replicas or users,
 * and the speed of a model that no pool runs.
 */
export function constantNotes(scenario: Scenario, inputs: readonly UncertainInput[]): string[] {
  const constant = inputs.filter((input) => isConstant(scenario, input))
  if (constant.length === 0) return []
  const names = constant.map(({ name }) => name).join(', ')
  return [`${names}: the same in every draw, so no width of the answer is from it`]
}

function isConstant(scenario: Scenario, input: UncertainInput): boolean {
  const { model, ofTraffic, whole } = input
  if (model !== null && !scenario.pools.some((pool) => pool.model === model)) return true
  if (whole) return drawnValue(input, 0.001) === drawnValue(input, 0.999)
  if (ofTraffic?.part !== 'rates') return false
  const [low, high] = endsOf(input.law).map((times) =>
    JSON.stringify(withTraffic(scenario, times, ofTraffic.class)?.traffic),
  )
  return low === high
}
