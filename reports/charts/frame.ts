import { median as medianOf } from 'simple-statistics'
import type { TopLevelSpec } from 'vega-lite'
import type { Field } from 'vega-lite/types_unstable/channeldef.js'
import type { LayerSpec } from 'vega-lite/types_unstable/spec/index.js'
import type { Blamed, Comparison, Result } from '../../sim/documents/index.ts'
import { runsText } from '../format.ts'
import { textWidth, wrap } from './text-width.ts'
import { LABEL_SIZE, LIGHT, SUBTITLE_SIZE, THEME, TITLE_SIZE } from './theme.ts'

/** The documents that charts and pages are drawn from; any of them may be missing. */
export interface ReportInput {
  readonly simulated: Result | null
  readonly measured: Result | null
  readonly comparison: Comparison | null
  /** the second side of a what-if; charts are of the first */
  readonly against?: { readonly simulated: Result | null; readonly measured: Result | null } | null
  /** of the same scenario */
  readonly blame?: Blamed | null
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

/** One or both sides, simulated before measured. */
export type Sides = readonly [World, ...World[]]

/** The sides that have documents, simulated before measured. */
export function worlds({ simulated, measured }: ReportInput): World[] {
  return [simulated, measured].flatMap((result) =>
    result ? [{ name: result.world, color: LIGHT[result.world], result }] : [],
  )
}

export interface LabelledWorld extends World {
  /** "measured"; "A measured" or "B measured" where there are two sides */
  readonly label: string
}

/** What there is of each side: one list, or two in a what-if. */
export function sidesOf(input: ReportInput): LabelledWorld[][] {
  const labelled = (of: ReportInput, side: string) =>
    worlds(of).map((world) => ({ ...world, label: `${side}${world.name}` }))
  if (!input.against) return [labelled(input, '')]
  return [labelled(input, 'A '), labelled({ ...input.against, comparison: null }, 'B ')]
}

/** "payment-peak · simulated: 80 replications · measured: 5 replays": the start of a subtitle. */
export function subject(sides: Sides): string {
  const runs = sides.map(({ name, result }) => `${name}: ${runsText(result)}`)
  return [sides[0].result.scenario.name, ...runs].join(' · ')
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

/** Text at a position in the plot, px. */
export function word(
  text: string,
  x: number,
  y: number,
  style: { color: string; align?: 'left' | 'right'; fontWeight?: 'bold'; fontSize?: number },
): Layer {
  return {
    data: { values: [{}] },
    mark: { type: 'text', text, fontSize: LABEL_SIZE, ...style },
    encoding: { x: { value: x }, y: { value: y } },
  }
}

/** Height of a line of names above a plot, px. */
export const KEY_LINE = 17

/** Places names in lines of at most `room` px; the last line has the number 0. */
export function inLines<T extends { readonly name: string }>(
  named: readonly T[],
  room: number,
  { size, gap, bold = false, before = 0 }: KeyStyle,
) {
  let [x, line] = [0, 0]
  const placed = named.map((item) => {
    const wide = before + textWidth(item.name, size, bold)
    if (x > 0 && x + wide > room) [x, line] = [0, line + 1]
    const at = { ...item, x, line }
    x += wide + gap
    return at
  })
  return placed.map((item) => ({ ...item, line: line - item.line }))
}

interface KeyStyle {
  readonly size: number
  /** px between names, and before each of them */
  readonly gap: number
  readonly before?: number
  readonly bold?: boolean
}

/** Coloured names above the plot, in the order of the data, for marks without room for a label. */
export function keyWords(
  keys: readonly { readonly name: string; readonly color: string }[],
  width: number,
): Layer[] {
  const [size, gap] = narrow(width) ? [LABEL_SIZE - 1, 9] : [LABEL_SIZE, 14]
  const style = { align: 'left', fontWeight: 'bold', fontSize: size } as const
  return inLines(keys, width - LEFT, { size, gap, bold: true }).map(({ name, color, x, line }) =>
    word(name, x, -13 - KEY_LINE * line, { ...style, color }),
  )
}

/** Axis labels of shares: "5 %". */
export const PERCENT = `format(datum.value * 100, '~f') + ' %'`
/** Axis labels of relative errors: "+5 %", "0". */
export const SIGNED_PERCENT = `datum.value === 0 ? '0' : format(datum.value * 100, '+,~f') + ' %'`

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

/** Median of a list of numbers; null if it is empty. */
export function median(values: readonly number[]): number | null {
  return values.length === 0 ? null : medianOf([...values])
}

/** The item with the largest score; undefined if the list is empty. */
export function largest<T>(list: readonly T[], score: (item: T) => number): T | undefined {
  let best: T | undefined
  for (const item of list) if (best === undefined || score(item) > score(best)) best = item
  return best
}
