import type { Evidence, SeenQueue } from '../../evidence/evidence.ts'
import { leastSquares } from '../../evidence/least-squares.ts'
import { ms, type Rule } from '../../findings.ts'
import { type Backlog, checkDecisions, type Decider, ROUNDING_MS } from '../batching/decisions.ts'
import { type Of, queuesUnder } from '../batching/policy.ts'

/** Computed tokens and duration of the last batches. */
type Observed = readonly (readonly [computed: number, took: number])[]

const KEPT = 50

/** A line through the last 50 batches predicts how long the next one takes. */
export const slack: Rule = {
  rule: 'slack',
  promise:
    'deadline-aware: a batch is dispatched when full, or when its first deadline requires it',
  check(evidence, findings) {
    for (const [queue, batching] of queuesUnder('deadline-aware', evidence)) {
      checkDecisions(evidence, queue, decider(evidence, queue, batching), findings)
    }
  },
}

function decider(
  { rows, classOf }: Evidence,
  { pool }: SeenQueue,
  { maxBatch, marginMs }: Of<'deadline-aware'>,
): Decider<Observed> {
  const computed = (keys: Backlog) => {
    let [longest, sum] = [0, 0]
    for (const key of keys) {
      longest = Math.max(longest, rows.inputTokens[key]!)
      sum += rows.inputTokens[key]!
    }
    return pool.ragged ? sum : keys.length * pool.padTo * Math.ceil(longest / pool.padTo)
  }
  const latest = (observed: Observed, line: Backlog) => {
    let first = Number.POSITIVE_INFINITY
    for (const key of line) first = Math.min(first, rows.at[key]! + classOf(key).deadlineMs)
    return first - predict(observed, computed(line)) - marginMs
  }
  const isDue = (observed: Observed, line: Backlog, at: number) =>
    line.length >= maxBatch || at >= latest(observed, line)
  return {
    start: [],
    learn: (observed, { members, dispatched, done }) =>
      [...observed, [computed(members), done - dispatched] as const].slice(-KEPT),
    due: (observed, line, at) => isDue(observed, line, at - ROUNDING_MS),
    allows: (observed, line, members, at) =>
      members.length === Math.min(line.length, maxBatch) && isDue(observed, line, at + ROUNDING_MS),
    expected(observed, line) {
      if (line.length >= maxBatch) return `a batch of ${maxBatch} was due`
      return `a batch of all of them was due at ${ms(latest(observed, line))}`
    },
  }
}

/**
 * The prediction neither falls nor is below 0. With a single size it is proportional beyond that
 * size; without any batch it is Infinity.
 */
function predict(observed: Observed, computed: number): number {
  if (observed.length === 0) return Number.POSITIVE_INFINITY
  const fit = leastSquares(observed)
  const mean = (i: 0 | 1) => observed.reduce((sum, batch) => sum + batch[i], 0) / observed.length
  if (fit === null) return mean(1) * Math.max(1, computed / mean(0))
  if (fit.slope <= 0) return mean(1)
  return Math.max(0, mean(1) - fit.slope * mean(0)) + fit.slope * computed
}
