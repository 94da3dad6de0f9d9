import type { TopLevelSpec } from 'vega-lite'
import type { TailPoint, Variants } from '../../../sim/documents/index.ts'
import { plural, time } from '../../format.ts'
import { frame, keyWords, type Layer, largest, narrow, plotWidth } from '../frame.ts'
import { FIRST, percentiles } from '../latency/tail-axis.ts'
import { nines } from '../latency/tail-finding.ts'
import { latencies } from '../plot.ts'
import { LIGHT } from '../theme.ts'

/** Colours of variants in their order; dashes tell apart what looks alike in print. */
const STYLES = [
  { color: LIGHT.ink },
  { color: LIGHT.prediction },
  { color: LIGHT.queue, strokeDash: [7, 3] },
  { color: LIGHT.batchWait, strokeDash: [2, 2] },
  { color: LIGHT.service, strokeDash: [9, 3, 2, 3] },
  { color: LIGHT.overhead, strokeDash: [4, 4] },
  { color: LIGHT.sendDelay, strokeDash: [9, 2] },
  { color: LIGHT.weights, strokeDash: [1, 3] },
] as const

interface Curve {
  readonly name: string
  readonly tail: readonly TailPoint[]
}

/** The tail of every variant in one chart, simulated or measured; null where none has a curve. */
export function variantTails(
  document: Variants,
  world: 'simulated' | 'measured',
  width: number,
): TopLevelSpec | null {
  const all: readonly Curve[] =
    world === 'simulated' ? document.variants : (document.measured?.variants ?? [])
  const curves = all.map(({ name, tail }, i) => ({
    name,
    style: STYLES[i]!,
    points: tail.filter(({ p, value }) => p >= FIRST && p < 1 && value > 0),
  }))
  const points = curves.flatMap((curve) => curve.points)
  if (points.length === 0) return null
  const height = narrow(width) ? 260 : 360
  const values = points.map(({ value }) => value)
  const domain = [Math.min(...values) / 1.2, Math.max(...values) * 1.2] as const
  const x = percentiles([nines(FIRST), nines(Math.max(0.9, ...points.map(({ p }) => p)))], true)
  const y = latencies('value', domain)
  const layers = curves.map(({ points: own, style }, i): Layer => {
    return {
      data: { values: own.map(({ p, value }) => ({ x: nines(p), value })) },
      mark: {
        type: 'line',
        strokeWidth: i === 0 ? 2.8 : 2,
        ...style,
        strokeDash: [...('strokeDash' in style ? style.strokeDash : [1, 0])],
      },
      encoding: { x, y },
    }
  })
  const keys = curves.map(({ name, style }) => ({ name, color: style.color }))
  const runs =
    world === 'simulated'
      ? `median of ${plural(document.replications, 'replication')}`
      : `median of ${plural(document.measured!.replays, 'replay')}`
  return {
    ...frame(
      finding(curves, world),
      `${document.scenario.name} · ${world}: ${runs}, the same requests for all`,
      width,
    ),
    width: plotWidth(width),
    height,
    layer: [...layers, ...keyWords(keys, width)],
  }
}

/** The variants with the lowest and the highest latency at the last percentile that all support. */
function finding(
  curves: readonly { readonly name: string; readonly points: readonly TailPoint[] }[],
  world: string,
): string {
  const shared = Math.min(...curves.map(({ points }) => points.at(-1)?.p ?? 0))
  const level = [0.99, 0.95, 0.9, 0.5].find((p) => p <= shared + 1e-9)
  if (level === undefined) return `Too few requests to tell the tails apart, ${world}`
  const at = curves.map(({ name, points }) => ({
    name,
    value: points.find(({ p }) => p >= level - 1e-9)!.value,
  }))
  const least = largest(at, ({ value }) => -value)!
  const most = largest(at, ({ value }) => value)!
  const label = `p${100 * level}`
  if (most.value / least.value < 1.02) return `${label} of all variants is within 2 %, ${world}`
  return `${label} is ${time(least.value)} with ${least.name} and ${time(most.value)} with ${most.name}, ${world}`
}
