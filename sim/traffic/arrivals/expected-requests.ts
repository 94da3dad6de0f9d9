import { arrivalParts, type Scenario, type TrafficClass } from '../../../scenarios/schema/schema.ts'
import type { Ms } from '../../serving/index.ts'
import { leastUnservedMs } from '../clients/early-ends.ts'
import type { TrafficOptions } from '../source.ts'
import { isClosed, processOf } from './arrival-processes.ts'
import { meanTurns } from './mean-rate.ts'

/** Requests that a class is expected to send, counting each part of a fan-out. */
interface ExpectedRequests {
  /** first attempts scheduled before a time; 0 for closed loops, which wait for answers */
  readonly before: (time: Ms) => number
  /** first attempts in the whole run, if the capacity serves all */
  readonly first: number
  /** the same with as many retries by clients as there can be */
  readonly most: number
  /**
   * upper bound, with all retries and copies, however requests end; Infinity where users may ask
   * again and again at one instant
   */
  readonly bound: number
}

/** The expected number of requests of each class, before any is drawn. */
export function expectedRequests(
  scenario: Scenario,
  options: Pick<TrafficOptions, 'capacityRps' | 'traces' | 'clients'>,
): readonly ExpectedRequests[] {
  const { traffic, seed, duration_s } = scenario
  const endMs = duration_s * 1000
  return traffic.map((own, index) => {
    const { arrivals, fan_out: parts, retry } = own
    const amount = {
      endMs,
      // as in `trafficSource`: a load is that of the replicas, and each part occupies one
      capacityRps: options.capacityRps === null ? null : options.capacityRps / parts,
      trace: options.traces.get(index),
      clients: options.clients?.get(index),
    }
    const expected = arrivalParts(arrivals).map((part) => processOf(part).expected(part, amount))
    const each = parts * meanTurns(own, seed)
    const before = (time: Ms) => each * expected.reduce((sum, until) => sum + until(time), 0)
    const first = before(endMs)
    const attempts = Math.min(retry?.max_attempts ?? 1, 1 + (retry?.budget?.ratio ?? Infinity))
    const unservedMs = leastUnservedMs(scenario, index)
    // the capacity is that of a mix of classes, and of as many replicas as there are at first
    const isOnly = traffic.length === 1 && own.model === undefined
    const limited = { ...amount, capacityRps: isOnly ? amount.capacityRps : null }
    const calls = arrivalParts(arrivals).reduce((sum, part, i) => {
      const { most } = processOf(part)
      return sum + (most ? most(part, limited, unservedMs) : expected[i]!(endMs))
    }, 0)
    const bound = withCopies(scenario, index, withRetries(own, each * calls))
    return { before: isClosed(arrivals) ? () => 0 : before, first, most: first * attempts, bound }
  })
}

/** The most attempts of calls by their clients. */
function withRetries({ retry }: TrafficClass, calls: number): number {
  if (retry === undefined) return calls
  const { max_attempts, budget } = retry
  const all = calls * max_attempts
  return budget === undefined ? all : Math.min(all, calls * (1 + budget.ratio) + budget.burst)
}

/** The most that are sent of these attempts, with copies and with retries by proxies. */
function withCopies({ traffic, pools }: Scenario, index: number, attempts: number): number {
  const { hedge } = traffic[index]!
  const copies = hedge?.policy === 'hedged' ? hedge.max_attempts : hedge === undefined ? 1 : 2
  const retries = pools.map(({ retry_policy }) => retry_policy?.num_retries ?? 0)
  return attempts * copies * (1 + Math.max(...retries))
}
