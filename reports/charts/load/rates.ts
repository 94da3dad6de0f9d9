import type { TopLevelSpec } from 'vega-lite'
import { count, fixed, percent } from '../../format.ts'
import { lostShare } from '../../tables/lost.ts'
import { largest, type Sides, subject, type World } from '../frame.ts'
import { LIGHT } from '../theme.ts'
import { type Line, timeChart, untilTheEnd } from './over-time.ts'

/** Requests that arrived and were served per second, with the capacity if it is close. */
export function rates(sides: Sides, width: number): TopLevelSpec {
  const main = sides.at(-1)!
  const arrived = main.result.series.arrived_rps
  const lines: Line[] = [
    { name: 'arrived', color: LIGHT.muted, values: arrived, thickness: 1.5 },
    ...sides.map(({ name, color, result }) => ({ name, color, values: result.series.served_rps })),
  ]
  if (main.result.series.wasted_rps.some((rate) => rate > 0)) {
    const values = main.result.series.wasted_rps
    lines.push({ name: 'in vain', color: LIGHT.muted, values, thickness: 1 })
  }
  const { good_rps: good, served_rps: served } = main.result.series
  // drawn where not all that is served is within its limits
  const late = good?.some((rate, i) => served[i]! - rate > 0.02 * arrived[i]!) ?? false
  if (good !== undefined && late) {
    lines.push({ name: 'goodput', color: LIGHT.prediction, values: good, thickness: 1.5 })
  }
  const capacity = totalCapacity(main)
  const near = capacity !== null && capacity < 1.6 * Math.max(0, ...arrived)
  return timeChart({
    title: finding(sides),
    subtitle: `${subject(sides)} · served per second; arrived: grey${untilTheEnd(sides)}`,
    width,
    bucketS: main.result.series.bucket_s,
    yTitle: 'requests/s',
    cover: [0, 1],
    lines,
    ...(near && { level: { y: capacity, name: 'capacity', color: LIGHT.limit } }),
  })
}

/** Of several pools it is no sum: what the router does decides, and the load has it. */
function totalCapacity({ result }: World): number | null {
  const { pools, classes, load, runs, duration_s, warmup_s } = result
  if (pools.length === 1) return pools[0]!.capacity_rps
  const arrived = classes.reduce((sum, { counts }) => sum + counts.arrived, 0)
  if (load === null || arrived === 0) return null
  return arrived / (runs * (duration_s - warmup_s) * load)
}

/** Losses of any side before a backlog of any side, and that before success on all. */
function finding(sides: Sides): string {
  const flows = sides.map(flowOf)
  const losing = largest(flows, ({ lost }) => lost)!
  if (losing.lost > 0.001) {
    const others = flows.filter((side) => side !== losing)
    const also = others.map(({ name, lost }) => `; ${name}: ${percent(lost)}`).join('')
    return `${percent(losing.lost)} of the requests were not served in time or at all (${losing.name}${also})`
  }
  const behind = largest(flows, ({ backlog }) => backlog?.most ?? 0)!
  if (behind.backlog !== null) {
    const others = flows.filter((side) => side !== behind)
    const also = others.map(({ name, backlog }) => `; ${name}: ${backlogText(backlog)}`).join('')
    return `Serving fell behind by up to ${backlogText(behind.backlog)} (${behind.name}${also})`
  }
  const mean = flows.at(-1)!.arrivedRps
  const names = flows.map(({ name }) => name).join(' and ')
  return `Serving kept up with arrivals (${names}): ${fixed(mean, mean < 10 ? 1 : 0)} requests/s on average`
}

interface Backlog {
  /** requests, and the time at which they were so many, s */
  readonly most: number
  readonly at: number
}

const backlogText = (backlog: Backlog | null) =>
  backlog === null
    ? 'kept up'
    : `${count(Math.round(backlog.most))} requests, at ${count(Math.round(backlog.at))} s`

/** What became of the requests of one side; a backlog counts from a second of arrivals on. */
function flowOf({ name, result: { classes, series } }: World) {
  const lost = lostShare(classes.map(({ counts }) => counts))
  const { arrived_rps, served_rps, bucket_s } = series
  let behind = 0
  const backlogs = arrived_rps.map((arrived, i) => {
    behind = Math.max(0, behind + (arrived - (served_rps[i] ?? 0)) * bucket_s)
    return { most: behind, at: (i + 1) * bucket_s }
  })
  const arrivedRps = arrived_rps.reduce((a, b) => a + b, 0) / Math.max(1, arrived_rps.length)
  const worst = largest(backlogs, ({ most }) => most)
  const backlog = worst !== undefined && worst.most > arrivedRps ? worst : null
  return { name, lost, arrivedRps, backlog }
}
