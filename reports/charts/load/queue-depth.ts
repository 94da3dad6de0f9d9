import { mean } from 'simple-statistics'
import type { TopLevelSpec } from 'vega-lite'
import { count, fixed } from '../../format.ts'
import { largest, type Sides, subject } from '../frame.ts'
import { type Line, timeChart, untilTheEnd } from './over-time.ts'

/** Waiting requests over time: the mean of each interval, and its maximum as a thin line. */
export function queueDepth(sides: Sides, width: number): TopLevelSpec {
  const lines = sides.flatMap(({ name, color, result }): Line[] => [
    { name, color, values: result.series.queue_max, thickness: 0.9, label: false },
    { name, color, values: result.series.queue_mean },
  ])
  return timeChart({
    title: finding(sides),
    subtitle: `${subject(sides)} · thick: mean of each interval, thin: its longest queue${untilTheEnd(sides)}`,
    width,
    bucketS: sides[0].result.series.bucket_s,
    yTitle: 'requests waiting',
    cover: [0, 1],
    lines,
  })
}

function finding(sides: Sides): string {
  const peaks = sides.flatMap(({ name, result }) => {
    const { queue_mean, queue_max, bucket_s } = result.series
    const at = largest([...queue_mean.keys()], (i) => queue_mean[i]!)
    if (at === undefined) return []
    const peak = queue_mean[at]!
    return [
      {
        name,
        peak,
        middle: mean(queue_mean),
        at: at * bucket_s,
        longest: Math.max(0, ...queue_max),
      },
    ]
  })
  const main = peaks.at(-1)
  if (!main) return 'No queue was recorded'
  const compared = peaks.length > 1 ? peaks[0] : undefined
  if (Math.max(...peaks.map(({ peak }) => peak)) < 1) {
    const longest = Math.max(...peaks.map((peak) => peak.longest))
    return `Hardly any queue: fewer than one request waits on average, at most ${count(Math.ceil(longest))}`
  }
  const rounded = (n: number) => fixed(n, n < 10 ? 1 : 0)
  const against = compared
    ? ` (${compared.name}: ${rounded(compared.peak)} at ${count(compared.at)} s)`
    : ''
  const shape = main.peak > 3 * main.middle ? 'surged to' : 'peaked at'
  return `The ${main.name} queue ${shape} ${rounded(main.peak)} requests at ${count(main.at)} s${against}`
}
