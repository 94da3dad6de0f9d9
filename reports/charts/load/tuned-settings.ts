import type { TopLevelSpec } from 'vega-lite'
import type { NonNormalizedSpec } from 'vega-lite/types_unstable/spec/index.js'
import type { Result } from '../../../sim/documents/index.ts'
import { capitalise, figure } from '../../format.ts'
import { frame, keyWords, type Layer, plotWidth, type Sides, subject } from '../frame.ts'
import { supportedPercentile } from '../latency/latency-over-time.ts'
import { LIGHT } from '../theme.ts'
import { limitLines } from './limits.ts'
import {
  endOf,
  latencyPanel,
  loadPanel,
  PANEL_SPACING,
  type Panel,
  type Point,
  panelHeight,
  panelLimits,
  panelLines,
  timeAxis,
} from './time-panels.ts'

type Setting = NonNullable<Result['tuning']>[number]

/** Further settings are in the table only. */
const MOST_SETTINGS = 3
/** A result lists no more changes: what came after them is not known. */
const MOST_CHANGES = 10_000

/** By the last key: the name in a sentence, and on an axis. */
const NAMES: Readonly<Record<string, readonly [name: string, axis: string]>> = {
  limit: ['concurrency limit', 'limit'],
  max_batch: ['largest batch', 'requests'],
  max_delay_ms: ['batch window', 'ms'],
  blocks: ['KV budget', 'blocks'],
  threshold_tokens: ['router threshold', 'tokens'],
}

/**
 * Tuned settings over time, with arrivals and latency beneath; null where none is tuned. Changes
 * are those of the first run.
 */
export function tunedSettings(sides: Sides, width: number): TopLevelSpec | null {
  const world = sides.find(({ result }) => (result.tuning ?? []).length > 0)
  if (world === undefined) return null
  const tuned = world.result.tuning!
  const listed = tuned.reduce((sum, { changes }) => sum + changes.length, 0)
  const endS = endOf(world)
  const drawn = tuned.slice(0, MOST_SETTINGS).map((setting) => ({
    setting,
    points: pointsOf(setting, listed < MOST_CHANGES ? endS : null),
  }))
  const height = panelHeight(width)
  const panel = (layer: Layer[]): NonNormalizedSpec => ({ width: plotWidth(width), height, layer })
  const x = timeAxis(endS, width, false)
  const last = timeAxis(endS, width, true)
  const latency = latencyPanel(world, supportedPercentile(world.result.series))
  const panels = [
    ...drawn.map(({ setting, points }) => {
      const lines = panelLines(settingPanel(setting, points), x, [{ color: LIGHT.simulated }])
      const named = { name: nameOf(setting), color: LIGHT.simulated }
      return panel(drawn.length > 1 ? [...lines, ...keyWords([named], width)] : lines)
    }),
    panel(panelLines(loadPanel(world), x, [{ color: LIGHT.ink }])),
    panel([
      ...panelLines(latency, last, [{ color: LIGHT.ink }]),
      ...limitLines(panelLimits(world, width), { domain: latency.domain, height }),
    ]),
  ]
  const subtitle = `${subject([world])}${furtherText(tuned)} · changes of the first run, other lines are means over runs`
  const spacing = drawn.length > 1 ? 2 * PANEL_SPACING : PANEL_SPACING
  return { ...frame(finding(drawn), subtitle, width), spacing, vconcat: panels }
}

function furtherText(tuned: readonly Setting[]): string {
  return tuned.length > MOST_SETTINGS ? ` · ${MOST_SETTINGS} of ${tuned.length} tuned settings` : ''
}

/** The value after each change; a run keeps the last one until `endS`, where that is known. */
function pointsOf({ start, changes }: Setting, endS: number | null): Point[] {
  const points = [{ x: 0, y: start }, ...changes.map(({ at_s, to }) => ({ x: at_s, y: to }))]
  // changes after the traffic are beyond the axis
  const shown = endS === null ? points : points.filter(({ x }) => x <= endS)
  return endS === null ? shown : [...shown, { x: endS, y: shown.at(-1)!.y }]
}

function settingPanel(setting: Setting, points: readonly Point[]): Panel {
  const most = Math.max(1e-9, ...points.map(({ y }) => y))
  return { title: wordsOf(setting)[1], domain: [0, 1.1 * most], lines: [points], steps: true }
}

function wordsOf({ setting }: Setting): readonly [name: string, axis: string] {
  return NAMES[setting.split('.').at(-1)!] ?? [setting, 'value']
}

/** "concurrency limit of central" */
function nameOf(setting: Setting): string {
  const [holder, pool] = setting.setting.split('.')
  const [name] = wordsOf(setting)
  return holder === 'pools' ? `${name} of ${pool}` : name
}

function finding(
  drawn: readonly { readonly setting: Setting; readonly points: Point[] }[],
): string {
  const texts = drawn.map(({ setting, points }) => {
    const values = points.map(({ y }) => y)
    const [low, high] = [Math.min(...values), Math.max(...values)]
    if (low === high) return `the ${nameOf(setting)} stays ${figure(low, 3)}`
    const mean = figure(meanOf(points))
    return `the ${nameOf(setting)} is ${figure(low, 3)} to ${figure(high, 3)}, on average ${mean}`
  })
  return capitalise(texts.join('; '))
}

/** Over time. */
function meanOf(points: readonly Point[]): number {
  const length = points.at(-1)!.x
  if (length === 0) return points[0]!.y
  const sum = points.reduce((area, { x, y }, i) => area + y * ((points[i + 1]?.x ?? x) - x), 0)
  return sum / length
}
