import { availableParallelism } from 'node:os'
import type { Noise } from '../../sim/documents/index.ts'
import { hostFingerprint } from '../live/host.ts'
import { decide, type MeasuredThread, measureThreads, threadSummary } from '../noise/index.ts'
import { build } from '../version.ts'
import { NOISE_SECONDS } from './defaults.ts'
import type { JobOptions } from './options.ts'

/** Service times for which the document states what can be decided, ms. */
const SERVICE_MS = [0.5, 2, 10, 50]
/** More often, the display of progress would itself be noise. */
const PROGRESS_EVERY_MS = 1000

export interface NoiseOptions extends JobOptions {
  /** default 10 */
  readonly seconds?: number | undefined
}

/** How still this machine is, for one thread on each core: a dispatcher, and executors. */
export async function measureNoise(options: NoiseOptions = {}): Promise<Noise> {
  const { seconds = NOISE_SECONDS } = options
  const executors = Array<number>(Math.max(1, availableParallelism() - 1)).fill(1)
  const threads = await spinningThreads(executors, { ...options, seconds })
  return {
    ...({ document: 'spillway-noise', format: 1, ...build() } as const),
    host: hostFingerprint(),
    seconds,
    threads: threads.map(threadSummary),
    decisions: SERVICE_MS.map((ms) => decide(threads, ms)),
  }
}

/** Lets threads spin on the cores that executors with so many threads have in a replay. */
export async function spinningThreads(
  executors: readonly number[],
  { seconds, signal, onProgress = () => {} }: NoiseOptions & { readonly seconds: number },
): Promise<MeasuredThread[]> {
  const from = performance.now()
  const show = () => {
    onProgress('spinning threads', Math.min(seconds, (performance.now() - from) / 1000), seconds)
  }
  show()
  const timer = setInterval(show, PROGRESS_EVERY_MS)
  try {
    return await measureThreads({ seconds, executors }, signal ?? new AbortController().signal)
  } finally {
    clearInterval(timer)
  }
}
