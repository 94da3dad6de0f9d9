import type { MeasuredVariants, VariantRatio } from '../../documents/index.ts'
import { log, stream } from '../../kernel/index.ts'
import { percentileLabel, studentTQuantile } from '../../stats/index.ts'
import { type RoundSide, ratiosOfBlocks, roundsOf } from '../comparison/blocks.ts'
import { judged, type OpenRatio } from './variant-figures.ts'

const LEVELS = [
  ['p50', 0.5],
  ['p95', 0.95],
  ['p99', 0.99],
] as const

/** Replays of one variant. */
interface ReplayedVariant {
  readonly name: string
  readonly sides: readonly RoundSide[]
}

/**
 * Measured ratios of latencies of every variant to the first one, by all blocks in which both were
 * replayed on the same machine: two successive slices, or a whole replay.
 */
export function measuredRatios(
  [first, ...others]: readonly ReplayedVariant[],
  seed: number,
): Pick<MeasuredVariants, 'ratios' | 'not_counted' | 'blocks' | 'slice_ms'> {
  const random = stream(seed, 0, 'blocks of variants')
  const open: OpenRatio[] = []
  const not_counted: MeasuredVariants['not_counted'] = []
  const counts: number[] = []
  let slice_ms: number | null = null
  for (const { name: variant, sides } of others) {
    const { rounds, not_counted: poor } = roundsOf(first!.sides, sides)
    not_counted.push(...poor.map(({ round, reason }) => ({ replay: round, variant, reason })))
    const blocks = rounds.flat()
    counts.push(blocks.length)
    slice_ms ??= blocks[0]?.sliceMs ?? null
    const levels = LEVELS.map(([, p]) => p)
    const { n, ratios } = ratiosOfBlocks(blocks, levels, () => random.uniform())
    for (const [metric, p] of LEVELS) {
      const measured = ratios.find((ratio) => ratio.p === p)
      if (measured === undefined) {
        const none = `${percentileLabel(p)} needs more requests than the ${n} of all replays`
        open.push({ variant, metric, none })
      } else if (measured.high === null) {
        open.push({ variant, metric, none: 'a single block has no interval; replay more often' })
      } else {
        const df = blocks.length - 1
        const error = log(measured.high / measured.ratio) / studentTQuantile(0.975, df)
        open.push({ variant, metric, log: log(measured.ratio), error, df })
      }
    }
  }
  const ratios: VariantRatio[] = judged(open)
  return { ratios, not_counted, blocks: Math.min(...counts), slice_ms }
}
