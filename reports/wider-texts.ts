import type { Comparison, WhatIf } from '../sim/documents/index.ts'
import { figure, percent, percentileName, threeDigits, time } from './format.ts'

/** What makes predictions of a comparison wider than their draws, a sentence each. */

interface Ends {
  readonly low: number | null
  readonly high: number | null
}

type Moved = Pick<Comparison['percentiles'][number], 'p' | 'speed_elasticity'>

/** "[0.31, 0.8] at p50, [0, ∞] at p95", of the percentiles that have such an interval. */
function intervals(
  rows: readonly { readonly p: number; readonly ends: Ends | undefined }[],
  textOf: (value: number) => string,
): string {
  const texts = rows.flatMap(({ p, ends }) => {
    if (ends === undefined) return []
    const { low, high } = ends
    const [from, to] = [low === null ? '0' : textOf(low), high === null ? '∞' : textOf(high)]
    return [`[${from}, ${to}] at ${percentileName(p)}`]
  })
  return texts.join(', ')
}

/** What 1 % of speed does to a figure; nothing where no other speed was simulated. */
function elasticityTexts(rows: readonly Moved[], what: string): string[] {
  const moved = rows.flatMap(({ p, speed_elasticity: elasticity }) =>
    elasticity === undefined ? [] : [`${figure(Math.abs(elasticity))} % at ${percentileName(p)}`],
  )
  return moved.length === 0 ? [] : [`1 % of speed moves ${what} by ${moved.join(', ')}`]
}

/** By what idle time makes executors of B faster or slower than those of A, as predicted. */
function idleTexts({ idle = [] }: Pick<WhatIf, 'idle'>): string[] {
  return idle.map(({ pool, busy_a, busy_b, factor, low, high, passes }) => {
    const range = `${threeDigits(factor)} [${threeDigits(low)}, ${threeDigits(high)}]`
    const busy = `${percent(busy_b)} of the time in place of ${percent(busy_a)}`
    return (
      `pool ${pool} on B: predicted ${range} times as fast as on A, as its executors are in ` +
      `batches for ${busy}, by ${passes} passes of probes between slices`
    )
  })
}

/** What is not known of B's speed, and how wide it makes predicted ratios. */
export function widerRatioTexts({ speed = [], percentiles, ...whatIf }: WhatIf): string[] {
  const pools = speed.flatMap(({ pool, low, high, reasons }) => {
    const range = `${threeDigits(low)} to ${threeDigits(high)} times as fast as predicted`
    return reasons.length === 0 ? [] : [`pool ${pool} on B: ${range}: ${reasons.join(', and ')}`]
  })
  const wider = intervals(
    percentiles.map(({ p, with_speed: ends }) => ({ p, ends })),
    (ratio) => figure(ratio),
  )
  return [
    ...idleTexts(whatIf),
    ...pools,
    ...(wider === '' ? [] : [`B/A predicted with that: ${wider}`]),
    ...elasticityTexts(percentiles, 'B/A predicted'),
  ]
}

/** How wide uncertain speeds make predicted latencies. */
export function widerLatencyTexts({ percentiles }: Pick<Comparison, 'percentiles'>): string[] {
  const wider = intervals(
    percentiles.map(({ p, with_inputs: ends }) => ({ p, ends })),
    (ms) => time(ms),
  )
  return [
    ...(wider === '' ? [] : [`simulated with uncertain speeds: ${wider}`]),
    ...elasticityTexts(percentiles, 'the simulated latency'),
  ]
}
