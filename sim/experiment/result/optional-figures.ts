import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { PoolResult, PoolRetries } from '../../documents/index.ts'
import { estimate, type RunSummary } from '../../stats/index.ts'
import { replicasResult } from './ejections-result.ts'
import { overRuns } from './over-runs.ts'

/** The figures of a pool that only some pools have. */
export function optionalFigures(
  scenario: Scenario,
  runs: readonly RunSummary[],
  index: number,
): Pick<PoolResult, 'availability' | 'ejections' | 'slowdown' | 'proxy_retries'> {
  const retries = retriesResult(runs, index)
  return {
    ...replicasResult(scenario, runs, index),
    ...(scenario.pools[index]!.card !== undefined && {
      slowdown: overRuns(runs, ({ slowdowns }) => slowdowns[index]!),
    }),
    ...(retries && { proxy_retries: retries }),
  }
}

/** The retries by the proxy of a pool; undefined where it retries nothing. */
function retriesResult(runs: readonly RunSummary[], index: number): PoolRetries | undefined {
  const each = runs.flatMap(({ retries, pools }) => {
    const own = retries[index] ?? null
    return own === null ? [] : [{ ...own, arrived: pools[index]!.counts.arrived }]
  })
  if (each.length === 0) return undefined
  const sum = (of: (own: (typeof each)[number]) => number) =>
    each.reduce((total, own) => total + of(own), 0)
  return {
    sent: sum(({ sent }) => sent),
    sent_share: estimate(
      each.map(({ sent, arrived }) => sent / arrived),
      sum(({ arrived }) => arrived),
    ),
    succeeded: sum(({ succeeded }) => succeeded),
    overflow: sum(({ overflow }) => overflow),
  }
}
