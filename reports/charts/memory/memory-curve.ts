import type { TopLevelSpec } from 'vega-lite'
import type { NonNormalizedSpec } from 'vega-lite/types_unstable/spec/index.js'
import type { MemorySpace } from '../../../sim/documents/index.ts'
import { exactSize, plural, sizeIn, sizeUnit } from '../../format.ts'
import {
  axisStart,
  CUT_AXIS,
  failures,
  preempts,
  ranOut,
  type Space,
  spaceSubject,
  spaceText,
} from '../../tables/memory-spaces.ts'
import {
  dodge,
  frame,
  type Layer,
  labels,
  largest,
  narrow,
  pixel,
  plotWidth,
  type ReportInput,
  WIDE,
} from '../frame.ts'
import { textWidth } from '../text-width.ts'
import { LABEL_SIZE, LIGHT } from '../theme.ts'

type Side = Space['sides'][number]

/** A limit above this many times the reserved memory is stated, not drawn. */
const FAR = 3
/** Reserved memory counts as wasted above this share of it. */
const WASTE = 0.1

/** Memory requested, in use and reserved over time, below the limit; one panel for each side. */
export function memoryCurve(input: ReportInput, space: Space, width = WIDE): TopLevelSpec {
  const { sides } = space
  const small = narrow(width)
  const columns = small ? 1 : sides.length
  const gap = 24
  const room = textWidth('asked for', LABEL_SIZE)
  const wide = (plotWidth(width, room) - (columns - 1) * (gap + 52 + room)) / columns
  const most = Math.max(...sides.map(({ space: drawn }) => mostOf(drawn)))
  const low = Math.min(...sides.map(({ space: drawn }) => axisStart(weightsLevel(drawn), most)))
  const top = most + 0.1 * (most - low)
  const plot = { wide, height: small ? 180 : 220, domain: [low, top], unit: sizeUnit(top) } as const
  return {
    ...frame(finding(space), subtitle(input, space, plot.domain), width),
    columns,
    spacing: gap,
    concat: sides.map((side, i) => panel(side, plot, { named: sides.length > 1, i, columns })),
  }
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

function panel(
  { world, space }: Side,
  plot: Plot,
  { named, i, columns }: { named: boolean; i: number; columns: number },
): NonNormalizedSpec {
  const { wide, height, domain } = plot
  const { limit_mib: limit } = space
  return {
    ...(named && {
      title: { text: world.name, color: world.color, fontSize: 12, offset: 6, frame: 'group' },
    }),
    width: wide,
    height,
    layer: [
      ...bands(world.color, space, plot, i % columns === 0),
      ...(limit !== null && limit < domain[1] ? limitLine(limit, plot) : []),
      ...labels(endLabels(world.color, space, plot), { align: 'left', dx: 6 }),
    ],
  }
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
  const x = {
    field: 'x',
    type: 'quantitative' as const,
    scale: { domain: [0, Math.max(1, held_mib.length) * bucket_s], nice: false },
    axis: { title: 'time since the start (s)', tickCount: 5, grid: false },
  }
  const y = (field: string) => ({
    field,
    type: 'quantitative' as const,
    scale: { domain: domain.map((mib) => mib * unit.factor), nice: false, zero: false },
    axis: { title: first ? `memory (${unit.name})` : null, tickCount: 5, format: ',~f' },
  })
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

function limitLine(limit: number, { height, domain }: Plot): Layer[] {
  const y = pixel(limit, domain, height)
  const text = `limit ${exactSize(limit)}`
  return [
    {
      data: { values: [{}] },
      mark: { type: 'rule', color: LIGHT.limit, strokeDash: [5, 3], strokeWidth: 1.2 },
      encoding: { y: { value: y }, x: { value: 0 }, x2: { value: 'width' } },
    },
    ...labels([{ x: 6, y: y - 9, text, color: LIGHT.limit }], { align: 'left' }),
  ]
}

function endLabels(color: string, space: MemorySpace, { wide, height, domain }: Plot) {
  const { held_mib, in_use_mib, requested_mib } = space.series
  const base = weightsLevel(space)
  const end = (values: readonly number[]) => pixel(values.at(-1) ?? 0, domain, height)
  const [held, used, asked] = [end(held_mib), end(in_use_mib), end(requested_mib)]
  const named = [
    { text: 'held', color, at: held },
    { text: 'in use', color, at: Math.max(used, held) },
    { text: 'asked for', color: LIGHT.ink, at: asked },
    ...(base > 0
      ? [
          {
            text: 'weights',
            color: LIGHT.weights,
            at: pixel((base + domain[0]) / 2, domain, height),
          },
        ]
      : []),
  ]
  const heights = named.map(({ at }) => at)
  const ys = dodge(heights, 15, 4, height - 4)
  return named.map(({ text, color: fill }, i) => ({ text, color: fill, x: wide, y: ys[i]! }))
}

function subtitle(input: ReportInput, space: Space, [low, top]: readonly [number, number]): string {
  const { space: first, world } = space.sides[0]!
  const { limit_mib: limit, shared, name } = first
  const replicas = world.result.pools.find((pool) => pool.name === name)?.replicas ?? 1
  const texts = [
    spaceSubject(input, space),
    spaceText(first),
    'the most in each interval, mean of runs',
    ...(shared || replicas < 2 ? [] : [`drawn: the first of ${plural(replicas, 'replica')}`]),
    ...(low > 0 ? [CUT_AXIS] : []),
    ...(limit !== null && limit >= top ? [`limit ${exactSize(limit)}, above the picture`] : []),
  ]
  return texts.join(' · ')
}

/** States that memory ran out, is reserved in vain, or how near its peak was to the limit. */
function finding({ sides }: Space): string {
  const several = sides.length > 1
  const worst = largest(sides, ({ space }) => failures(space) + space.remedies.failed)
  const out = worst && ranOut(worst.space, worst.world.result.runs)
  if (worst && out) {
    const what = preempts(worst.space)
      ? 'Sequences lost their places for want of blocks'
      : 'Memory ran out'
    return `${what} ${out}${several ? ` (${worst.world.name})` : ''}`
  }
  const told = sides.flatMap(({ world, space }) => {
    const { peak_held_mib: held, peak_requested_mib: asked } = space
    return held.value === null || asked.value === null
      ? []
      : [{ name: world.name, held: held.value, asked: asked.value, limit: space.limit_mib }]
  })
  const main = told.at(-1)
  if (!main) return 'No memory was recorded'
  const unit = sizeUnit(main.limit ?? main.held)
  const say = (mib: number) => sizeIn(unit, mib)
  const limit = main.limit === null ? '' : ` of ${round(say(main.limit), main.limit * unit.factor)}`
  const reached =
    told.length > 1
      ? told.map(
          ({ name, held }, i) => `${say(held)}${i === 0 ? `${limit} ${unit.name}` : ''} ${name}`,
        )
      : [`${say(main.held)}${limit} ${unit.name}`]
  const asked = Math.max(...told.map((side) => side.asked))
  if (main.held - main.asked > WASTE * main.held) {
    return `Held memory reaches ${reached.join(', ')}, though at most ${say(asked)} is asked for`
  }
  return `Memory peaks at ${reached.join(', ')}`
}

/** "24" for "24.0", if that is equally exact. */
function round(text: string, value: number): string {
  return Number.isInteger(value) ? text.replace(/\.0+$/, '') : text
}
