import { linearRegression, median } from 'simple-statistics'
import type { NoiseThread } from '../../sim/documents/index.ts'
import { percentile } from '../../sim/stats/index.ts'
import { askOnce, entryBeside } from '../process/child.ts'
import type { MeasuredThread, NoiseRequest } from './noise-process.ts'

/** A stall is a longer gap than this, a long stall is longer than a millisecond. */
const STALL_MS = 0.1
const LONG_STALL_MS = 1
/** Fewer seconds have no trend. */
const LEAST_SECONDS = 3

/** The figures of one thread for the document. */
export function threadSummary({
  role,
  core,
  steal,
  spunMs,
  gaps,
  longest,
  kernelMs,
}: MeasuredThread): NoiseThread {
  const perSecond = (leastMs: number) =>
    (1000 * gaps.filter((gap) => gap > leastMs).length) / spunMs
  const stalls = gaps.filter((gap) => gap > STALL_MS)
  return {
    role,
    core,
    stalls_per_s: perSecond(STALL_MS),
    long_stalls_per_s: perSecond(LONG_STALL_MS),
    longest_stall_ms: stalls.reduce((most, gap) => Math.max(most, gap), 0),
    jitter_ms: percentile(Float64Array.from(longest).sort(), 0.99),
    steal,
    kernel: kernelSummary(kernelMs),
  }
}

/** Drift of the control kernel, from its median in each second. */
export function kernelSummary(bySecond: readonly number[]): NoiseThread['kernel'] {
  const middle = median([...bySecond])
  const last = bySecond.length - 1
  const { m: slope } = linearRegression(bySecond.map((ms, second) => [second, ms]))
  return {
    median_ms: middle,
    by_second_ms: [...bySecond],
    spread: (Math.max(...bySecond) - Math.min(...bySecond)) / middle,
    trend: bySecond.length < LEAST_SECONDS ? null : (slope * last) / middle,
  }
}

/** Lets threads spin in a process of their own, on the cores of a replay with such executors. */
export async function measureThreads(
  request: NoiseRequest,
  signal: AbortSignal,
): Promise<MeasuredThread[]> {
  const entry = entryBeside(import.meta.url, 'noise-process')
  return askOnce<MeasuredThread[]>(entry, request, { name: 'spinning threads', signal })
}
