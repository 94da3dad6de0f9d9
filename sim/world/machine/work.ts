import type { Work } from '../../../scenarios/schema/schema.ts'
import { drawDuration, log, type Random } from '../../kernel/index.ts'
import type { Ms } from '../../serving/index.ts'
import { type Residual, scatterOf } from './scatter.ts'
import type { StepLaw } from './step-runs.ts'

/** Work of a batch, ms at speed 1, by its size and the length computed for each member. */
export interface WorkModel {
  of(size: number, length: number, random: Random): Ms
  /** extra work of a batch whose executor was idle; absent where there is none */
  readonly setUp?: (random: Random) => Ms
}

/** Work with a known mean. */
export interface MeanWork extends WorkModel {
  mean(size: number, length: number): Ms
}

/** The declared laws of a scenario. */
export function declaredWork(work: Work): MeanWork {
  const law = declaredLaw(work)
  const setUp = 'setup_ms' in work ? work.setup_ms : undefined
  if (setUp === undefined) return law
  if (typeof setUp === 'number') return { ...law, setUp: () => setUp }
  return { ...law, setUp: (random) => drawDuration(setUp, random) }
}

function declaredLaw(work: Work): MeanWork {
  switch (work.law) {
    case 'constant':
      return { of: () => work.ms, mean: () => work.ms }
    case 'two-point': {
      const { ms, slow_ms: slowMs, slow_share: share } = work
      return {
        of: (_size, _length, random) => (random.uniform() < share ? slowMs : ms),
        mean: () => (1 - share) * ms + share * slowMs,
      }
    }
    case 'exponential':
      return {
        of: (_size, _length, random) => work.mean_ms * random.exponential(),
        mean: () => work.mean_ms,
      }
    case 'table':
    case 'length-table':
    case 'throughput':
      return scattered(tabulatedWork(measuredTable(work)).mean, work)
    case 'linear': {
      const meanMs = (size: number, length: number) =>
        work.base_ms + size * (work.per_item_ms + length * work.per_token_ms)
      return scattered(meanMs, work)
    }
    case 'generation':
    case 'transformer-decoder':
      return { of: refuseBatch, mean: refuseBatch }
    case 'transformer-encoder':
    case 'operations':
      throw new Error('Expected an accelerator for this work')
  }
}

/** Single batches about a mean time. */
export function scattered(mean: MeanWork['mean'], residual: Residual): MeanWork {
  const scatter = scatterOf(residual)
  if (scatter === null) return { of: mean, mean }
  return { of: (size, length, random) => mean(size, length) * scatter(random), mean }
}

/** The laws that are lists of measurements, as one table. */
export function measuredTable(work: MeasuredWork): WorkTable {
  switch (work.law) {
    case 'table':
      return { sizes: work.sizes, lengths: [1], ms: work.ms.map((ms) => [ms]) }
    case 'length-table':
      return work
    case 'throughput':
      return throughputTable(work)
  }
}

/**
 * Batch times from a closed loop. Of c requests in flight, each running batch has a share: a batch
 * runs on each busy instance, and by default one more waits. By Little's law (1961) the number in
 * service is throughput times batch time, so a batch takes busy x size / throughput.
 */
function throughputTable(work: Extract<MeasuredWork, { law: 'throughput' }>): WorkTable {
  const { concurrency, throughput_rps, instances } = work
  const share = work.batch_share ?? 1 / (instances + 1)
  const points = concurrency.map((clients, i) => {
    const size = Math.max(1, share * clients)
    const busy = Math.min(instances, clients / size)
    return { size, ms: (1000 * busy * size) / throughput_rps[i]! }
  })
  // of several with one request a batch, the server was idle least at the highest concurrency
  const rising = points.filter(({ size }, i) => size < (points[i + 1]?.size ?? size + 1))
  return {
    sizes: rising.map(({ size }) => size),
    lengths: [1],
    ms: rising.map(({ ms }) => [ms]),
  }
}

