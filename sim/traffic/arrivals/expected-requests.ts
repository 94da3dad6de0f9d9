import { arrivalParts, type Scenario } from '../../../scenarios/schema/schema.ts'
import type { Ms } from '../../serving/index.ts'
import type { TrafficOptions } from '../source.ts'
import { isClosed, processOf } from './arrival-processes.ts'
import { meanTurns } from './mean-rate.ts'

/** Requests that a class is expected to send, counting each part of a fan-out. */
interface ExpectedRequests {
  /** first attempts scheduled before a time; 0 for closed loops, which wait for answers */
  readonly before: (time: Ms) => number
  /** first attempts in the whole run */
  readonly first: number
  /** upper bound, with all retries */
  readonly most: number
}

/** The expected number of requests of each class, before any is drawn. */
export function expectedRequests(
  { traffic, seed, duration_s }: Scenario,
  options: Pick<TrafficOptions, 'capacityRps' | 'traces' | 'clients'>,
): readonly ExpectedRequests[] {
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
    return { before: isClosed(arrivals) ? () => 0 : before, first, most: first * attempts }
  })
}
