import type { Evidence, SeenQueue } from '../../evidence/evidence.ts'
import { Loads } from '../../evidence/loads.ts'
import { type Means, ServiceMeans } from '../../evidence/service-means.ts'
import { type Findings, ms } from '../../findings.ts'
import type { Rule } from '../../rule.ts'
import { admissionDecision } from './refused.ts'

/** Rounding of predictions, ms. */
const SLACK_MS = 1e-6

/** The possible states at an arrival, for any order of the events at that instant. */
interface Seen {
  readonly requests: { readonly least: number; readonly most: number }
  readonly executors: number
  /** whether an executor may have been free; whether all may have been busy */
  readonly free: boolean
  readonly busy: boolean
  readonly means: readonly (Means | null)[]
}

export const deadlineShedding: Rule = {
  rule: 'deadline-shedding',
  promise: 'while every executor works, who is predicted to end too late is shed; nobody else is',
  check(seen: Evidence, found: Findings) {
    const { rows, queues, promises } = seen
    const asked = promises.pools.some(({ admission }) => admission.deadlineMarginMs !== null)
    if (!asked && !queues.some(({ shed }) => shed.some((key) => isShed(seen, key)))) return
    const loads = new Loads(seen)
    const means = promises.pools.map((_, pool) => new ServiceMeans(seen, pool))
    const executors = queues.map((queue) => new Executors(queue))
    for (let key = 0; key < rows.at.length; key++) {
      const queue = queues[rows.queue[key]!]
      const sent = rows.sent[key]!
      if (queue === undefined || Number.isNaN(sent)) continue
      // rows do not show which executors memory kept busy
      const hindered = !seen.unhindered.includes(queue)
      loads.moveTo(sent)
      const { number, poolIndex } = queue
      const { least, most } = loads.queues
      const state = {
        requests: { least: least[number]!, most: most[number]! },
        executors: queue.executors,
        ...executors[number]!.at(sent),
        means: means[poolIndex]!.at(sent),
      }
      if (!hindered) checkRequest(seen, key, { queue, state }, found)
      loads.came(key)
    }
  },
}

const isShed = ({ rows }: Evidence, key: number) =>
  admissionDecision(rows, key, 'deadline') === 'refused'

function checkRequest(
  seen: Evidence,
  key: number,
  { queue, state }: { queue: SeenQueue; state: Seen },
  found: Findings,
): void {
  const { rows } = seen
  const said = admissionDecision(rows, key, 'deadline')
  const { deadlineMarginMs: marginMs } = queue.pool.admission
  if (said === null || (marginMs === null && said === 'passed')) return
  found.checked++
  const sent = rows.sent[key]!
  const latest = rows.at[key]! + seen.classOf(key).deadlineMs - (marginMs ?? 0)
  const ends = (requests: number) =>
    state.means.map((means) => (means === null ? null : sent + predicted(requests, state, means)))
  if (said === 'refused') {
    const late = ends(state.requests.most).some((end) => end !== null && end > latest - SLACK_MS)
    if (marginMs !== null && state.busy && late) return
    found.violated([key], () => `came at ${ms(sent)}, was shed, ${why(state, latest, ends)}`)
  } else {
    const inTime = ends(state.requests.least).some((end) => end === null || end < latest + SLACK_MS)
    if (state.free || inTime) return
    found.violated([key], () => `came at ${ms(sent)}, was let pass, ${why(state, latest, ends)}`)
  }
}

/** Time from an arrival to the end of its batch, after the earlier ones on each executor, ms. */
function predicted(requests: number, { executors }: Seen, { batchMs, batchSize }: Means): number {
  return (requests / executors / batchSize) * batchMs + batchMs
}

function why(
  { requests: { least, most }, free, busy }: Seen,
  latest: number,
  ends: (requests: number) => readonly (number | null)[],
): string {
  const text = (times: readonly (number | null)[]) =>
    times.map((end) => (end === null ? 'nothing known' : ms(end))).join(' or ')
  const working = free && busy ? 'an executor perhaps' : free ? 'an executor' : 'no executor'
  return (
    `with ${least} to ${most} requests before it and ${working} free: predicted to end at ` +
    `${text(ends(least))} to ${text(ends(most))}; the latest is ${ms(latest)}`
  )
}

/** The number of busy executors of a queue, at each arrival. */
class Executors {
  readonly #queue: SeenQueue
  readonly #ends: readonly number[]
  /** batches dispatched before now and up to now; batches ended before now and up to now */
  readonly #counts = { begun: 0, begunNow: 0, ended: 0, endedNow: 0 }

  constructor(queue: SeenQueue) {
    this.#queue = queue
    this.#ends = queue.batches.map(({ done }) => done).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  }

  at(now: number): { readonly free: boolean; readonly busy: boolean } {
    const { batches, executors } = this.#queue
    const counts = this.#counts
    while (batches[counts.begun] !== undefined && batches[counts.begun]!.dispatched < now) {
      counts.begun++
    }
    while (batches[counts.begunNow] !== undefined && batches[counts.begunNow]!.dispatched <= now) {
      counts.begunNow++
    }
    while (this.#ends[counts.ended]! < now) counts.ended++
    while (this.#ends[counts.endedNow]! <= now) counts.endedNow++
    return {
      free: counts.begun - counts.endedNow < executors,
      busy: counts.begunNow - counts.ended >= executors,
    }
  }
}
