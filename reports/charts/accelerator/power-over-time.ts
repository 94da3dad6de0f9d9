import type { TopLevelSpec } from 'vega-lite'
import type { NonNormalizedSpec } from 'vega-lite/types_unstable/spec/index.js'
import { count, fixed, percentileName, threeDigits, time } from '../../format.ts'
import {
  markOf,
  type PoweredPool,
  poweredPools,
  UNCALIBRATED,
  uncalibratedNote,
} from '../../tables/energy-tables.ts'
import {
  frame,
  keyWords,
  type Layer,
  median,
  plotWidth,
  type Sides,
  subject,
  type World,
} from '../frame.ts'
import { latencyPoints, supportedPercentile } from '../latency/latency-over-time.ts'
import { limitLines } from '../load/limits.ts'
import {
  endOf,
  latencyPanel,
  midpoints,
  PANEL_SPACING,
  type Panel,
  type Point,
  panelHeight,
  panelLimits,
  panelLines,
  timeAxis,
} from '../load/time-panels.ts'
import type { Channel } from '../plot.ts'
import { LABEL_SIZE, LIGHT, LINE_STYLES } from '../theme.ts'

/** Pools that are drawn, those with the most power first. */
const MOST_POOLS = 6
/** Of more surges, none is drawn. */
const MOST_SURGES = 4
/** A line without others needs no name. */
const ALONE = [{ color: LIGHT.simulated }]

/** Power, temperature, clock and latency over time, below one another; null without power. */
export function powerOverTime(sides: Sides, width: number): TopLevelSpec | null {
  const world = sides.find(({ result }) => poweredPools(result).length > 0)
  if (world === undefined) return null
  const pools = poweredPools(world.result)
    .toSorted((a, b) => b.energy.power_w.value! - a.energy.power_w.value!)
    .slice(0, MOST_POOLS)
  // a line may not end with the mark
  const note = uncalibratedNote(pools)?.replace(' ', '\u00a0')
  const p = supportedPercentile(world.result.series)
  const panels = [...panelsOf(pools), latencyPanel(world, p)]
  const wide = plotWidth(width)
  const height = panelHeight(width)
  const endS = endOf(world)
  const drawn = panels.map((panel, i): NonNormalizedSpec => {
    const last = i === panels.length - 1
    const x = timeAxis(endS, width, last)
    return {
      width: wide,
      height,
      layer: [
        ...throttledBands(pools, x),
        ...surgeRules(world, x, i === 0 ? height : null),
        ...panelLines(panel, x, last || pools.length === 1 ? ALONE : LINE_STYLES),
        ...(last ? limitLines(panelLimits(world, width), { domain: panel.domain, height }) : []),
        ...(i === 0 && pools.length > 1 ? keyWords(keysOf(pools), width) : []),
      ],
    }
  })
  const throttled = throttledSpans(pools).length > 0 ? ' · shaded: below the full clock' : ''
  const subtitle = `${subject([world])}${throttled}${note === undefined ? '' : ` · ${note}`}`
  return {
    ...frame(finding(world, pools, p), subtitle, width),
    spacing: PANEL_SPACING,
    vconcat: drawn,
  }
}

const keysOf = (pools: readonly PoweredPool[]) =>
  pools.map(({ name }, i) => ({ name, color: LINE_STYLES[i]!.color }))

const everyS = ({ energy }: PoweredPool) => energy.series.every_s

/** Power, and where heat is simulated, temperature and clock. */
function panelsOf(pools: readonly PoweredPool[]): Panel[] {
  const mark = pools.map(({ energy }) => markOf(energy)).find((text) => text !== '') ?? ''
  const power = pools.map(({ energy: { series } }) => midpoints(series.power_w, series.every_s))
  // an empty line keeps the style of a pool
  const heat = (key: 'warmest_c' | 'lowest_clock', first: number) =>
    pools.map(({ energy: { series } }) =>
      (series.heat?.[key] ?? []).map((y, i) => ({ x: (i + first) * series.every_s, y })),
    )
  const temperatures = heat('warmest_c', 1)
  // from the interval at the end of which it was seen; the last step lasts as long
  const clocks = heat('lowest_clock', 0).map((line, i) => {
    const last = line.at(-1)
    return last === undefined ? line : [...line, { ...last, x: last.x + everyS(pools[i]!) }]
  })
  const heights = (lines: readonly (readonly Point[])[]) => lines.flat().map(({ y }) => y)
  const panels: Panel[] = [
    { title: `power${mark} (W)`, domain: [0, 1.1 * Math.max(1, ...heights(power))], lines: power },
  ]
  if (heights(temperatures).length === 0) return panels
  const [coldest, warmest] = [
    Math.min(...heights(temperatures)),
    Math.max(...heights(temperatures)),
  ]
  return [
    ...panels,
    {
      title: `warmest${mark} (°C)`,
      domain: [10 * Math.floor(coldest / 10), 10 * Math.ceil((warmest + 1) / 10)],
      lines: temperatures,
    },
    { title: `clock${mark}`, domain: [0, 1.1], lines: clocks, steps: true, shares: true },
    ...downPanel(pools, mark),
  ]
}

