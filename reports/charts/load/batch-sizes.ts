import type { TopLevelSpec } from 'vega-lite'
import type { NonNormalizedSpec } from 'vega-lite/types_unstable/spec/index.js'
import type { Estimate } from '../../../sim/documents/index.ts'
import { valueText } from '../../format.ts'
import {
  frame,
  keyWords,
  largest,
  narrow,
  PERCENT,
  plotWidth,
  type Sides,
  subject,
} from '../frame.ts'
import { COLOR, panelTitle } from '../plot.ts'
import { LIGHT } from '../theme.ts'

/** Share of the requests that were served in a batch of each size, for each pool. */
export function batchSizes(sides: Sides, width: number): TopLevelSpec {
  const names = sides[0].result.pools.map(({ name }) => name)
  const panel = (pool: string, i: number): NonNormalizedSpec => ({
    ...(names.length > 1 && { title: panelTitle(pool, LIGHT.ink, 8) }),
    width: plotWidth(width),
    height: 180,
    layer: [bars(sides, pool, narrow(width)), ...(i === 0 ? keyWords(sides, width) : [])],
  })
  const subtitle = `${subject(sides)} · share of requests by the size of their batch`
  return {
    ...frame(finding(sides, names), subtitle, width),
    spacing: 24,
    vconcat: names.map(panel),
  }
}

function bars(sides: Sides, pool: string, small: boolean) {
  const values = sides.flatMap(({ name, color, result }) =>
    shares(result.pools.find((candidate) => candidate.name === pool)?.batch_sizes ?? []).map(
      (share, i) => ({ size: i + 1, share, world: name, color }),
    ),
  )
  const sizes = Math.max(1, ...values.filter(({ share }) => share > 0).map(({ size }) => size))
  const every = Math.ceil(sizes / (small ? 10 : 32))
  return {
    data: { values: values.filter(({ size }) => size <= sizes) },
    mark: { type: 'bar' as const },
    encoding: {
      x: {
        field: 'size',
        type: 'ordinal' as const,
        scale: { paddingInner: 0.25, paddingOuter: 0.1 },
        axis: {
          title: 'batch size (requests)',
          labelAngle: 0,
          labelExpr: `datum.value % ${every} === 0 || datum.value === 1 ? datum.label : ''`,
        },
      },
      xOffset: {
        field: 'world',
        type: 'nominal' as const,
        sort: sides.map(({ name }) => name),
      },
      y: {
        field: 'share',
        type: 'quantitative' as const,
        axis: { title: 'share of requests', tickCount: 4, labelExpr: PERCENT },
      },
      color: COLOR,
    },
  }
}

/** Batches of size 1, 2, … as shares of the requests in them. */
function shares(batches: readonly number[]): number[] {
  const requests = batches.map((n, i) => n * (i + 1))
  const total = requests.reduce((sum, n) => sum + n, 0)
  return total === 0 ? [] : requests.map((n) => n / total)
}

/**
 * The finding for the pool in which the sides differ most; for one side, for its first pool. It
 * claims a difference only where the intervals are apart, and likeness where they are close.
 */
function finding(sides: Sides, names: readonly string[]): string {
  const byPool = names.map((pool) => ({ pool, means: meansOf(sides, pool) }))
  const apart = ({ means: [first, second] }: (typeof byPool)[number]) =>
    first && second ? second.value / first.value - 1 : 0
  const main = largest(byPool, (pool) => Math.abs(apart(pool)))
  const [first, second] = main?.means ?? []
  if (!main || !first) return 'No batches were recorded'
  const where = names.length > 1 ? ` in ${main.pool}` : ''
  const firstMean = valueText(first.mean, 'plain')
  if (!second) {
    const noun = firstMean === '1' ? 'request' : 'requests'
    return `A batch holds ${firstMean} ${noun} on average${where}`
  }
  const secondMean = valueText(second.mean, 'plain')
  const [lower, upper] = [rangeOf(first), rangeOf(second)]
  if (Math.max(lower.high, upper.high) < 1.05 * Math.min(lower.low, upper.low)) {
    return `Batches are alike${where}: ${firstMean} requests on average ${first.name}, ${secondMean} ${second.name}`
  }
  if (lower.high < upper.low || upper.high < lower.low) {
    const size = second.value > first.value ? 'larger' : 'smaller'
    return `Measured batches are ${size}${where}: ${secondMean} requests on average against ${firstMean}`
  }
  return `A batch holds ${firstMean} requests on average ${first.name} and ${secondMean} ${second.name}${where}`
}

/** The interval of a mean; a single run has the value alone. */
const rangeOf = ({ value, mean }: { readonly value: number; readonly mean: Estimate }) => ({
  low: mean.low ?? value,
  high: mean.high ?? value,
})

function meansOf(sides: Sides, name: string) {
  return sides.flatMap(({ name: world, result }) => {
    const mean = result.pools.find((pool) => pool.name === name)?.batch_mean
    return mean && mean.value !== null ? [{ name: world, mean, value: mean.value }] : []
  })
}
