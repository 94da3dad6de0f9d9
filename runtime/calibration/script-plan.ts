import { type Random, shuffled } from '../../sim/kernel/index.ts'
import type { ScriptItem, ScriptRow } from '../live/script.ts'
import type { GapSample } from './wake-fit.ts'
import type { CellSample } from './work-fit.ts'

/** Batch sizes to measure: all small ones, where kernels have steps, then fewer. */
export function sizeGrid(maxBatch: number): number[] {
  const sizes = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32]
  for (let size = 48; size < maxBatch; size += size >= 128 ? 64 : 16) sizes.push(size)
  return [...new Set([...sizes.filter((size) => size < maxBatch), maxBatch])]
}

/** Padded lengths to measure: evenly spaced in logarithm, multiples of `padTo`. */
export function lengthGrid(min: number, max: number, padTo: number, count = 7): number[] {
  const pad = (length: number) => Math.ceil(length / padTo) * padTo
  const grid = Array.from({ length: count }, (_, i) =>
    pad(Math.round(min * (max / min) ** (i / (count - 1)))),
  )
  return [...new Set(grid)]
}

/** Idle gaps to measure, ms. */
export const GAPS_MS = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50] as const
/** After shorter gaps an executor has not slept. */
export const AWAKE_MS = GAPS_MS[0] / 2
/** Fewest gaps of a round: with all gaps a fast model would be idle most of the time. */
const FEWEST_GAPS = 4
/** Cells for each gap of a round: slow models have few rounds with many cells. */
const CELLS_A_GAP = 5

/** Consecutive batches of a shape. The first finds caches as another shape or a sleep left them. */
export const RUN = 3

/**
 * One round of a calibration: every cell back to back, and smaller batches after some idle gaps.
 * The order is random, so that a slow spell of the machine affects all cells alike. Each batch
 * follows batches of the same shape, as in most traffic: a small batch takes half as long again
 * after one whose activations have displaced the weights from the caches.
 */
export function roundOf(
  sizes: readonly number[],
  lengths: readonly number[],
  executor: number,
  random: Random,
  /** of the batches after idle gaps; default: the smaller half */
  gapSizes: readonly number[] = sizes.slice(0, Math.ceil(sizes.length / 2)),
): ScriptItem[] {
  // of two lengths the shorter one: gaps cost a run each
  const middle = lengths[(lengths.length - 1) >> 1]!
  const run = (size: number, length: number, gapMs: number) =>
    Array.from({ length: RUN }, (_, i) => {
      return { executor, size, length, gapMs: i === RUN - 1 ? gapMs : 0 }
    })
  const cells = sizes.flatMap((size) => lengths.map((length) => run(size, length, 0)))
  const wanted = Math.max(FEWEST_GAPS, Math.ceil(cells.length / CELLS_A_GAP))
  const gaps = shuffled([...GAPS_MS], random)
    .slice(0, wanted)
    .map((gapMs) => run(gapSizes[random.integer(gapSizes.length)]!, middle, gapMs))
  return shuffled([...cells, ...gaps], random).flat()
}

/** A batch that followed another batch of the same shape on its executor. */
export interface SettledRow extends ScriptRow {
  /** additional time compared with the batch before, ms */
  readonly excess: number
}

export function settledRows(rows: readonly ScriptRow[]): SettledRow[] {
  return rows.flatMap((row, i) => {
    const before = rows[i - 1]
    const { size, length } = row.item
    if (before?.item.size !== size || before.item.length !== length) return []
    return { ...row, excess: row.ended - row.started - (before.ended - before.started) }
  })
}

/** Times of batches that ran back to back, by their cells. */
export function cellSamples(rows: readonly SettledRow[]): CellSample[] {
  const cells = new Map<string, { size: number; length: number; ms: number[] }>()
  for (const { item, started, ended } of rows) {
    if (item.gapMs > 0) continue
    const key = `${item.size}x${item.length}`
    const cell = cells.get(key) ?? { size: item.size, length: item.length, ms: [] }
    cell.ms.push(ended - started)
    cells.set(key, cell)
  }
  return [...cells.values()]
}

/** Batches after idle times; the wake-up cost is counted from back-to-back batches. */
export function wakeSamples(rows: readonly SettledRow[]): GapSample[] {
  const slept = rows.filter(({ item }) => item.gapMs > 0)
  const awake = rows.filter(({ item, gap }) => item.gapMs === 0 && gap < AWAKE_MS)
  return [...slept, ...awake.map(({ gap }) => ({ gap, excess: 0 }))]
}
