import { mean } from 'simple-statistics'
import type { WhatIf } from '../../documents/index.ts'
import { log } from '../../kernel/index.ts'
import type { RatioBlock } from '../../stats/index.ts'
import { latenciesOf } from './latencies.ts'
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
export interface Rounds {
  readonly rounds: readonly (readonly Block[])[]
  readonly not_counted: WhatIf['not_counted']
  /** number of all rounds */
  readonly played: number
}

/** The rounds in which the replays of both sides count; all where none does. */
export function roundsOf(a: readonly RoundSide[], b: readonly RoundSide[]): Rounds {
  const not_counted = a.flatMap((side, round) => {
    const found = spoiled(side.run) ?? spoiled(b[round]!.run)
    return found === null ? [] : [{ round, ...found }]
  })
  const poor = new Set(not_counted.map(({ round }) => round))
  const rounds = a.flatMap((side, round) =>
    poor.has(round) && poor.size < a.length ? [] : [blocksOf(side, b[round]!)],
  )
  return { rounds, not_counted, played: a.length }
}

/**
 * The blocks of a round in which both sides served requests after their warm-up. `slices`: of each
 * side in a block.
 */
export function blocksOf(a: RoundSide, b: RoundSide, slices = 2): Block[] {
  const starts = commonStarts(a.run, b.run)
  const [latenciesA, latenciesB] = [a, b].map(({ run, warmupMs }) =>
    latenciesOf(run.rows, warmupMs),
  )
  const blocks: Block[] = []
  for (let slice = 0; slice < starts.length; slice += slices) {
    const [from, to] = [starts[slice]!, starts[slice + slices] ?? Number.POSITIVE_INFINITY]
    const within = ({ at, values }: ReturnType<typeof latenciesOf>) =>
      values.filter((_, i) => at[i]! >= from && at[i]! < to).sort()
    const of = { a: within(latenciesA!), b: within(latenciesB!) }
    if (of.a.length === 0 || of.b.length === 0) continue
    const [controlA, controlB] = [a, b].map(({ run: { control = [] } }) =>
      logTime(control.filter(({ at }) => at >= from && at < to)),
    )
    const timed = controlA != null && controlB != null
    const sliceMs = starts.length === 1 ? null : starts[slice + 1]! - from
    blocks.push({ ...of, sliceMs, control: timed ? controlB - controlA : null })
  }
  return blocks
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
