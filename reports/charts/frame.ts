import type { TopLevelSpec } from 'vega-lite'
import type { Field } from 'vega-lite/types_unstable/channeldef.js'
import type { LayerSpec } from 'vega-lite/types_unstable/spec/index.js'
import type { Comparison, Result, Verdict } from '../../sim/documents/index.ts'
import { percentileName, plural } from '../format.ts'
import { textWidth, wrap } from './text-width.ts'
import { LABEL_SIZE, LIGHT, SUBTITLE_SIZE, THEME, TITLE_SIZE } from './theme.ts'

/** The documents that charts and pages are drawn from; any of them may be missing. */
export interface ReportInput {
  readonly simulated: Result | null
  readonly measured: Result | null
  readonly comparison: Comparison | null
}

/** Width of a whole picture in pixels: on a page or slide, and on a phone. */
export const WIDE = 890
export const NARROW = 350

/** Space beside a plot for its axis title and labels, and at its right edge. */
const LEFT = 66
const RIGHT = 20

export type Layer = LayerSpec<Field>['layer'][number]

export interface World {
  readonly name: 'simulated' | 'measured'
  readonly color: string
  readonly result: Result
}

/** The sides that have documents, simulated before measured. */
export function worlds(input: ReportInput): World[] {
  const list: World[] = []
  const { simulated, measured } = input
  if (simulated) list.push({ name: 'simulated', color: LIGHT.simulated, result: simulated })
  if (measured) list.push({ name: 'measured', color: LIGHT.measured, result: measured })
  return list
}

/** All documents are of one scenario. */
export function scenarioName({ simulated, measured, comparison }: ReportInput): string {
  return (measured ?? simulated ?? comparison)?.scenario.name ?? 'no documents'
}

/** "payment-peak · 5 replays · 80 replications": the start of a subtitle. */
export function subject(input: ReportInput): string {
  const { simulated, measured } = input
  const runs = [
    simulated && `simulated: ${plural(simulated.runs, 'replication')}`,
    measured && `measured: ${plural(measured.runs, 'replay')}`,
  ]
  return [scenarioName(input), ...runs.filter((text) => text !== null)].join(' · ')
}

export function narrow(width: number): boolean {
  return width < 500
}

/** Width of the plot in a picture of `width`, with `labels` pixels beside the lines. */
export function plotWidth(width: number, labels = 0): number {
  return width - LEFT - Math.max(RIGHT, labels + 10)
}

/** Common parts of every chart: the theme, the finding as title, and its sources as subtitle. */
export function frame(
  title: string,
  subtitle: string,
  width: number,
): Pick<TopLevelSpec, 'config' | 'title'> {
  const room = width - 24
  return {
    config: THEME,
    title: {
      text: wrap(title, room, TITLE_SIZE, true),
      subtitle: wrap(subtitle, room, SUBTITLE_SIZE).map((line) => line.replace(/^· | ·$/g, '')),
      offset: 16,
    },
  }
}

/** A picture that states why there is nothing to draw. */
export function emptyChart(title: string, subtitle: string, width: number): TopLevelSpec {
  return {
    ...frame(title, subtitle, width),
    height: 20,
    width: plotWidth(width),
    data: { values: [] },
    mark: 'point',
  }
}

interface Key {
  readonly text: string
  readonly color: string
}

/** Coloured words above the plot, in the order of the data, for marks without room for a label. */
export function keyWords(keys: readonly Key[], width: number): Layer[] {
  const size = narrow(width) ? LABEL_SIZE - 1 : LABEL_SIZE
  let x = 0
  return keys.map(({ text, color }) => {
    const at = x
    x += textWidth(text, size, true) + (narrow(width) ? 9 : 14)
    return {
      data: { values: [{}] },
      mark: { type: 'text', text, color, align: 'left', fontWeight: 'bold', fontSize: size },
      encoding: { x: { value: at }, y: { value: -13 } },
    }
  })
}

/** Explains in a subtitle the grey names of `rowNames`. */
export const NOT_JUDGED = 'grey percentile: no verdict'

/** Names left of rows that are `height` pixels high; grey for a row without a verdict. */
export function rowNames(
  rows: readonly { readonly name: string; readonly judged: boolean }[],
  height: number,
): Layer[] {
  return rows.map(({ name, judged }, i) => ({
    data: { values: [{}] },
    mark: {
      type: 'text',
      text: name,
      align: 'right',
      color: judged ? LIGHT.ink : LIGHT.muted,
      fontSize: LABEL_SIZE,
    },
    encoding: { x: { value: -10 }, y: { value: height * (i + 0.5) } },
  }))
}

