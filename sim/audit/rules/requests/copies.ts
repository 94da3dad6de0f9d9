import type { HedgePlan } from '../../../serving/index.ts'
import type { Evidence } from '../../evidence/evidence.ts'
import {
  ABANDONED,
  CANCELLED,
  FAILED,
  REDUNDANT,
  SERVED,
  SHED,
  TIMED_OUT,
  WITHDRAWN,
} from '../../evidence/raw-rows.ts'
import { type Findings, ms, type Rule } from '../../findings.ts'
import { checkQueues, differsFromFirst } from './attempts.ts'
import { checkBudgets } from './copy-budgets.ts'
import { checkPushbacks, pushbacksOf, putOffTo } from './copy-pushbacks.ts'

/** Sums of delays are rounded. */
const ROUNDING_MS = 1e-6

const FAILURES: readonly number[] = [SHED, FAILED, TIMED_OUT]

export const copies: Rule = {
  rule: 'copies',
  promise: 'copies of a request are sent when they are due, one of them answers, the others end',
  on: 'sends',
  check(evidence, findings) {
    const { rows, classOf } = evidence
    const further = new Map<number, number[]>()
    for (const [key, first] of rows.copyOf.entries()) {
      // the rule on retries checks those of proxies
      if (first < 0 || isRetry(evidence, first)) continue
      const problem = identity(evidence, key, first)
      findings.check(problem === null, [key], () => problem!)
      if (problem !== null) continue
      const keys = further.get(first)
      if (keys === undefined) further.set(first, [key])
      else keys.push(key)
    }
    const sent = new SentInOrder(evidence)
    for (let key = 0; key < rows.at.length; key++) {
      const { hedge } = classOf(key)
      const alone = hedge === undefined || rows.copyOf[key]! >= 0
      if (!alone)
        checkGroup(evidence, [key, ...(further.get(key) ?? [])], { hedge, sent }, findings)
      else if (hedge === undefined && rows.outcome[key]! >= WITHDRAWN) {
        findings.violated([key], () => `outcome ${rows.outcome[key]}, but its class has no copies`)
      }
    }
    checkBudgets(evidence, findings)
  },
}

const isRetry = ({ rows, promises, classOf }: Evidence, first: number) =>
  classOf(first).hedge === undefined && promises.pools[rows.pool[first]!]?.retries !== undefined

function identity(evidence: Evidence, key: number, first: number): string | null {
  const { rows, classOf } = evidence
  if (!(first < key) || rows.copyOf[first]! >= 0) return `a copy of row ${first}, which is no first`
  if (classOf(key).hedge === undefined) return 'a copy, but its class has no copies'
  return differsFromFirst(evidence, key, first)
}

/** Times of first copies, to tell whether a client sent others while a copy was due. */
class SentInOrder {
  readonly #at: readonly number[]
  readonly #sent: readonly number[]

  constructor({ rows }: Evidence) {
    const firsts = [...rows.at.keys()].filter((key) => rows.copyOf[key]! < 0)
    this.#at = firsts.map((key) => rows.at[key]!)
    this.#sent = firsts.map((key) => rows.sent[key]!)
  }

  /** When the first request was sent that was scheduled after a time; Infinity for never. */
  after(at: number): number {
    let [low, high] = [0, this.#at.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#at[middle]! > at) high = middle
      else low = middle + 1
    }
    return this.#sent[low] ?? Number.POSITIVE_INFINITY
  }
}

/** `keys`: the first copy, then the others in the order in which they were sent. */
function checkGroup(
  evidence: Evidence,
  keys: readonly number[],
  of: { readonly hedge: HedgePlan; readonly sent: SentInOrder },
  findings: Findings,
): void {
  const { rows } = evidence
  const { hedge } = of
  findings.checked++
  if (keys.length > hedge.maxAttempts) {
    findings.violated(keys, () => `${keys.length} copies; at most ${hedge.maxAttempts} are allowed`)
  }
  const served = keys.filter((key) => rows.outcome[key] === SERVED)
  if (served.length > 1)
    findings.violated(served, () => 'several copies of one request were served')
  checkTimes(evidence, keys, hedge, findings)
  if (!hedge.tied) checkPushbacks(evidence, keys, findings)
  checkQueues(evidence, keys, (queue) => `two copies of one request in queue ${queue}`, findings)
  const fatalOutcomes: readonly number[] = hedge.fatal ?? []
  const fatal = keys.filter((key) => fatalOutcomes.includes(rows.outcome[key]!))
  const fatalAt = earliest(fatal, evidence.answered)
  const late = served.find((key) => evidence.answered[key]! > fatalAt)
  if (late !== undefined) {
    findings.violated([late], () => `served after a fatal failure at ${ms(fatalAt)}`)
  }
  const answeredAt = Math.min(fatalAt, earliest(served, evidence.answered))
  checkEnds(evidence, keys, { hedge, answeredAt }, findings)
  checkStarts(evidence, keys, { hedge, answeredAt }, findings)
  checkMissing(evidence, keys, of, findings)
}

const earliest = (keys: readonly number[], times: Float64Array) =>
  Math.min(Number.POSITIVE_INFINITY, ...keys.map((key) => times[key]!))

