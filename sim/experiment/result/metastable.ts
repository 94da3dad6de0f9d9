import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { Series, Stability } from '../../documents/index.ts'
import { expectedRequests } from '../../traffic/index.ts'
import type { RunSummary } from '../figures/run-summary.ts'
import type { PreparedScenario } from '../system/prepared-scenario.ts'
import type { Resolved } from '../system/resolve.ts'

/** The end of the traffic that is looked at, as a share of it. */
const LAST = 0.25
/** Below this load there is room to recover; capacities are approximate. */
const MOST_LOAD = 0.95
/** Of the fresh requests: what is served where a system is well, and where it is down. */
const WELL = 0.9
const DOWN = 0.7
/** Intervals in a row that show that it was well before. */
const BEFORE = 5
/** A backlog that falls faster than this share in the looked at time is being worked off. */
const FALLING = 0.05

type Metastable = NonNullable<Stability['metastable']>

/**
 * Whether a system stays down in a run although the load without retries is below its capacity: it
 * served its traffic before, does not do so in the last quarter, and no backlog falls, so nothing
 * shows that it recovers (Bronson et al. 2021, metastable failures). Undefined where no run does,
 * and where the capacity or the rate of fresh requests is not known.
 */
export function metastableOf(
  system: Pick<PreparedScenario, 'scenario' | 'traces' | 'clients'> & Pick<Resolved, 'capacityRps'>,
  runs: readonly Pick<RunSummary, 'series'>[],
): Metastable | undefined {
  const { capacityRps, scenario } = system
  if (capacityRps === null || !mayResend(scenario)) return undefined
  const classes = expectedRequests(scenario, system)
  const { bucket_s: each, served_rps } = runs[0]!.series
  const until = (i: number) => classes.reduce((sum, own) => sum + own.before(1000 * i * each), 0)
  const fresh = served_rps.map((_, i) => (until(i + 1) - until(i)) / each)
  const from = Math.round(fresh.length * (1 - LAST))
  const load = meanOf(fresh.slice(from)) / capacityRps
  if (!(load < MOST_LOAD)) return undefined
  const down = runs.flatMap(({ series }) => downOf(series, fresh, from) ?? [])
  if (down.length === 0) return undefined
  return {
    runs: down.length,
    since_s: meanOf(down.map(({ since }) => since * each)),
    load,
    served_share: meanOf(down.map(({ servedShare }) => servedShare)),
  }
}

/** The interval from which on a run is down until its end; null where it is not. */
function downOf(
  { served_rps: served, queue_mean: waiting }: Series,
  fresh: readonly number[],
  from: number,
): { readonly since: number; readonly servedShare: number } | null {
  const share = served.map((rps, i) => (fresh[i]! > 0 ? rps / fresh[i]! : Number.NaN))
  const servedShare = meanOf(share.slice(from))
  if (!(servedShare < DOWN) || share.slice(from).some((own) => own >= WELL)) return null
  const wellUntil = lastWell(share.slice(0, from))
  if (wellUntil === null) return null
  const quarter = waiting.slice(from)
  const half = quarter.length >> 1
  const [early, late] = [meanOf(quarter.slice(0, half)), meanOf(quarter.slice(half))]
  return late < (1 - FALLING) * early ? null : { since: wellUntil + 1, servedShare }
}

/** Clients that ask again, or copies: else what is lost adds no load. */
function mayResend({ traffic, pools }: Scenario): boolean {
  return (
    traffic.some(({ retry, timeout_ms }) => retry !== undefined || timeout_ms !== undefined) ||
    pools.some(({ retry_policy }) => retry_policy !== undefined)
  )
}

/** The last interval that ends several in a row in which it is well; null for none. */
function lastWell(share: readonly number[]): number | null {
  for (let end = share.length - 1; end >= BEFORE - 1; end--) {
    const row = share.slice(end - BEFORE + 1, end + 1)
    if (meanOf(row) >= WELL && share[end]! >= WELL) return end
  }
  return null
}

const meanOf = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length
