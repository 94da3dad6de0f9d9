import type { Evidence, SeenQueue } from '../../evidence/evidence.ts'
import { eachArrival } from '../../evidence/loads.ts'
import { type Means, ServiceMeans } from '../../evidence/service-means.ts'
import { firstAbove, firstAtLeast } from '../../evidence/sorted.ts'
import { type Findings, ms, type Rule } from '../../findings.ts'
import { admissionDecision } from './refused.ts'

/** Rounding of predictions, ms. */
const SLACK_MS = 1e-6

/** The possible states at an arrival, for any order of the events at that instant. */
interface ArrivalState {
  readonly requests: { readonly least: number; readonly most: number }
  readonly executors: number
  /** whether an executor may have been free; whether all may have been busy */
  readonly free: boolean
  readonly busy: boolean
  readonly means: readonly (Means | null)[]
}

export const deadlineShedding: Rule = {
  rule: 'deadline-shedding',
  promise: 'a request is shed exactly where all executors are busy and it would end too late',
  check(evidence, findings) {
    const { queues, promises } = evidence
    const asked = promises.pools.some(({ admission }) => admission.deadlineMarginMs !== null)
    if (!asked && !queues.some(({ shed }) => shed.some((key) => isShed(evidence, key)))) return
    const means = promises.pools.map((_, pool) => new ServiceMeans(evidence, pool))
    const executors = queues.map(executorsOf)
    eachArrival(evidence, ({ key, sent, queue }, loads) => {
      const { number, poolIndex } = queue
      const { least, most } = loads.queues
      const state = {
        requests: { least: least[number]!, most: most[number]! },
        executors: queue.executors,
        ...executors[number]!(sent),
        means: means[poolIndex]!.at(sent),
      }
      // rows do not show which executors memory kept busy
      if (evidence.unhindered.includes(queue))
        checkRequest(evidence, key, { queue, state }, findings)
    })
  },
}

const isShed = ({ rows }: Evidence, key: number) =>
  admissionDecision(rows, key, 'deadline') === 'refused'

function checkRequest(
  evidence: Evidence,
  key: number,
  { queue, state }: { queue: SeenQueue; state: ArrivalState },
  findings: Findings,
): void {
  const { rows } = evidence
  const decision = admissionDecision(rows, key, 'deadline')
  const { deadlineMarginMs: marginMs } = queue.pool.admission
  if (decision === null || (marginMs === null && decision === 'passed')) return
  const sent = rows.sent[key]!
  const latest = rows.at[key]! + evidence.classOf(key).deadlineMs - (marginMs ?? 0)
  const ends = (requests: number) =>
    state.means.map((means) => (means === null ? null : sent + predicted(requests, state, means)))
  const mayBeLate = () =>
    ends(state.requests.most).some((end) => end !== null && end > latest - SLACK_MS)
  const mayBeInTime = () =>
    ends(state.requests.least).some((end) => end === null || end < latest + SLACK_MS)
  const shed = decision === 'refused'
  const holds = shed ? marginMs !== null && state.busy && mayBeLate() : state.free || mayBeInTime()
  const what = shed ? 'shed' : 'admitted'
  findings.check(holds, [key], () => `${what} at ${ms(sent)} ${why(state, latest, ends)}`)
}

/** Time from an arrival to the end of its batch, after the earlier ones on each executor, ms. */
function predicted(
  requests: number,
  { executors }: ArrivalState,
  { batchMs, batchSize }: Means,
): number {
  return (requests / executors / batchSize) * batchMs + batchMs
}

function why(
  { requests: { least, most }, free, busy }: ArrivalState,
  latest: number,
  ends: (requests: number) => readonly (number | null)[],
): string {
  const text = (times: readonly (number | null)[]) =>
    times.map((end) => (end === null ? 'an unknown time' : ms(end))).join(' or ')
  const idle = free && busy ? 'possibly an executor' : free ? 'an executor' : 'no executor'
  return (
    `with ${least} to ${most} requests before it and ${idle} free: predicted to end at ` +
    `${text(ends(least))} to ${text(ends(most))}; the latest allowed end is ${ms(latest)}`
  )
}

/** At a time: whether an executor of a queue may have been free; whether all may have been busy. */
function executorsOf({ batches, executors }: SeenQueue) {
  const begun = Float64Array.from(batches, ({ dispatched }) => dispatched)
  const ended = Float64Array.from(batches, ({ done }) => done).sort()
  return (now: number) => ({
    free: firstAtLeast(begun, now) - firstAbove(ended, now) < executors,
    busy: firstAbove(begun, now) - firstAtLeast(ended, now) >= executors,
  })
}
