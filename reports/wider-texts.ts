import type { Comparison, WhatIf } from '../sim/documents/index.ts'
import { figure, percentileName, threeDigits, time } from './format.ts'

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

/** What is not known of B's speed, and how wide it makes predicted ratios. */
export function widerRatioTexts({ speed = [], percentiles }: WhatIf): string[] {
  const pools = speed.flatMap(({ pool, low, high, reasons }) => {
    const range = `${threeDigits(low)} to ${threeDigits(high)} times as fast as predicted`
    return reasons.length === 0 ? [] : [`pool ${pool} on B: ${range}: ${reasons.join(', and ')}`]
  })
  const wider = intervals(
    percentiles.map(({ p, with_speed: ends }) => ({ p, ends })),
    (ratio) => figure(ratio),
  )
  return [
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
