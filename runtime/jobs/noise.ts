import { availableParallelism } from 'node:os'
import { EXIT, Failure, type Scenario } from '../../scenarios/index.ts'
import type { Noise, Result } from '../../sim/documents/index.ts'
import { significant } from '../../sim/kernel/index.ts'
import {
  judgedTails,
  PERCENTILES,
  percentileLabel,
  supportsVerdict,
} from '../../sim/stats/index.ts'
import { hostFingerprint } from '../live/host.ts'
import { executionProviders } from '../models/index.ts'
import {
  canDecide,
  decide,
  type MeasuredThread,
  measureThreads,
  threadSummary,
} from '../noise/index.ts'
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

/** Enough to notice a machine that is far from still. */
const SHORT_SECONDS = 1.5

/** A short look at the noise before a run. No run fails because of it: then null, and a warning. */
export async function shortNoise(
  { pools }: Scenario,
  { onWarning, ...options }: JobOptions & { readonly onWarning: (text: string) => void },
): Promise<MeasuredThread[] | null> {
  try {
    const executors = pools.flatMap(({ replicas, threads, execution_provider: on }) =>
      Array<number>(replicas).fill(executionProviders[on].onHost ? threads : 1),
    )
    return await spinningThreads(executors, { ...options, seconds: SHORT_SECONDS })
  } catch (error) {
    if (error instanceof Failure && error.exitCode === EXIT.interrupted) throw error
    onWarning(`the noise of this machine is not measured: ${(error as Error).message}`)
    return null
  }
}

/**
 * A warning for each class with percentiles that will be judged, and that stalls of this machine
 * leave undecided at the service time of its simulated requests.
 */
export function noiseWarnings(
  threads: readonly MeasuredThread[] | null,
  scenario: Scenario,
  { classes, runs }: Result,
): string[] {
  if (threads === null) return []
  return classes.flatMap(({ name, counts, parts }) => {
    const serviceMs = parts.service.mean.value
    if (serviceMs === null) return []
    const { stall_ms, share, share_at_least } = decide(threads, serviceMs)
    const stated = judgedTails(scenario).map(({ percentile }) => percentile)
    const undecided = [...new Set([...PERCENTILES, ...stated])]
      .filter((p) => supportsVerdict(counts.served / runs, p) && !canDecide(share_at_least, p))
      .sort((a, b) => a - b)
    if (undecided.length === 0) return []
    const labels = undecided.map(percentileLabel).join(', ')
    return [
      `class ${name}: ${labels} cannot be decided on this machine as it is now: ` +
        `${significant(100 * share, 2)} % of requests that are served in ${significant(serviceMs, 2)} ms ` +
        `meet a stall of more than ${significant(stall_ms, 2)} ms; see: spillway doctor --noise`,
    ]
  })
}
