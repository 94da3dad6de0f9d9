import type { Evidence, SeenQueue } from '../../evidence/evidence.ts'
import { any, eachInstant, type Instant } from '../../evidence/instants.ts'
import { leastSquares } from '../../evidence/least-squares.ts'
import { WITHDRAWN } from '../../evidence/raw-rows.ts'
import { timeIsOver } from '../../evidence/waiting-time.ts'
import { type Findings, ms, type Rule } from '../../findings.ts'
import { type Backlog, checkDecisions, type Decider, ROUNDING_MS, Waiting } from './decisions.ts'
import { type Of, queuesUnder } from './policy.ts'

/**
 * Estimates of BentoML's optimizer: a batch of n takes a n + b, and its oldest request waits w, ms.
 */
interface Estimates {
  readonly a: number
  readonly b: number
  readonly w: number
  readonly batches: number
  readonly last: readonly { readonly n: number; readonly took: number; readonly waited: number }[]
  readonly nextFit: number
}

export const corked: Rule = {
  rule: 'corked',
  promise: 'cork: a batch waits while waiting pays; a request that cannot be in time is dropped',
  check(evidence, findings) {
    for (const [queue, batching] of queuesUnder('cork', evidence)) {
      const cork = decider(evidence, batching)
      checkDecisions(evidence, queue, cork, findings)
      checkDrops(evidence, queue, { cork, latencyMs: batching.maxLatencyMs }, findings)
    }
  },
}

function decider({ rows }: Evidence, { maxBatch, maxLatencyMs }: Of<'cork'>): Decider<Estimates> {
  const uncork = ({ a, w }: Estimates, line: Backlog) =>
    rows.sent[line.at(-1)!]! + (0.95 * w) / line.length - 1 - a
  const isDue = (estimates: Estimates, line: Backlog, at: number) =>
    line.length >= maxBatch || at >= uncork(estimates, line)
  return {
    start: {
      a: Math.min(2000, (2 * maxLatencyMs) / 30),
      b: Math.min(1000, maxLatencyMs / 30),
      w: 10,
      batches: 0,
      last: [],
      nextFit: Number.NEGATIVE_INFINITY,
    },
    learn(estimates, { members, dispatched, done }) {
      const batches = estimates.batches + 1
      if (batches <= 2) return { ...estimates, batches }
      const came = Math.min(...members.map((key) => rows.sent[key]!))
      const batch = { n: members.length, took: done - dispatched, waited: dispatched - came }
      const last = [...estimates.last, batch].slice(-50)
      if (batches > 6 && done < estimates.nextFit) return { ...estimates, batches, last }
      return { ...fitOf(last), batches, last, nextFit: done + 5000 }
    },
    due: (estimates, line, at) => isDue(estimates, line, at - ROUNDING_MS),
    allows: (estimates, line, members, at) =>
      members.length === Math.min(line.length, maxBatch) &&
      isDue(estimates, line, at + ROUNDING_MS),
    expected: (estimates, line) =>
      line.length >= maxBatch
        ? `a batch of ${maxBatch} was due`
        : `a batch of all of them was due at ${ms(uncork(estimates, line))}`,
  }
}

function fitOf(last: Estimates['last']): Pick<Estimates, 'a' | 'b' | 'w'> {
  const mean = (of: (batch: Estimates['last'][number]) => number) =>
    last.reduce((sum, batch) => sum + of(batch), 0) / last.length
  const fit = leastSquares(last.map(({ n, took }) => [n, took] as const))
  const w = mean(({ waited }) => waited)
  if (fit !== null) return { a: Math.max(0.001, fit.slope), b: Math.max(0, fit.intercept), w }
  // all sizes are n: of all lines through (n, took), the one with the least a^2 + b^2
  const { n } = last[0]!
  const b = mean(({ took }) => took) / (n * n + 1)
  return { a: Math.max(0.001, b * n), b, w }
}

/**
 * A request that left before its timeout must be one that cork drops. After each event, no such
 * request may still wait.
 */
function checkDrops(
  evidence: Evidence,
  queue: SeenQueue,
  { cork, latencyMs }: { cork: Decider<Estimates>; latencyMs: number },
  findings: Findings,
): void {
  const { rows } = evidence
  const waiting = new Waiting(evidence, queue, cork)
  const hopelessFrom = ({ a, b }: Estimates, line: Backlog) =>
    rows.sent[line[0]!]! + latencyMs - a * line.length - b
  const mayDrop = (key: number, instant: Instant) => {
    const coming = instant.joined.to - instant.joined.from
    // the more requests wait, the sooner the oldest is dropped
    for (let ends = 0; ends <= instant.ends; ends++) {
      const all = waiting.linesAt(instant, coming).at(-1)!
      const line = all.slice(all.indexOf(key))
      const alone = instant.at >= rows.sent[key]! + latencyMs
      const hopeless = instant.at >= hopelessFrom(waiting.learntAfter(ends), line) - ROUNDING_MS
      if (alone || (line.length > 1 && hopeless)) return true
    }
    return false
  }
  eachInstant(evidence, queue, (instant) => {
    for (let i = instant.timedOut.from; i < instant.timedOut.to; i++) {
      const key = queue.timedOut[i]!
      if (rows.outcome[key] === WITHDRAWN) continue
      const holds = instant.at >= timeIsOver(evidence, queue, key) || mayDrop(key, instant)
      findings.check(holds, [key], () => `dropped at ${ms(instant.at)}, but could still be in time`)
    }
    waiting.moveOver(instant)
    const { at, joined, ends, batches, timedOut } = instant
    const { line, learnt } = waiting
    const acted = any(joined) || ends > 0 || any(batches) || any(timedOut)
    if (!acted || line.length < 2 || at < hopelessFrom(learnt, line) + ROUNDING_MS) return
    findings.violated([line[0]!], () => {
      const from = ms(hopelessFrom(learnt, line))
      return `request ${line[0]} still waited just after ${ms(at)}; it was to be dropped at ${from}`
    })
  })
}
