import type { TopLevelSpec } from 'vega-lite'
import type { NonNormalizedSpec } from 'vega-lite/types_unstable/spec/index.js'
import type { PoolResult, Result } from '../../../sim/documents/index.ts'
import { percent, valueText } from '../../format.ts'
import {
  frame,
  keyWords,
  largest,
  narrow,
  plotWidth,
  type Sides,
  subject,
  type World,
  word,
} from '../frame.ts'
import { COLOR, labels, linear, panelTitle } from '../plot.ts'
import { textWidth } from '../text-width.ts'
import { LIGHT } from '../theme.ts'

/** The parts of a latency in the order in which a request passes them. */
export const PARTS = [
  { key: 'lag', name: 'send delay', color: LIGHT.sendDelay },
  { key: 'queue', name: 'queue', color: LIGHT.queue },
  { key: 'batch_wait', name: 'batch wait', color: LIGHT.batchWait },
  { key: 'service', name: 'service', color: LIGHT.service },
  { key: 'overhead', name: 'overhead', color: LIGHT.overhead },
] as const

const NETWORK = { key: 'network', name: 'network', color: LIGHT.weights } as const

/** The parts that a result has: requests and answers take a network only where there are places. */
export function partsOf({
  pools,
}: Pick<Result, 'pools'>): readonly (typeof NETWORK | (typeof PARTS)[number])[] {
  return pools.some(({ parts }) => parts.network !== undefined) ? [...PARTS, NETWORK] : PARTS
}

const NAMES = 14

/** Mean latency stacked from its parts, and below it the median and p99 of each part. */
export function whereTimeWent(sides: Sides, width: number): TopLevelSpec {
  const served = (name: string) =>
    sides.some((side) => (poolOf(side, name)?.counts.served ?? 0) > 0)
  // a pool that only receives KV transfers serves no request from clients
  const pools = sides[0].result.pools.map(({ name }) => name).filter(served)
  const wide = plotWidth(width) - NAMES
  const panels = pools.flatMap((pool, i): NonNormalizedSpec[] => {
    const title = pools.length > 1 ? `${pool}: ` : ''
    return [
      stack(sides, pool, wide, i === 0 ? width : null, title),
      spread(sides, pool, wide, width, title),
    ]
  })
  const subtitle = `${subject(sides)} · percentiles of the parts do not add up to those of the whole`
  return {
    ...frame(finding(sides), subtitle, width),
    spacing: 30,
    resolve: { scale: { x: 'independent' } },
    vconcat: panels,
  }
}

function poolOf({ result }: World, name: string): PoolResult | undefined {
  return result.pools.find((pool) => pool.name === name)
}

/** One bar for each side: the means add up to the mean latency. */
function stack(
  sides: Sides,
  name: string,
  width: number,
  keyed: number | null,
  title: string,
): NonNormalizedSpec {
  const row = 30
  const bars = sides.map((world) => {
    const pool = poolOf(world, name)
    let from = 0
    const segments = partsOf(world.result).map(({ key, color }) => {
      const mean = pool?.parts[key]?.mean
      const value = mean?.value ?? 0
      from += value
      const text = mean ? valueText(mean, 'time') : ''
      return { world: world.name, from: from - value, to: from, value, text, color }
    })
    return { segments, total: from, text: pool ? valueText(pool.latency.mean, 'time') : '' }
  })
  const most = Math.max(...bars.map(({ total }) => total)) || 1
  const room = 64
  const scaled = (ms: number) => (ms / most) * (width - room)
  const numbers = bars.flatMap(({ segments, total, text }, i) => {
    const y = row * (i + 0.5)
    const inside = segments
      .filter((segment) => textWidth(segment.text, 12) + 8 < scaled(segment.value))
      .map((segment) => ({ x: scaled(segment.from + segment.value / 2), y, text: segment.text }))
    return { inside, end: { x: scaled(total) + 6, y, text, color: LIGHT.ink } }
  })
  const inside = numbers.flatMap((bar) => bar.inside)
  return {
    title: panelTitle(`${title}mean`, LIGHT.ink),
    width,
    height: row * bars.length,
    layer: [
      {
        data: { values: bars.flatMap(({ segments }) => segments) },
        mark: { type: 'bar', height: 22, stroke: LIGHT.paper, strokeWidth: 1 },
        encoding: {
          y: nominal('world', sides),
          x: linear('from', [0, (most * width) / (width - room)], null),
          x2: { field: 'to' },
          color: COLOR,
        },
      },
      ...inside.map(({ x, y, text }) => word(text, x, y, { color: LIGHT.paper })),
      ...labels(
        numbers.map(({ end }) => end),
        { align: 'left', bold: true },
      ),
      ...(keyed === null ? [] : keyWords(PARTS, keyed)),
    ],
  }
}