/** Replicas that are lost to heat, where any are. */
function downPanel(pools: readonly PoweredPool[], mark: string): Panel[] {
  const lines = pools.map(({ energy: { shutdowns, series } }) =>
    midpoints(shutdowns?.series ?? [], series.every_s),
  )
  const most = mostDown(pools)
  if (most === 0) return []
  return [{ title: `replicas down${mark}`, domain: [0, Math.ceil(1.1 * most)], lines }]
}

/** Of one pool in one interval. */
function mostDown(pools: readonly PoweredPool[]): number {
  return Math.max(0, ...pools.flatMap(({ energy }) => energy.shutdowns?.series ?? []))
}

interface Span {
  readonly x: number
  readonly x2: number
}

/** The times in which an accelerator of any pool has less than the full clock, s. */
function throttledSpans(pools: readonly PoweredPool[]): Span[] {
  const spans: Span[] = []
  const series = pools.flatMap(({ energy }) => (energy.series.heat ? [energy.series] : []))
  const [first] = series
  for (const i of first?.heat?.lowest_clock.keys() ?? []) {
    if (series.every(({ heat }) => heat!.lowest_clock[i]! >= 1)) continue
    const x = i * first!.every_s
    const x2 = x + first!.every_s
    const before = spans.at(-1)
    if (before !== undefined && before.x2 >= x - 1e-6) spans[spans.length - 1] = { ...before, x2 }
    else spans.push({ x, x2 })
  }
  return spans
}

function throttledBands(pools: readonly PoweredPool[], x: Channel): Layer[] {
  const values = throttledSpans(pools)
  if (values.length === 0) return []
  return [
    {
      data: { values },
      mark: { type: 'rect', color: LIGHT.limit, opacity: 0.1 },
      encoding: { x, x2: { field: 'x2' } },
    },
  ]
}

/** The times at which surges begin, s; none where there are very many. */
function surgesOf({ result: { surges } }: World): number[] {
  const times = [...new Set(surges.map(({ at_s }) => at_s))]
  return times.length > MOST_SURGES ? [] : times
}

/** `height` of the panel in which they have a name; null in others. */
function surgeRules(world: World, x: Channel, height: number | null): Layer[] {
  const values = surgesOf(world).map((at) => ({ x: at }))
  if (values.length === 0) return []
  const rule: Layer = {
    data: { values },
    mark: { type: 'rule', color: LIGHT.muted, strokeDash: [3, 3] },
    encoding: { x },
  }
  if (height === null) return [rule]
  const mark = { type: 'text', text: 'surge', align: 'left', dx: 4, color: LIGHT.muted } as const
  const encoding = { x, y: { value: height - 10 } }
  return [rule, { data: { values }, mark: { ...mark, fontSize: LABEL_SIZE }, encoding }]
}

/** When heat lowers the clock and what that does to the tail; or how warm the cards become. */
function finding(world: World, pools: readonly PoweredPool[], p: number): string {
  const mark = pools.some(({ energy }) => markOf(energy) !== '') ? UNCALIBRATED : ''
  const warmest = Math.max(...pools.flatMap(({ energy }) => energy.series.heat?.warmest_c ?? []))
  if (warmest === Number.NEGATIVE_INFINITY) return powerFinding(world, mark)
  const [first] = throttledSpans(pools)
  if (first === undefined) {
    return `The warmest accelerator reaches ${fixed(warmest, 0)} °C${mark} and keeps the full clock`
  }
  const surge = surgesOf(world).findLast((at) => at <= first.x)
  const since = surge === undefined ? '' : `, ${count(first.x - surge)} s after the surge began`
  const most = mostDown(pools)
  if (most > 0) {
    const { energy } = pools.find((pool) => mostDown([pool]) === most)!
    const at = energy.shutdowns!.series.findIndex((down) => down > 0) * energy.series.every_s
    const down = { x: at, x2: at }
    return `Heat stops up to ${threeDigits(most)} replicas${mark} at a time, from ${count(at)} s on${tailText(world, down, p)}`
  }
  return `Heat lowers the clock${mark} from ${count(first.x)} s on${since}${tailText(world, first, p)}`
}

/** A tail that becomes longer by less than this factor is called steady. */
const LONGER = 1.2

function tailText({ result: { series, warmup_s } }: World, { x: from }: Span, p: number): string {
  const points = latencyPoints(series, p).filter(({ x }) => x >= warmup_s)
  const before = median(points.filter(({ x }) => x < from).map(({ y }) => y))
  const after = Math.max(...points.filter(({ x }) => x >= from).map(({ y }) => y))
  const name = percentileName(p)
  if (before === null || after === Number.NEGATIVE_INFINITY) return ''
  if (after < LONGER * before) return `; ${name} stays near ${time(before)}`
  return `; ${name} rises from ${time(before)} to ${time(after)}`
}

function powerFinding({ result }: World, mark: string): string {
  const powered = poweredPools(result)
  const mean = powered.reduce((sum, { energy }) => sum + (energy.power_w.value ?? 0), 0)
  const peaks = powered[0]!.energy.series.power_w.map((_, i) =>
    powered.reduce((sum, { energy }) => sum + energy.series.power_w[i]!, 0),
  )
  return `All accelerators together take ${watts(mean)} on average and at most ${watts(Math.max(...peaks))}${mark}`
}

const watts = (value: number) => `${fixed(value, value < 10 ? 1 : 0)} W`
