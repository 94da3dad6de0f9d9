import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { ServingPlan } from '../../serving/index.ts'
import { mayLackMemory } from './wait-causes.ts'

/** What the rows of a scenario do not show of its waiting, each as one text. */
export function blameLimits({ pools, devices }: Scenario, plan: ServingPlan): string[] {
  const names = (wanted: (index: number) => boolean) =>
    pools.flatMap(({ name }, i) => (wanted(i) ? [name] : [])).join(', ')
  const engines = names((i) => pools[i]!.generation !== undefined)
  const split = names((i) => {
    const { generation } = plan.pools[i]!
    return (
      generation?.handOver != null ||
      plan.pools.some((other) => other.generation?.handOver?.pool === i)
    )
  })
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
          `${engines}: rows have no steps of engines, so the delay of decode steps by the prefill of other prompts is part of service, and only the wait for a sequence slot is blamed on requests`,
        ]),
    ...(split === ''
      ? []
      : [
          `${split}: rows do not show when a sequence left its prefill pool, so its waits are engine admission`,
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
