import { type InFlight, inFlight } from './in-flight.ts'
import type { RecordedRequests } from './recorded-requests.ts'

/** The instances of a server that answered the requests of a log. */
export interface Instances {
  /** all of them */
  readonly seen: number
  /** the most of them at once, each from its first request to its last end */
  readonly atOnce: number
  /** the requests of each */
  readonly logs: readonly InstanceLog[]
}

interface InstanceLog {
  readonly log: RecordedRequests
  /** of each of its requests in the whole log */
  readonly index: Int32Array
}

/** Null where the instance of a request is not known. */
export function instancesOf(log: RecordedRequests): Instances | null {
  const byInstance = new Map<number, number[]>()
  for (const [i, instance] of log.instance.entries()) {
    if (instance < 0) return null
    const others = byInstance.get(instance)
    if (others === undefined) byInstance.set(instance, [i])
    else others.push(i)
  }
  const logs = [...byInstance.values()].map((index) => partOf(log, Int32Array.from(index)))
  return { seen: logs.length, atOnce: mostAtOnce(logs), logs }
}

function partOf(log: RecordedRequests, index: Int32Array): InstanceLog {
  const { columns } = log
  const names = Object.keys(columns) as (keyof typeof columns)[]
  const own = names.map((name) => [name, Float64Array.from(index, (i) => columns[name][i]!)])
  return {
    index,
    log: {
      count: index.length,
      columns: Object.fromEntries(own) as typeof columns,
      ok: Uint8Array.from(index, (i) => log.ok[i]!),
      instance: Int32Array.from(index, (i) => log.instance[i]!),
      scheduled: log.scheduled,
    },
  }
}

/** An instance that was replaced has requests before or after those of the other one. */
function mostAtOnce(logs: readonly InstanceLog[]): number {
  const changes = logs.flatMap(({ log: { columns, count } }) => {
    const { sentMs, endMs } = columns
    let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (let i = 0; i < count; i++) {
      first = Math.min(first, sentMs[i]!)
      last = Math.max(last, Number.isNaN(endMs[i]!) ? sentMs[i]! : endMs[i]!)
    }
    return [
      { at: first, by: 1 },
      { at: last, by: -1 },
    ]
  })
  // a start before an end at the same moment: each instance counts
  changes.sort((a, b) => a.at - b.at || b.by - a.by)
  let [now, most] = [0, 0]
  for (const { by } of changes) {
    now += by
    most = Math.max(most, now)
  }
  return most
}

/** What was in flight on the instance of each request when it was sent. */
export function inFlightByInstance(log: RecordedRequests, { logs }: Instances): InFlight {
  const before = new Int32Array(log.count)
  const sinceEndMs = new Float64Array(log.count)
  const alone = new Uint8Array(log.count)
  let most = 0
  for (const { log: own, index } of logs) {
    const flight = inFlight(own)
    most = Math.max(most, flight.most)
    for (const [n, i] of index.entries()) {
      before[i] = flight.before[n]!
      sinceEndMs[i] = flight.sinceEndMs[n]!
      alone[i] = flight.alone[n]!
    }
  }
  return { before, sinceEndMs, alone, most }
}
