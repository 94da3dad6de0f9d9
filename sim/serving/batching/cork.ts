import type { Ms } from '../ports.ts'
import { type BatchState, batchPolicy } from './batch-policy.ts'

/** What BentoML's optimizer knows: a batch of n takes `perItemMs` n + `baseMs`. */
interface Cork extends BatchState {
  readonly maxLatencyMs: Ms
  perItemMs: Ms
  baseMs: Ms
  /** mean wait of the oldest of a batch */
  waitMs: Ms
  /** how many batches were observed */
  observed: number
  /** the last ones of them: size, duration and wait of the oldest */
  readonly sizes: number[]
  readonly durations: Ms[]
  readonly waits: Ms[]
  /** nothing is learnt again before this time */
  refreshAt: Ms
}

const KEPT = 50
const SKIPPED = 2
/** each of so many batches that are kept first is learnt from at once */
const AT_ONCE = 4
const REFRESH_MS = 5000
const DECAY = 0.95
/** how often BentoML looks, which it reckons with; here the very instant counts */
const TICK_MS = 1

/**
 * BentoML's CORK (src/bentoml/_internal/marshal/dispatcher.py): a batch waits for more while that
 * costs waiting requests less than batches usually wait, and the oldest is dropped where it can no
 * longer make the latency. Without its training on batches of 1, 2 and 3. Where both sides of a
 * condition are equal the batch goes, as a timer fires at that very instant.
 */
export const cork = batchPolicy<'cork', Cork>({
  kind: 'cork',
  begin: ({ maxBatch, maxLatencyMs }) => ({
    maxBatch,
    windowMs: 0,
    maxLatencyMs,
    perItemMs: Math.min(2000, maxLatencyMs / 15),
    baseMs: Math.min(1000, maxLatencyMs / 30),
    waitMs: 10,
    observed: 0,
    sizes: [],
    durations: [],
    waits: [],
    refreshAt: Number.NEGATIVE_INFINITY,
  }),
  decide({ maxBatch, perItemMs, waitMs }, { length, newestEnqueued }, now, out) {
    const uncorkAt = newestEnqueued + ((DECAY * waitMs) / length - TICK_MS - perItemMs)
    if (length >= maxBatch || now >= uncorkAt) out.take = Math.min(length, maxBatch)
    else out.wakeAt = uncorkAt
  },
  dropsOldestAt({ perItemMs, baseMs, maxLatencyMs }, queue) {
    const { length, oldestEnqueued, hasFreeExecutor } = queue
    if (length > 1) return oldestEnqueued + (maxLatencyMs - (perItemMs * length + baseMs))
    return hasFreeExecutor ? Number.POSITIVE_INFINITY : oldestEnqueued + maxLatencyMs
  },
  observe(state, now, { size, dispatched, oldestEnqueued }) {
    if (state.observed++ < SKIPPED) return
    keep(state.sizes, size)
    keep(state.durations, now - dispatched)
    keep(state.waits, dispatched - oldestEnqueued)
    if (state.observed > SKIPPED + AT_ONCE && now < state.refreshAt) return
    state.refreshAt = now + REFRESH_MS
    refresh(state)
  },
})

function keep(samples: number[], value: number): void {
  samples.push(value)
  if (samples.length > KEPT) samples.shift()
}

/** Least squares; of a single size the solution of least norm, as numpy's lstsq has it. */
function refresh(state: Cork): void {
  const { sizes, durations, waits } = state
  const size = mean(sizes)
  const duration = mean(durations)
  let covariance = 0
  let variance = 0
  for (let i = 0; i < sizes.length; i++) {
    covariance += (sizes[i]! - size) * (durations[i]! - duration)
    variance += (sizes[i]! - size) ** 2
  }
  const slope = variance > 0 ? covariance / variance : (duration * size) / (size * size + 1)
  state.perItemMs = Math.max(0.001, slope)
  state.baseMs = Math.max(0, duration - slope * size)
  state.waitMs = mean(waits)
}

function mean(values: readonly number[]): number {
  let sum = 0
  for (const value of values) sum += value
  return sum / values.length
}