type MeasuredWork = Extract<Work, { law: 'table' | 'length-table' | 'throughput' }>

export function isMeasured(work: Work): work is MeasuredWork {
  return ['table', 'length-table', 'throughput'].includes(work.law)
}

function refuseBatch(): never {
  throw new Error('Expected steps, not batches, of a model that generates')
}

/** Step durations of a model that generates; null for other models. */
export function declaredSteps(work: Work): StepLaw | null {
  if (work.law !== 'generation') return null
  const { base_ms, per_sequence_ms, per_prefill_token_ms, per_context_token_ms } = work
  return {
    scatter: scatterOf(work),
    stepMs: ({ decodes, prefills, prefillTokens, context }) =>
      base_ms +
      per_sequence_ms * (decodes + prefills) +
      per_prefill_token_ms * prefillTokens +
      per_context_token_ms * context,
    growthMs: ({ decodes }) => per_context_token_ms * decodes,
  }
}

/** A fitted table: `ms[i][j]` for batch size `sizes[i]` and padded length `lengths[j]`. */
export interface WorkTable {
  readonly sizes: readonly number[]
  readonly lengths: readonly number[]
  readonly ms: readonly (readonly number[])[]
}

/**
 * Interpolates a fitted table, bilinear in size and length, and extrapolates at the last slope.
 * Results are cached, because a run has few distinct pairs.
 */
export function tabulatedWork(table: WorkTable): MeanWork {
  const cachedMs: Map<number, Ms>[] = []
  const meanMs = (size: number, length: number) => {
    const bySize = (cachedMs[size] ??= new Map())
    let ms = bySize.get(length)
    if (ms === undefined) {
      ms = interpolate(table, size, length)
      bySize.set(length, ms)
    }
    return ms
  }
  return { of: meanMs, mean: meanMs }
}

function interpolate({ sizes, lengths, ms }: WorkTable, size: number, length: number): Ms {
  const [row, across] = locate(sizes, size)
  const [column, along] = locate(lengths, length)
  const msAt = (i: number, j: number) =>
    ms[Math.min(i, ms.length - 1)]![Math.min(j, lengths.length - 1)]!
  const low = msAt(row, column) + along * (msAt(row, column + 1) - msAt(row, column))
  const high = msAt(row + 1, column) + along * (msAt(row + 1, column + 1) - msAt(row + 1, column))
  return Math.max(0, low + across * (high - low))
}

/** The interval of a rising grid that contains x (or is nearest), and the position of x in it. */
function locate(grid: readonly number[], x: number): [number, number] {
  if (grid.length === 1) return [0, 0]
  let i = 0
  while (i < grid.length - 2 && grid[i + 1]! <= x) i++
  return [i, Math.max(0, (x - grid[i]!) / (grid[i + 1]! - grid[i]!))]
}

/**
 * Extra work of a batch after its executor was idle for `gap`, ms: linear in the logarithm of the
 * gap between rising knots, constant before the first and after the last.
 */
export interface WakeCurve {
  readonly gapMs: readonly Ms[]
  readonly ms: readonly Ms[]
}

export const NO_WAKE: WakeCurve = Object.freeze({ gapMs: [0], ms: [0] })

export function wakeCost(curve: WakeCurve, gap: Ms): Ms {
  const { gapMs, ms } = curve
  const last = gapMs.length - 1
  if (gap <= gapMs[0]!) return ms[0]!
  if (gap >= gapMs[last]!) return ms[last]!
  let i = 0
  while (gapMs[i + 1]! <= gap) i++
  // gaps range from microseconds to milliseconds; shorter ones count as a microsecond
  const from = Math.max(gapMs[i]!, 1e-3)
  const to = Math.max(gapMs[i + 1]!, 1e-3)
  if (gap <= from) return ms[i]!
  return ms[i]! + (log(gap / from) / log(to / from)) * (ms[i + 1]! - ms[i]!)
}
