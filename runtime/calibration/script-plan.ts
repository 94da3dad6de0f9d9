import type { Random } from '../../sim/kernel/index.ts'
import type { ScriptItem, ScriptRow } from '../live/script.ts'

/** Batch sizes that are measured: all small ones, since kernels step there, then fewer. */
export function sizeGrid(maxBatch: number): number[] {
  const sizes = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32]
  for (let size = 48; size < maxBatch; size += size >= 128 ? 64 : 16) sizes.push(size)
  return [...new Set([...sizes.filter((size) => size < maxBatch), maxBatch])]
}

/** Padded lengths that are measured: evenly spaced in logarithm, multiples of `padTo`. */
export function lengthGrid(min: number, max: number, padTo: number, count = 7): number[] {
  const pad = (length: number) => Math.ceil(length / padTo) * padTo
  const grid = Array.from({ length: count }, (_, i) =>
    pad(Math.round(min * (max / min) ** (i / (count - 1)))),
  )
  return [...new Set(grid)]
}

/** Idle gaps that are measured, ms. */
export const GAPS_MS = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50] as const
/** Gaps of one round, at least: waiting for all would leave a fast model idle most of the time. */
const FEWEST_GAPS = 4
/** Slow models have few rounds of many cells: one gap for each so many cells. */
const CELLS_A_GAP = 5

/** Batches of a shape in a row. The first finds caches as another shape or a sleep left them. */
const RUN = 3

/**
 * One round of a calibration: every cell back to back, and smaller batches after some idle gaps, in
 * an order of chance, so that a slow spell of the machine hits them all alike. Each comes after
 * others of its own shape, as it mostly does in traffic: a small batch after one whose activations
 * pushed the weights out of the caches takes half as long again.
 */
export function roundOf(
  sizes: readonly number[],
  lengths: readonly number[],
  executor: number,
  random: Random,
): ScriptItem[] {
  const middle = lengths[lengths.length >> 1]!
  const run = (size: number, length: number, gapMs: number) =>
    Array.from({ length: RUN }, (_, i) => {
      return { executor, size, length, gapMs: i === RUN - 1 ? gapMs : 0 }
    })
  const cells = sizes.flatMap((size) => lengths.map((length) => run(size, length, 0)))
  const wanted = Math.max(FEWEST_GAPS, Math.ceil(cells.length / CELLS_A_GAP))
  const gaps = shuffled([...GAPS_MS], random)
    .slice(0, wanted)
    .map((gapMs) => run(sizes[random.integer(Math.ceil(sizes.length / 2))]!, middle, gapMs))
  return shuffled([...cells, ...gaps], random).flat()
}

/** A batch whose executor had just run another of its shape. */
export interface SettledRow extends ScriptRow {
  /** how much longer it took than the one before, ms */
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

function shuffled<T>(items: T[], random: Random): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.integer(i + 1)
    const item = items[i]!
    items[i] = items[j]!
    items[j] = item
  }
  return items
}
