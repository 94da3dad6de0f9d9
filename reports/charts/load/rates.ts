import type { TopLevelSpec } from 'vega-lite'
import { count, fixed, percent } from '../../format.ts'
import { largest, type Sides, subject, type World } from '../frame.ts'
import { LIGHT } from '../theme.ts'
import { type Line, timeChart } from './over-time.ts'

/** Requests that arrived and were served per second, with the capacity if it is close. */
export function rates(sides: Sides, width: number): TopLevelSpec {
  const main = sides.at(-1)!
  const arrived = main.result.series.arrived_rps
  const lines: Line[] = [
    { name: 'arrived', color: LIGHT.muted, values: arrived, thickness: 1.5 },
    ...sides.map(({ name, color, result }) => ({ name, color, values: result.series.served_rps })),
  ]
  const capacity = totalCapacity(main)
  const near = capacity !== null && capacity < 1.6 * Math.max(0, ...arrived)
  return timeChart({
    title: finding(main),
    subtitle: `${subject(sides)} · served per second; arrived: grey`,
    width,
    bucketS: main.result.series.bucket_s,
    yTitle: 'requests/s',
    cover: [0, 1],
    lines,
    ...(near && { level: { y: capacity, name: 'capacity', color: LIGHT.limit } }),
  })
}

function totalCapacity({ result: { pools } }: World): number | null {
  let sum = 0
  let most = Number.POSITIVE_INFINITY
  for (const { capacity_rps, counts } of pools) {
    if (capacity_rps === null) return null
    // all requests pass through a pool that receives only KV transfers
    if (counts.arrived === 0 && pools.length > 1) most = Math.min(most, capacity_rps)
    else sum += capacity_rps
  }
  return Math.min(sum, most)
}

function finding({ name, result: { classes, series } }: World): string {
  const sum = (key: 'arrived' | 'served' | 'in_flight') =>
    classes.reduce((n, c) => n + c.counts[key], 0)
  const lost = sum('arrived') > 0 ? 1 - (sum('served') + sum('in_flight')) / sum('arrived') : 0
  if (lost > 0.001)
    return `${percent(lost)} of the requests were not served in time or at all (${name})`
  let behind = 0
  const backlog = series.arrived_rps.map((arrived, i) => {
    behind = Math.max(0, behind + (arrived - (series.served_rps[i] ?? 0)) * series.bucket_s)
    return behind
  })
  const at = largest([...backlog.keys()], (i) => backlog[i]!)
  const mean = series.arrived_rps.reduce((a, b) => a + b, 0) / Math.max(1, backlog.length)
  if (at !== undefined && backlog[at]! > mean) {
    const since = count(Math.round((at + 1) * series.bucket_s))
    return `Serving fell behind by up to ${count(Math.round(backlog[at]!))} requests, at ${since} s (${name})`
  }
  return `Serving kept up with arrivals: ${fixed(mean, mean < 10 ? 1 : 0)} requests/s on average`
}
