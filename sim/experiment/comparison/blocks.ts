import { mean, median } from 'simple-statistics'
import type { WhatIf } from '../../documents/index.ts'
import { exp, log } from '../../kernel/index.ts'
import type { Ms } from '../../serving/index.ts'
import { type BlockRatio, blockRatios, type RatioBlock, supports } from '../../stats/index.ts'
import { latenciesOf } from './latencies.ts'
import { LATENCY, type Measure } from './measures.ts'
import type { ControlReading, ObservedRun } from './observed-run.ts'
import { spoiled } from './validity.ts'

/** Successive slices, or a whole replay that has none: both sides met the same machine. */
export interface Block extends RatioBlock {
  /** null for a whole replay */
  readonly sliceMs: number | null
  /** B's time of the control kernel over A's, on the log scale; null where it was not timed */
  readonly control: number | null
}

/** One side of a round. */
export interface RoundSide {
  readonly run: ObservedRun
  readonly warmupMs: number
}

/** Rounds of a what-if, each as its blocks, and those that do not count. */
interface Rounds {
  readonly rounds: readonly (readonly Block[])[]
  readonly not_counted: WhatIf['not_counted']
  /** number of all rounds */
  readonly played: number
}

/** A measure on each side of a change, which may differ in the delay of first tokens. */
export type MeasureOfSides = readonly [a: Measure, b: Measure]

const LATENCIES: MeasureOfSides = [LATENCY, LATENCY]

/** The rounds in which the replays of both sides count; all where none does. */
export function roundsOf(
  a: readonly RoundSide[],
  b: readonly RoundSide[],
  measures: MeasureOfSides = LATENCIES,
): Rounds {
  const not_counted = a.flatMap((side, round) => {
    const why = spoiled(side.run) ?? spoiled(b[round]!.run)
    return why === null ? [] : [{ round, ...why }]
  })
  const poor = new Set(not_counted.map(({ round }) => round))
  const rounds = a.flatMap((side, round) =>
    poor.has(round) && poor.size < a.length ? [] : [blocksOf(side, b[round]!, measures)],
  )
  return { rounds, not_counted, played: a.length }
}

/** Slices of each side in a block. */
const SLICES = 2

/** The blocks of a round in which both sides served requests after their warm-up. */
export function blocksOf(
  a: RoundSide,
  b: RoundSide,
  [ofA, ofB]: MeasureOfSides = LATENCIES,
): Block[] {
  const starts = commonStarts(a.run, b.run)
  const sides = [seenOf(a, ofA), seenOf(b, ofB)]
  const blocks: Block[] = []
  for (let slice = 0; slice < starts.length; slice += SLICES) {
    const [from, to] = [starts[slice]!, starts[slice + SLICES] ?? Number.POSITIVE_INFINITY]
    const block = blockWithin(sides, (at) => at >= from && at < to)
    const sliceMs = starts.length === 1 ? null : starts[slice + 1]! - from
    if (block !== null) blocks.push({ ...block, sliceMs })
  }
  return blocks
}

/** Latencies and readings of one side of a round, from which blocks are taken. */
interface Seen {
  readonly latencies: ReturnType<typeof latenciesOf>
  readonly control: readonly ControlReading[]
}

export const seenOf = ({ run, warmupMs }: RoundSide, measure = LATENCY): Seen => ({
  latencies: latenciesOf(run.rows, warmupMs, { measure }),
  control: run.control ?? [],
})

/** The block of both sides at the times that are `within` it; null where a side served nothing. */
export function blockWithin(
  sides: readonly Seen[],
  within: (at: Ms) => boolean,
): Omit<Block, 'sliceMs'> | null {
  const [a, b] = sides.map(({ latencies: { at, values } }) =>
    values.filter((_, i) => within(at[i]!)).sort(),
  )
  if (a!.length === 0 || b!.length === 0) return null
  const [controlA, controlB] = sides.map(({ control }) =>
    logTime(control.filter(({ at }) => within(at))),
  )
  const timed = controlA != null && controlB != null
  return { a: a!, b: b!, control: timed ? controlB - controlA : null }
}

/** When the slices of both runs began; a single time where either was replayed as a whole. */
function commonStarts(a: ObservedRun, b: ObservedRun): number[] {
  const [first = [], second = []] = [a, b].map(({ control = [] }) => control.map(({ at }) => at))
  const same = first.length === second.length && first.every((at, i) => at === second[i])
  return same && first.length > 1 ? first : [Number.NEGATIVE_INFINITY]
}

/** Mean of the logarithms of all times; null for none. */
function logTime(readings: readonly ControlReading[]): number | null {
  const logs = readings.flatMap(({ ms }) => ms.map((time) => log(time)))
  return logs.length === 0 ? null : mean(logs)
}

/** Requests that were served on a side of some blocks. */
export const servedOn = (side: 'a' | 'b', blocks: readonly RatioBlock[]): number =>
  blocks.reduce((sum, block) => sum + block[side].length, 0)

/** Ratios of percentiles of all blocks together. */
interface RatiosOfBlocks {
  /** requests of the side with fewer */
  readonly n: number
  readonly ratios: readonly (BlockRatio & { readonly p: number })[]
}

/** Ratios B/A of those percentiles that the requests of both sides support. */
export function ratiosOfBlocks(
  blocks: readonly RatioBlock[],
  percentiles: readonly number[],
  random: () => number,
): RatiosOfBlocks {
  const n = Math.min(servedOn('a', blocks), servedOn('b', blocks))
  const levels = percentiles.filter((p) => supports(n, p))
  const ratios = levels.length === 0 ? [] : blockRatios(blocks, levels, random)
  return { n, ratios: ratios.map((ratio, i) => ({ p: levels[i]!, ...ratio })) }
}

/** Where the control kernel differs by more, A and B did not meet the same machine. */
const MOST_CONTROL = 0.02

/** B's time of the control kernel over A's, median over blocks; null where it was not timed. */
export function controlOf(blocks: readonly Pick<Block, 'control'>[]): number | null {
  const timed = blocks.flatMap(({ control }) => control ?? [])
  return timed.length === 0 ? null : exp(median(timed))
}

/** The same where it shows that a ratio is not that of the change alone; null where it does not. */
export const driftBy = (control: number | null): number | null =>
  control !== null && Math.abs(log(control)) > MOST_CONTROL ? control : null