/** Text at a position in the plot, with a halo in the paper colour for legibility over marks. */
export function labels(
  points: readonly { x: number; y: number; text: string; color: string }[],
  options: { align: 'left' | 'right' | 'center'; dx?: number; dy?: number; bold?: boolean },
): Layer[] {
  const { align, dx = 0, dy = 0, bold = false } = options
  const fontWeight = bold ? ('bold' as const) : ('normal' as const)
  const text = { type: 'text' as const, align, dx, dy, fontWeight, fontSize: LABEL_SIZE }
  return points.flatMap((point): Layer[] => {
    const encoding = { x: { value: point.x }, y: { value: point.y } }
    const data = { values: [{}] }
    const mark = { ...text, text: point.text }
    return [
      { data, mark: { ...mark, fill: LIGHT.paper, stroke: LIGHT.paper, strokeWidth: 4 }, encoding },
      { data, mark: { ...mark, fill: point.color }, encoding },
    ]
  })
}

/**
 * Moves positions apart to at least `gap`, with the smallest changes in the least-squares sense and
 * in the same order (isotonic regression by pooling adjacent violators), then shifts all of them
 * into the range.
 */
export function dodge(at: readonly number[], gap: number, low: number, high: number): number[] {
  const order = at.map((_, i) => i).sort((a, b) => at[a]! - at[b]!)
  const blocks: { sum: number; size: number }[] = []
  order.forEach((i, rank) => {
    let block = { sum: at[i]! - rank * gap, size: 1 }
    for (let last = blocks.at(-1); last && last.sum / last.size >= block.sum / block.size; ) {
      block = { sum: block.sum + last.sum, size: block.size + last.size }
      blocks.pop()
      last = blocks.at(-1)
    }
    blocks.push(block)
  })
  const steps = blocks.flatMap(({ sum, size }) => new Array<number>(size).fill(sum / size))
  const top = high - (at.length - 1) * gap
  const moved = new Array<number>(at.length)
  order.forEach((i, rank) => {
    moved[i] = Math.max(low, Math.min(top, steps[rank]!)) + rank * gap
  })
  return moved
}

/** Pixels from the top of a plot of `height`, on a linear or log axis over `domain`. */
export function pixel(y: number, domain: readonly [number, number], height: number, log = false) {
  const [low, high, at] = log
    ? [Math.log(domain[0]), Math.log(domain[1]), Math.log(y)]
    : [domain[0], domain[1], y]
  return height * (1 - (at - low) / (high - low))
}

/** Axis labels of shares: "5 %". */
export const PERCENT = `format(datum.value * 100, '~f') + ' %'`

/** Steps at 1, 2 and 5 of each decade; fewer for more than three decades. */
function logSteps(ratio: number): readonly number[] {
  return ratio > 3000 ? [1] : ratio > 300 ? [1, 3] : [1, 2, 5]
}

/** Ticks of a log axis at these steps of each decade. */
export function logTicks(low: number, high: number, steps = logSteps(high / low)): number[] {
  const ticks: number[] = []
  for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); e++) {
    for (const step of steps) {
      const tick = Number((step * 10 ** e).toPrecision(2))
      if (tick >= low && tick <= high) ticks.push(tick)
    }
  }
  return ticks
}

/** The named percentile at or below `p`, as used in findings. */
export function namedPercentile(p: number): string {
  const named = [0.999, 0.99, 0.95, 0.9, 0.5].find((level) => p >= level - 1e-9)
  return percentileName(named ?? p)
}

/** Median of a list of numbers; null if it is empty. */
export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}

/** FAIL before UNDECIDED before PASS; null for an empty list. */
export function worst(verdicts: readonly Verdict[]): Verdict | null {
  const order = ['FAIL', 'UNDECIDED', 'PASS'] as const
  return order.find((verdict) => verdicts.includes(verdict)) ?? null
}

/** The item with the largest score; undefined if the list is empty. */
export function largest<T>(list: readonly T[], score: (item: T) => number): T | undefined {
  let best: T | undefined
  for (const item of list) if (best === undefined || score(item) > score(best)) best = item
  return best
}
