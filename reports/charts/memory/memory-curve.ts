import type { TopLevelSpec } from 'vega-lite'
import type { NonNormalizedSpec } from 'vega-lite/types_unstable/spec/index.js'
import { type MemorySpace, memoryFailures, preempts } from '../../../sim/documents/index.ts'
import { exactSize, plural, sizeIn, sizeUnit } from '../../format.ts'
import {
  axisStart,
  CUT_AXIS,
  ranOut,
  type Space,
  type SpaceSide,
  spaceText,
} from '../../tables/memory-spaces.ts'
import { type Layer, largest, narrow, subject } from '../frame.ts'
import {
  endLabels,
  limitLevel,
  linear,
  type PanelGrid,
  panelled,
  panelTitle,
  pixel,
  runTime,
} from '../plot.ts'
import { textWidth } from '../text-width.ts'
import { LABEL_SIZE, LIGHT } from '../theme.ts'

/** A limit above this many times the reserved memory is stated, not drawn. */
const FAR = 3
/** Reserved memory counts as wasted above this share of it. */
const WASTE = 0.1

/** Memory requested, in use and reserved over time, below the limit; one panel for each side. */
export function memoryCurve(sides: Space, width: number): TopLevelSpec {
  const room = textWidth('requested', LABEL_SIZE)
  const most = Math.max(...sides.map(({ space }) => mostOf(space)))
  const low = Math.min(...sides.map(({ space }) => axisStart(weightsLevel(space), most)))
  const top = most + 0.1 * (most - low)
  const domain = [low, top] as const
  const height = narrow(width) ? 180 : 220
  const panel = (
    { name, color, space }: SpaceSide,
    grid: PanelGrid,
    i: number,
  ): NonNormalizedSpec => {
    const plot = { wide: grid.plot, height, domain, unit: sizeUnit(top) }
    return {
      ...(sides.length > 1 && { title: panelTitle(name, color) }),
      width: plot.wide,
      height,
      layer: [
        ...bands(color, space, plot, i % grid.columns === 0),
        ...limitLine(space, plot),
        ...endLabels(levelNames(color, space, plot), height - 4, { dx: 6 }),
      ],
    }
  }
  const chart = { title: finding(sides), subtitle: subtitle(sides, domain), panels: sides }
  return panelled(chart, width, { axis: 52, labels: room }, panel)
}

interface Plot {
  readonly wide: number
  readonly height: number
  /** MiB */
  readonly domain: readonly [number, number]
  readonly unit: ReturnType<typeof sizeUnit>
}

/** The highest drawn value, MiB: reserved memory, or the limit if it is near. */
function mostOf({ series, limit_mib: limit }: MemorySpace): number {
  const held = Math.max(...series.held_mib, ...series.requested_mib, 0)
  return Math.max(held, limit !== null && limit <= FAR * held ? limit : 0) || 1
}

/** Weights at the bottom, then memory in use and reserved memory; requested memory as a line. */
function bands(color: string, space: MemorySpace, plot: Plot, first: boolean): Layer[] {
  const { bucket_s, requested_mib, in_use_mib, held_mib } = space.series
  const { unit, domain } = plot
  const base = weightsLevel(space)
  // a step ends where the next begins, so the last value is repeated
  const values = [...held_mib, held_mib.at(-1) ?? 0].map((held, i) => {
    const at = Math.min(i, held_mib.length - 1)
    const [used, asked] = [in_use_mib[at] ?? 0, requested_mib[at] ?? 0]
    const [x, y] = [i * bucket_s, (mib: number) => Number((mib * unit.factor).toPrecision(5))]
    return { x, low: y(domain[0]), base: y(base), used: y(used), held: y(held), asked: y(asked) }
  })
  const data = { values }
  const x = runTime(Math.max(1, held_mib.length) * bucket_s)
  const scaled = [domain[0] * unit.factor, domain[1] * unit.factor] as const
  const title = first ? `memory (${unit.name})` : null
  const y = (field: string) => linear(field, scaled, { title, tickCount: 5, format: ',~f' })
  const interpolate = 'step-after' as const
  const band = (from: string, to: string, fill: string, opacity: number): Layer => ({
    data,
    mark: { type: 'area', interpolate, color: fill, opacity },
    encoding: { x, y: y(from), y2: { field: to } },
  })
  const line = (field: string, stroke: string, strokeWidth: number): Layer => ({
    data,
    mark: { type: 'line', interpolate, color: stroke, strokeWidth },
    encoding: { x, y: y(field) },
  })
  return [
    band('used', 'held', color, 0.14),
    band('base', 'used', color, 0.4),
    ...(base > 0 ? [band('low', 'base', LIGHT.weights, 0.55)] : []),
    line('asked', LIGHT.ink, 1),
    line('held', color, 2),
  ]
}

