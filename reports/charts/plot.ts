import type { TopLevelSpec } from 'vega-lite'
import type { Axis } from 'vega-lite/types_unstable/axis.js'
import type { NonNormalizedSpec } from 'vega-lite/types_unstable/spec/index.js'
import { frame, type Layer, logTicks, narrow, plotWidth } from './frame.ts'
import { LABEL_SIZE, LIGHT } from './theme.ts'

/** Channels and layers that charts share. */

type Range = readonly [number, number]

/** A field on an axis that ends where its domain does. */
export interface Channel {
  readonly field: string
  readonly type: 'quantitative'
  readonly scale: { readonly domain: [number, number]; readonly nice: false; readonly type?: 'log' }
  readonly axis: Axis | null
}

export function linear(field: string, domain: Range, axis: Axis | null): Channel {
  return { field, type: 'quantitative', scale: { domain: [...domain], nice: false }, axis }
}

export function logarithmic(field: string, domain: Range, axis: Axis): Channel {
  const scale = { type: 'log', domain: [...domain] as [number, number], nice: false } as const
  return { field, type: 'quantitative', scale, axis }
}

/** A channel of latencies on a log axis of ms. */
export function latencies(field: string, domain: Range, of: string | null = 'latency') {
  return logarithmic(field, domain, {
    title: of && `${of} (ms, log scale)`,
    values: logTicks(...domain),
    format: ',~g',
  })
}

/** The channel `x` of the time of a run. */
export function runTime(endS: number, tickCount = 5) {
  return linear('x', [0, endS], { title: 'time since the start (s)', tickCount, grid: false })
}

/** A channel of colours that the data has. */
export const COLOR = { field: 'color', type: 'nominal' as const, scale: null }

/** The channel `y` of heights that the data has, px from the top of the plot. */
export const PIXEL_Y = { field: 'y', type: 'quantitative' as const, scale: null, axis: null }

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

/** Names at the ends of lines, moved apart down to `low` where they would overlap. */
export function endLabels(
  ends: readonly { x: number; y: number; text: string; color: string }[],
  low: number,
  options: { dx?: number; bold?: boolean } = {},
): Layer[] {
  const heights = ends.map(({ y }) => y)
  const apart = dodge(heights, 15, 4, low)
  const moved = ends.map((end, i) => ({ ...end, y: apart[i]! }))
  return labels(moved, { align: 'left', ...options })
}

/** A line over the width of the plot, px from its top; dashed in the colour of limits. */
export function levelLine(y: number, color: string): Layer {
  const strokeDash = color === LIGHT.limit ? { strokeDash: [5, 3] } : {}
  return {
    data: { values: [{}] },
    mark: { type: 'rule', color, strokeWidth: 1.2, ...strokeDash },
    encoding: { y: { value: y }, x: { value: 0 }, x2: { value: 'width' } },
  }
}

/** A limit over the width of the plot, px from its top, with its name at the left. */
export const limitLevel = (y: number, text: string): Layer[] => [
  levelLine(y, LIGHT.limit),
  ...labels([{ x: 6, y: y - 9, text, color: LIGHT.limit }], { align: 'left' }),
]

/** A line over the height of the plot at a value of `x`: a reference, or a limit. */
export function valueLine(value: number, kind: 'reference' | 'limit' = 'reference'): Layer {
  const style =
    kind === 'limit'
      ? { color: LIGHT.limit, strokeDash: [5, 3], strokeWidth: 1.2 }
      : { color: LIGHT.muted }
  return {
    data: { values: [{}] },
    mark: { type: 'rule', ...style },
    encoding: { x: { datum: value, type: 'quantitative' } },
  }
}

/** A place in a row, px from the top of the plot. */
interface Placed {
  readonly y: number
  readonly color: string
}

/** Intervals as bars, and values as dots over them; `low` is the start of a bar or the value. */
export const intervalMarks = (
  x: Channel,
  bars: readonly (Placed & { readonly low: number; readonly high: number })[],
  dots: readonly (Placed & { readonly low: number })[],
  size: number,
): Layer[] => [
  {
    data: { values: [...bars] },
    mark: { type: 'rule', strokeWidth: 2.5, opacity: 0.75, strokeCap: 'round' },
    encoding: { x, x2: { field: 'high' }, y: PIXEL_Y, color: COLOR },
  },
  {
    data: { values: [...dots] },
    mark: { type: 'point', filled: true, size, opacity: 1 },
    encoding: { x, y: PIXEL_Y, color: COLOR },
  },
]

/** Wider intervals as thin lines, to be drawn below the bars of `intervalMarks`. */
export const widerMarks = (
  x: Channel,
  lines: readonly (Placed & { readonly low: number; readonly high: number })[],
): Layer[] =>
  lines.length === 0
    ? []
    : [
        {
          data: { values: [...lines] },
          mark: { type: 'rule', strokeWidth: 1, opacity: 0.75 },
          encoding: { x, x2: { field: 'high' }, y: PIXEL_Y, color: COLOR },
        },
      ]

/** Panels side by side, or one below the other in a narrow picture. */
function panelGrid(
  panels: number,
  width: number,
  { axis, labels = 0 }: { readonly axis: number; readonly labels?: number },
) {
  const spacing = 24
  const columns = narrow(width) ? 1 : panels
  const between = (columns - 1) * (spacing + axis + labels)
  return { columns, spacing, plot: (plotWidth(width, labels) - between) / columns }
}

export type PanelGrid = ReturnType<typeof panelGrid>

/** A chart whose panels stand side by side, or one below the other in a narrow picture. */
export function panelled<Panel>(
  chart: { readonly title: string; readonly subtitle: string; readonly panels: readonly Panel[] },
  width: number,
  space: Parameters<typeof panelGrid>[2],
  drawn: (panel: Panel, grid: PanelGrid, i: number) => NonNormalizedSpec,
): TopLevelSpec {
  const grid = panelGrid(chart.panels.length, width, space)
  return {
    ...frame(chart.title, chart.subtitle, width),
    columns: grid.columns,
    spacing: grid.spacing,
    concat: chart.panels.map((panel, i) => drawn(panel, grid, i)),
  }
}

/** The title of one of several panels. */
export function panelTitle(text: string, color: string, offset = 6) {
  return { text, color, fontSize: 12, offset, frame: 'group' as const }
}

/**
 * Moves positions apart to at least `gap`, with the smallest changes in the least-squares sense and
 * in the same order (isotonic regression by pooling adjacent violators), then shifts all of them
 * into the range.
 */
function dodge(at: readonly number[], gap: number, low: number, high: number): number[] {
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