/** No copy comes before its delay has passed since the one before, unless one has failed. */
function checkTimes(
  { rows, answered }: Evidence,
  keys: readonly number[],
  { afterMs, fatal = [] }: HedgePlan,
  findings: Findings,
): void {
  for (const [i, key] of keys.entries()) {
    if (i === 0) continue
    const before = keys.slice(0, i)
    const sent = rows.sent[key]!
    const over = before.find((copy) => {
      const ends: readonly number[] = [SERVED, ABANDONED, CANCELLED, ...fatal]
      return ends.includes(rows.outcome[copy]!) && answered[copy]! < sent
    })
    if (over !== undefined) {
      findings.violated(
        [over, key],
        () => `a copy was sent at ${ms(sent)}, after the request was over`,
      )
    }
    if (afterMs === null) continue
    const failed = before.some((copy) => isFailure(rows.outcome[copy]!) && answered[copy]! <= sent)
    const due = rows.at[key]! + i * afterMs
    if (failed || sent >= due - ROUNDING_MS) continue
    findings.violated([key], () => `copy ${i + 1} was sent at ${ms(sent)}, but due at ${ms(due)}`)
  }
}

const isFailure = (outcome: number) => FAILURES.includes(outcome)

/** Copies that wait leave with the answer, or with the start of another where they are tied. */
function checkEnds(
  { rows, left, answered, delivered }: Evidence,
  keys: readonly number[],
  { hedge, answeredAt }: { readonly hedge: HedgePlan; readonly answeredAt: number },
  findings: Findings,
): void {
  const started = hedge.tied
    ? earliest(
        keys.filter((key) => rows.batch[key]! >= 0),
        left,
      )
    : Infinity
  const decidedAt = Math.min(answeredAt, started)
  for (const key of keys) {
    const outcome = rows.outcome[key]!
    const done = rows.done[key]!
    const ended = answered[key]!
    const from = delivered?.[key] ?? rows.sent[key]!
    if (outcome === WITHDRAWN) {
      const expected = Math.max(decidedAt, from)
      const text = () => `withdrawn at ${ms(done)}; expected: ${ms(expected)}`
      if (done !== expected) findings.violated([key], text)
    } else if (outcome !== SHED && left[key]! > Math.max(decidedAt, from)) {
      const text = () => `still waited after ${ms(decidedAt)}, when another copy was enough`
      findings.violated([key], text)
    } else if (outcome === REDUNDANT && !(ended >= answeredAt)) {
      findings.violated([key], () => `redundant at ${ms(ended)}, but no copy was answered before`)
    } else if (outcome === ABANDONED && ended > answeredAt) {
      findings.violated([key], () => `abandoned at ${ms(ended)}, but answered at ${ms(answeredAt)}`)
    }
  }
}

/**
 * What starts or ends at an instant has withdrawn the others before any of them starts. Copies in
 * one queue may be in one batch, and an event elsewhere may come after a start at its instant.
 */
function checkStarts(
  { rows, left, answered, promises }: Evidence,
  keys: readonly number[],
  { hedge, answeredAt }: { readonly hedge: HedgePlan; readonly answeredAt: number },
  findings: Findings,
): void {
  const ran = keys.filter((key) => rows.batch[key]! >= 0)
  const at = earliest(ran, left)
  const together = hedge.tied ? ran.filter((key) => left[key] === at) : []
  const [first, ...others] = together
  for (const key of others) {
    if (rows.queue[key] === rows.queue[first!]) continue
    const text = () => `two tied copies of one request started at ${ms(at)}`
    findings.violated([first!, key], text)
  }
  // the queue of a replica goes on once the batch of the answer has ended
  const answer = ran.find((key) => answered[key] === answeredAt)
  if (answer === undefined || promises.network != null) return
  for (const key of ran) {
    const behind = rows.queue[key] === rows.queue[answer] && left[key] === answeredAt
    if (!behind || key === answer || left[answer] === answeredAt) continue
    const text = () => `started at ${ms(answeredAt)} behind the copy that had answered by then`
    findings.violated([answer, key], text)
  }
}

/** Where nothing limits copies, one that was due has been sent before later requests. */
function checkMissing(
  evidence: Evidence,
  keys: readonly number[],
  { hedge, sent }: { readonly hedge: HedgePlan; readonly sent: SentInOrder },
  findings: Findings,
): void {
  const { rows, answered } = evidence
  const { afterMs, maxAttempts, budget, throttling, untilMs, fatal = [] } = hedge
  if (afterMs === null || budget !== null || throttling !== null) return
  if (keys.length >= maxAttempts) return
  const [first] = keys
  const pushbacks = hedge.tied ? [] : pushbacksOf(evidence, keys)
  const due =
    pushbacks.length === 0
      ? rows.at[first!]! + keys.length * afterMs
      : Math.max(rows.sent[keys.at(-1)!]! + afterMs, putOffTo(pushbacks))
  if (due >= Math.min(rows.leaves[first!]!, untilMs) - ROUNDING_MS) return
  const ends: readonly number[] = [SERVED, ABANDONED, CANCELLED, ...fatal]
  const over = earliest(
    keys.filter((key) => ends.includes(rows.outcome[key]!)),
    answered,
  )
  const later = sent.after(due + ROUNDING_MS)
  if (later >= over || later === Infinity) return
  findings.violated([first!], () => {
    return `copy ${keys.length + 1} was due at ${ms(due)}, but a later request was sent at ${ms(later)}`
  })
}