/** MiB that are always loaded; 0 with model swapping. */
function weightsLevel({ residency, weights_mib }: MemorySpace): number {
  return residency === null ? weights_mib : 0
}

function limitLine({ limit_mib: limit }: MemorySpace, { height, domain }: Plot): Layer[] {
  if (limit === null || limit >= domain[1]) return []
  return limitLevel(pixel(limit, domain, height), `limit ${exactSize(limit)}`)
}

/** Names of the levels at their last values. */
function levelNames(color: string, space: MemorySpace, { wide, height, domain }: Plot) {
  const { held_mib, in_use_mib, requested_mib } = space.series
  const base = weightsLevel(space)
  const at = (mib: number) => pixel(mib, domain, height)
  const end = (values: readonly number[]) => at(values.at(-1) ?? 0)
  const [held, used, asked] = [end(held_mib), end(in_use_mib), end(requested_mib)]
  const levels = [
    { text: 'reserved', color, y: held },
    { text: 'in use', color, y: Math.max(used, held) },
    { text: 'requested', color: LIGHT.ink, y: asked },
    ...(base > 0 ? [{ text: 'weights', color: LIGHT.weights, y: at((base + domain[0]) / 2) }] : []),
  ]
  return levels.map((level) => ({ ...level, x: wide }))
}

function subtitle(sides: Space, [low, top]: readonly [number, number]): string {
  const { space, result } = sides[0]
  const { limit_mib: limit, shared, name } = space
  const replicas = result.pools.find((pool) => pool.name === name)?.replicas ?? 1
  const texts = [
    subject(sides),
    spaceText(space),
    'peak of each interval, mean of runs',
    ...(shared || replicas < 2 ? [] : [`drawn: the first of ${plural(replicas, 'replica')}`]),
    ...(low > 0 ? [CUT_AXIS] : []),
    ...(limit !== null && limit >= top ? [`limit ${exactSize(limit)}, above the chart`] : []),
  ]
  return texts.join(' · ')
}

/** States that memory ran out, is reserved but unused, or how near its peak was to the limit. */
function finding(sides: Space): string {
  const worst = largest(sides, ({ space }) => memoryFailures(space) + space.remedies.failed)
  const out = worst && ranOut(worst.space, worst.result.runs)
  if (worst && out) {
    const what = preempts(worst.space)
      ? 'Sequences were preempted for lack of blocks'
      : 'Memory ran out'
    return `${what} ${out}${sides.length > 1 ? ` (${worst.name})` : ''}`
  }
  const peaks = sides.flatMap(({ name, space }) => {
    const { peak_held_mib: held, peak_requested_mib: asked } = space
    return held.value === null || asked.value === null
      ? []
      : [{ name, held: held.value, asked: asked.value, limit: space.limit_mib }]
  })
  const main = peaks.at(-1)
  if (!main) return 'No memory was recorded'
  const unit = sizeUnit(main.limit ?? main.held)
  const say = (mib: number) => sizeIn(unit, mib)
  const limit = main.limit === null ? '' : ` of ${round(say(main.limit), main.limit * unit.factor)}`
  const reached = peaks.map(({ name, held }, i) => {
    const size = say(held) + (i === 0 ? `${limit} ${unit.name}` : '')
    return peaks.length > 1 ? `${size} ${name}` : size
  })
  const asked = Math.max(...peaks.map((side) => side.asked))
  if (main.held - main.asked > WASTE * main.held) {
    return `Reserved memory reaches ${reached.join(', ')}, but at most ${say(asked)} is requested`
  }
  return `Memory peaks at ${reached.join(', ')}`
}

/** "24" for "24.0", if that is equally exact. */
function round(text: string, value: number): string {
  return Number.isInteger(value) ? text.replace(/\.0+$/, '') : text
}
