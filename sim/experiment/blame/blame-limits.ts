import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { ServingPlan } from '../../serving/index.ts'
import { isSplit, mayLackMemory } from './wait-causes.ts'

/** What the rows of a scenario do not show of its waiting, each as one text. */
export function blameLimits(
  { pools, devices }: Scenario,
  plan: ServingPlan,
  hasSteps: boolean,
): string[] {
  const names = (wanted: (index: number) => boolean) =>
    pools.flatMap(({ name }, i) => (wanted(i) ? [name] : [])).join(', ')
  const engines = hasSteps ? '' : names((i) => pools[i]!.generation !== undefined)
  const split = names((index) => isSplit(plan, { index }))
  const lacking = names((i) => {
    const { batching, generation } = plan.pools[i]!
    const window = batching.policy === 'none' || 'maxDelayMs' in batching
    return generation === undefined && !window && mayLackMemory(plan, plan.pools[i]!)
  })
  const shared = devices.some(({ residency }) => residency !== undefined)
  return [
    ...(engines === ''
      ? []
      : [
          `${engines}: there is no decision log that gives the rows again, and rows have no steps of engines: what these computed for others is part of service and of engine admission`,
        ]),
    ...(split === ''
      ? []
      : [
          `${split}: rows do not show when a sequence left its prefill pool, so the transfer and the wait for a decode pool are part of service`,
        ]),
    ...(lacking === ''
      ? []
      : [
          `${lacking}: rows do not show how long the batching policy waits, so waits for memory count as batch wait`,
        ]),
    ...(shared
      ? ['batches of other pools on a shared device delay loads; that is part of model load']
      : []),
  ]
}