/** A channel of names in the order of the data. */
function nominal(field: string, named: readonly { readonly name: string }[]) {
  const sort = named.map(({ name }) => name)
  return { field, type: 'nominal' as const, sort, axis: { title: null, grid: false } }
}

/** For each part and side a line from the median (filled dot) to p99 (open dot). */
function spread(
  sides: Sides,
  name: string,
  width: number,
  total: number,
  title: string,
): NonNormalizedSpec {
  const parts = partsOf(sides[0].result)
  const values = sides.flatMap((side) =>
    parts.flatMap((part) => {
      const { p50, p99 } = poolOf(side, name)?.parts[part.key]?.percentiles ?? {}
      if (!p50 || p50.value === null) return []
      const at = { part: part.name, world: side.name, color: side.color }
      return [{ ...at, p50: p50.value, p99: p99?.value ?? null }]
    }),
  )
  const y = nominal('part', parts)
  const yOffset = {
    field: 'world',
    type: 'nominal' as const,
    sort: sides.map((side) => side.name),
    scale: { paddingOuter: 0.6 },
  }
  const x = {
    field: 'p50',
    type: 'quantitative' as const,
    scale: { zero: true },
    axis: { title: 'time in the part (ms)', tickCount: narrow(total) ? 4 : 8 },
  }
  const both = values.filter(({ p99 }) => p99 !== null)
  const dot = { type: 'point' as const, size: 44, opacity: 1, strokeWidth: 1.6 }
  return {
    title: panelTitle(`${title}median (●)${both.length > 0 ? ' and p99 (○)' : ''}`, LIGHT.ink),
    width,
    height: 36 * parts.length,
    layer: [
      {
        data: { values: both },
        mark: { type: 'rule', strokeWidth: 2 },
        encoding: { x, x2: { field: 'p99' }, y, yOffset, color: COLOR },
      },
      {
        data: { values: both },
        mark: { ...dot, fill: LIGHT.paper },
        encoding: { x: { ...x, field: 'p99' }, y, yOffset, stroke: COLOR },
      },
      {
        data: { values },
        mark: { ...dot, filled: true },
        encoding: { x, y, yOffset, color: COLOR },
      },
      ...keyWords(sides, total),
    ],
  }
}

/** The part with the largest share of the mean, on each side. */
function finding(sides: Sides): string {
  const largestParts = sides.flatMap(({ name, result }) => {
    const sums = partsOf(result).map(({ key, name: part }) => ({
      part,
      value: result.pools.reduce(
        (sum, pool) => sum + (pool.parts[key]?.mean.value ?? 0) * pool.counts.served,
        0,
      ),
    }))
    const total = sums.reduce((sum, { value }) => sum + value, 0)
    const most = largest(sums, ({ value }) => value)
    return most && total > 0 ? [{ name, part: most.part, share: percent(most.value / total) }] : []
  })
  const [first, ...others] = largestParts
  if (!first) return 'No times were recorded'
  const alike = others.every(({ part }) => part === first.part)
  const texts = largestParts.map(({ name, part, share }) =>
    alike ? `${share} ${name}` : `${part} ${name} (${share})`,
  )
  return `The largest part of the mean latency is ${alike ? `${first.part}: ` : ''}${texts.join(', ')}`
}
