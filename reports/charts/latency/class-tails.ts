import type { TopLevelSpec } from 'vega-lite'
import type { NonNormalizedSpec } from 'vega-lite/types_unstable/spec/index.js'
import type { TailPoint } from '../../../sim/documents/index.ts'
import { cut, estimateText, plural } from '../../format.ts'
import { lostText } from '../../tables/lost.ts'
import { keyWords, type Layer, largest, narrow, type Sides, subject, type World } from '../frame.ts'
import { latencyLimits, limitLines } from '../load/limits.ts'
import { endLabels, latencies, type PanelGrid, panelled, panelTitle, pixel } from '../plot.ts'
import { textWidth } from '../text-width.ts'
import { LABEL_SIZE, LIGHT } from '../theme.ts'
import { curvePoints, FIRST, percentiles } from './tail-axis.ts'
import { nines } from './tail-finding.ts'

/** Colours of classes; dashes distinguish colours that look alike in print. */
const STYLES = [
  { color: LIGHT.service },
  { color: LIGHT.queue, strokeDash: [7, 3] },
  { color: LIGHT.batchWait, strokeDash: [2, 2] },
  { color: LIGHT.prediction, strokeDash: [9, 3, 2, 3] },
  { color: LIGHT.overhead },
  { color: LIGHT.sendDelay, strokeDash: [4, 4] },
] as const

/** Longer names of classes are cut. */
const LONGEST = 24

interface Curve {
  readonly name: string
  readonly points: readonly TailPoint[]
  readonly style: { readonly color: string; readonly strokeDash?: readonly number[] }
}

/** The tail of each class, the busiest first; null where there is one class only. */
export function classTails(sides: Sides, width: number): TopLevelSpec | null {
  const [{ result }] = sides
  const several = result.classes.filter(({ tail }) => tail.length > 0)
  if (result.classes.length < 2 || several.length === 0) return null
  const busiest = several
    .toSorted((a, b) => b.counts.arrived - a.counts.arrived)
    .slice(0, STYLES.length)
  const curves = sides.map((side) =>
    curvesOf(
      side,
      busiest.map(({ name }) => name),
    ),
  )
  const points = curves.flat().flatMap((curve) => curve.points)
  if (points.length === 0) return null
  const limits = latencyLimits(sides)
  const values = [...points.map(({ value }) => value), ...limits.map(({ limitMs }) => limitMs)]
  const y = [Math.min(...values) / 1.25, Math.max(...values) * 1.4] as const
  const x = [nines(FIRST), nines(Math.max(0.9, ...points.map(({ p }) => p)))] as const
  const height = narrow(width) ? 240 : 300
  const names = busiest.map(({ name }) => textWidth(cut(name, LONGEST), LABEL_SIZE, true))
  const room = narrow(width) ? 0 : Math.max(...names)
  const panel = (side: World, { plot }: PanelGrid, i: number): NonNormalizedSpec => ({
    title: panelTitle(side.name, side.color, narrow(width) ? 24 : 6),
    width: plot,
    height,
    layer: [
      ...curves[i]!.map((curve) => lineOf(curve, x, y, lostText(countsOf(side)) !== null)),
      ...limitLines(limits, { domain: y, height }),
      ...(narrow(width)
        ? keyWords(
            curves[i]!.map(({ name, style }) => ({ name, color: style.color })),
            width,
          )
        : endLabels(
            curves[i]!.map((curve) => endOf(curve, { x, y, width: plot, height })),
            height - 4,
            { dx: 6, bold: true },
          )),
    ],
  })
  const others = result.classes.length - curves[0]!.length
  const rest = others > 0 ? ` · ${plural(others, 'further class')} in the table` : ''
  const subtitle = `${subject(sides)} · one line for each class${rest}`
  const chart = { title: finding(sides), subtitle, panels: sides }
  return panelled(chart, width, { axis: 44, labels: room }, panel)
}

const countsOf = ({ result }: World) => result.classes.map(({ counts }) => counts)

function curvesOf({ result }: World, names: readonly string[]): Curve[] {
  return names.flatMap((name, i): Curve[] => {
    const points = curvePoints(result.classes.find((ofClass) => ofClass.name === name)?.tail ?? [])
    return points.length === 0 ? [] : [{ name: cut(name, LONGEST), points, style: STYLES[i]! }]
  })
}

function lineOf(
  { points, style }: Curve,
  x: readonly [number, number],
  y: readonly [number, number],
  lost: boolean,
): Layer {
  return {
    data: { values: points.map(({ p, value }) => ({ x: nines(p), value })) },
    mark: { type: 'line', strokeWidth: 2.2, ...style, strokeDash: [...(style.strokeDash ?? [])] },
    encoding: { x: percentiles(x, lost), y: latencies('value', y) },
  }
}

/** The name of a curve, at its end. */
function endOf(
  { name, points, style }: Curve,
  plot: {
    readonly x: readonly [number, number]
    readonly y: readonly [number, number]
    readonly width: number
    readonly height: number
  },
) {
  const last = points.at(-1)!
  const along = (nines(last.p) - plot.x[0]) / (plot.x[1] - plot.x[0])
  return {
    text: name,
    color: style.color,
    x: along * plot.width,
    y: pixel(last.value, plot.y, plot.height, true),
  }
}

/** The classes with the longest and the shortest tail, at the highest percentile of both. */
function finding(sides: Sides): string {
  const { classes } = sides.at(-1)!.result
  for (const level of LEVELS) {
    const supported = classes.flatMap(({ name, latency: { percentiles } }) => {
      const estimate = percentiles[level]
      return estimate.value === null ? [] : [{ name, estimate, value: estimate.value }]
    })
    if (supported.length < 2) continue
    const slow = largest(supported, ({ value }) => value)!
    const fast = largest(supported, ({ value }) => -value)!
    const text = (of: typeof slow) =>
      `${cut(of.name, LONGEST)}: ${level} ${estimateText(of.estimate, 'time')}`
    return `The slowest class is ${text(slow)}, the fastest ${text(fast)}`
  }
  return 'Latency by class'
}

const LEVELS = ['p99', 'p95', 'p50'] as const
