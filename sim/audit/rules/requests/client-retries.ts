import type { Evidence } from '../../evidence/evidence.ts'
import { pushbackOf } from '../../evidence/pushback.ts'
import { FAILED, SERVED, SHED, TIMED_OUT } from '../../evidence/raw-rows.ts'
import { type Findings, ms, type Rule } from '../../findings.ts'
import {
  type AttemptEnd,
  type ClientRetry,
  longestBackoffMs,
  retriesAfter,
} from '../../promises/promised-reactions.ts'
import { draw } from './routing-hash.ts'

/** Sums of delays are rounded. */
const ROUNDING_MS = 1e-6
const JITTER = 668_265_263

/** A way in which an attempt may have ended for its client, without an answer. */
interface End {
  readonly how: AttemptEnd
  readonly at: number
  readonly pushbackMs?: number | undefined
}

/** What a client sent at one time for a call, in all its parts. */
interface Attempt {
  readonly key: number
  readonly number: number
  /** one of these; empty for an answer; null where it is unknown */
  readonly ends: readonly End[] | null
  /** attempts of its call at which the last pushback may have come; 0 for none */
  readonly pushedBack: Set<number>
  followed: boolean
}

const HOW: Readonly<Record<number, AttemptEnd>> = {
  [FAILED]: 'failed',
  [SHED]: 'shed',
  [TIMED_OUT]: 'timed_out',
}

export const clientRetries: Rule = {
  rule: 'client-retries',
  promise: 'clients send a call again after the ends that they retry, at its backoff or pushback',
  check(evidence, findings) {
    const { reactions } = evidence.promises
    for (const [index, { retry }] of (reactions?.classes ?? []).entries()) {
      if (retry === undefined) continue
      const untilMs = retry.budget ? -1 : reactions!.untilMs
      for (const attempts of callsOf(evidence, index)) {
        checkCall(evidence, attempts, { retry, untilMs }, findings)
      }
    }
  },
}

/** Attempts by call, in order; calls of a class that began at one instant are taken together. */
function callsOf(evidence: Evidence, index: number): Iterable<Attempt[]> {
  const { rows } = evidence
  const last = new Map<number, number>()
  const sends = new Map<number, number[]>()
  for (let key = 0; key < rows.at.length; key++) {
    if (rows.class[key] !== index || Number.isNaN(rows.sent[key]!)) continue
    const first = rows.copyOf[key]!
    if (first >= 0) {
      last.set(first, key)
      continue
    }
    const parts = sends.get(rows.sendId[key]!)
    if (parts === undefined) sends.set(rows.sendId[key]!, [key])
    else parts.push(key)
  }
  const calls = new Map<number, Attempt[]>()
  for (const parts of sends.values()) {
    const key = parts[0]!
    const number = rows.attempt[key]!
    const ends = endsOf(
      evidence,
      parts.map((part) => last.get(part) ?? part),
    )
    const pushedBack = new Set(number === 1 ? [0] : [])
    const attempt = { key, number, ends, pushedBack, followed: false }
    const began = rows.firstScheduledAt[key]!
    const call = calls.get(began)
    if (call === undefined) calls.set(began, [attempt])
    else call.push(attempt)
  }
  for (const attempts of calls.values()) attempts.sort((a, b) => a.number - b.number)
  return calls.values()
}

/** `parts`: of each part of an attempt, the row of what a proxy sent last. */
function endsOf(evidence: Evidence, parts: readonly number[]): End[] | null {
  const { rows, answered, retried } = evidence
  const leaves = rows.leaves[parts[0]!]!
  const at = Math.max(...parts.map((key) => answered[key]!))
  if (Number.isNaN(at) || parts.some((key) => retried[key] === 1)) return null
  if (at >= leaves) return [{ how: 'client_timeout', at: leaves }]
  const lost = parts.filter((key) => rows.outcome[key] !== SERVED)
  const first = Math.min(...lost.map((key) => answered[key]!))
  const ends: End[] = []
  for (const key of lost) {
    if (answered[key] !== first) continue
    const how = HOW[rows.outcome[key]!]
    if (how === undefined) return null
    ends.push({ how, at, pushbackMs: pushbackOf(evidence, key) })
  }
  return ends
}

function checkCall(
  evidence: Evidence,
  attempts: readonly Attempt[],
  { retry, untilMs }: { readonly retry: ClientRetry; readonly untilMs: number },
  findings: Findings,
): void {
  const { rows } = evidence
  findings.checked++
  for (const attempt of attempts) {
    if (attempt.number === 1) continue
    const at = rows.at[attempt.key]!
    const before = attempts.filter(({ number }) => number === attempt.number - 1)
    const unknown = before.some(({ ends }) => ends === null)
    let cause: Attempt | null = null
    for (const previous of before) {
      for (const { due, pushedBack } of duesOf(evidence, previous, retry)) {
        if (Math.abs(due - at) > ROUNDING_MS) continue
        attempt.pushedBack.add(pushedBack)
        if (cause === null || cause.followed) cause = previous
      }
    }
    if (cause === null || cause.followed) {
      if (unknown) return
      findings.violated([...before.map(({ key }) => key), attempt.key], () =>
        textOf(evidence, attempt, before, retry),
      )
      return
    }
    cause.followed = true
  }
  for (const attempt of attempts) {
    if (attempt.followed || attempt.ends === null || attempt.ends.length === 0) continue
    const dues = duesOf(evidence, attempt, retry)
    const latest = Math.max(...dues.map(({ due }) => due))
    const certain = attempt.ends.every(({ how }) => retriesAfter(retry, how)) && dues.length > 0
    if (!certain || !(latest < untilMs - ROUNDING_MS)) continue
    findings.violated([attempt.key], () => `not sent again, though due at ${ms(latest)}`)
  }
}

/** When the attempt after another one may be due; Infinity for never. */
function duesOf(
  { rows }: Evidence,
  { key, number, ends, pushedBack }: Attempt,
  retry: ClientRetry,
): { readonly due: number; readonly pushedBack: number }[] {
  if (number >= retry.max_attempts || ends === null) return []
  return ends.flatMap(({ how, at, pushbackMs }) => {
    if (!retriesAfter(retry, how)) return []
    if (pushbackMs !== undefined) {
      const due = pushbackMs < 0 ? Number.POSITIVE_INFINITY : at + pushbackMs
      return [{ due, pushedBack: number }]
    }
    return [...pushedBack].map((since) => {
      const most = longestBackoffMs(retry, number - since)
      const share = draw(rows.sendId[key]!, JITTER)
      const pausesMs = { none: most, full: most * share, equal: (most * (1 + share)) / 2 }
      return { due: at + pausesMs[retry.jitter], pushedBack: since }
    })
  })
}

function textOf(
  evidence: Evidence,
  { key, number }: Attempt,
  before: readonly Attempt[],
  retry: ClientRetry,
): string {
  const attempt = `attempt ${number} at ${ms(evidence.rows.at[key]!)}`
  const [previous] = before
  if (previous === undefined) return `${attempt}, but there is no attempt ${number - 1} of its call`
  if (number > retry.max_attempts)
    return `${attempt}, but at most ${retry.max_attempts} are allowed`
  const [end] = previous.ends ?? []
  if (end === undefined) return `${attempt}, but the one before was answered`
  if (!retriesAfter(retry, end.how)) return `${attempt}, but ${end.how} is not retried`
  const [next] = duesOf(evidence, previous, retry)
  if (next === undefined || next.due === Number.POSITIVE_INFINITY) {
    return `${attempt}, but the refusal before allows none`
  }
  return `${attempt}, but it was due at ${ms(next.due)}`
}
