import type { Evidence } from '../../evidence/evidence.ts'
import { pushbackOf } from '../../evidence/pushback.ts'
import { FAILED, SHED, TIMED_OUT } from '../../evidence/raw-rows.ts'
import { type Findings, ms } from '../../findings.ts'

/** Sums of delays are rounded. */
const ROUNDING_MS = 1e-6
const FAILURES: readonly number[] = [SHED, FAILED, TIMED_OUT]

/** A refusal that tells the client when the next copy is due; negative: none. */
export interface SeenPushback {
  readonly key: number
  readonly at: number
  readonly pushbackMs: number
}

/** `keys`: the copies of a request, in the order in which they were sent. */
export function pushbacksOf(evidence: Evidence, keys: readonly number[]): SeenPushback[] {
  return keys.flatMap((key) => {
    const pushbackMs = pushbackOf(evidence, key)
    return pushbackMs === undefined ? [] : [{ key, at: evidence.answered[key]!, pushbackMs }]
  })
}

/** No copy comes after a refusal that allows none, or before the time of the last pushback. */
export function checkPushbacks(
  evidence: Evidence,
  keys: readonly number[],
  findings: Findings,
): void {
  const pushbacks = pushbacksOf(evidence, keys)
  if (pushbacks.length === 0) return
  const { rows, answered, delivered } = evidence
  for (const [i, key] of keys.entries()) {
    const last = keys[i - 1]
    if (last === undefined) continue
    const sent = rows.sent[key]!
    // without a network a refusal is known at the instant at which the copy is sent
    const isKnown = ({ key: refused, at }: SeenPushback) =>
      at < sent || (at === sent && delivered === null && keys.indexOf(refused) < i)
    const stop = pushbacks.find((pushback) => pushback.pushbackMs < 0 && isKnown(pushback))
    if (stop !== undefined) {
      const text = () =>
        `a copy was sent at ${ms(sent)}, but a refusal allowed none since ${ms(stop.at)}`
      findings.violated([stop.key, key], text)
      continue
    }
    const before = rows.sent[last]!
    const lastPushback = pushbacks.findLast(
      (pushback) =>
        isKnown(pushback) &&
        (pushback.at > before || (pushback.key === last && pushback.at >= before)),
    )
    if (lastPushback === undefined) continue
    const due = lastPushback.at + lastPushback.pushbackMs
    const failed = keys.slice(0, i).some((copy) => {
      const isFailure = FAILURES.includes(rows.outcome[copy]!)
      const at = answered[copy]!
      return (
        isFailure && pushbackOf(evidence, copy) === undefined && at >= lastPushback.at && at <= sent
      )
    })
    if (failed || sent >= due - ROUNDING_MS) continue
    const text = () => `a copy was sent at ${ms(sent)}, but a refusal put it off to ${ms(due)}`
    findings.violated([lastPushback.key, key], text)
  }
}

/** The latest time at which the next copy may be due after pushbacks; Infinity for never. */
export function putOffTo(pushbacks: readonly SeenPushback[]): number {
  const times = pushbacks.map(({ at, pushbackMs }) =>
    pushbackMs < 0 ? Number.POSITIVE_INFINITY : at + pushbackMs,
  )
  return Math.max(...times)
}
