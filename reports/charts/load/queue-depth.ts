import type { TopLevelSpec } from 'vega-lite'
import { count, fixed } from '../../format.ts'
import { largest, type ReportInput, subject, WIDE, worlds } from '../frame.ts'
import { type Line, timeChart } from './over-time.ts'

/** Waiting requests over time: the mean of each interval, and its maximum as a thin line. */
export function queueDepth(input: ReportInput, width = WIDE): TopLevelSpec {
  const present = worlds(input)
  const lines = present.flatMap(({ name, color, result }): Line[] => [
    { name, color, values: result.series.queue_max, thickness: 0.9, label: false },
    { name, color, values: result.series.queue_mean },
  ])
  return timeChart({
    title: finding(input),
    subtitle: `${subject(input)} · thick: mean of each interval, thin: its longest queue`,
    width,
    bucketS: present[0]?.result.series.bucket_s ?? 1,
    yTitle: 'requests waiting',
    cover: [0, 1],
    lines,
  })
}

function finding(input: ReportInput): string {
  const peaks = worlds(input).flatMap(({ name, result }) => {
    const { queue_mean, queue_max, bucket_s } = result.series
    const at = largest([...queue_mean.keys()], (i) => queue_mean[i]!)
    if (at === undefined) return []
    const peak = queue_mean[at]!
    const middle = queue_mean.reduce((sum, value) => sum + value, 0) / queue_mean.length
    return [{ name, peak, middle, at: at * bucket_s, longest: Math.max(0, ...queue_max) }]
  })
  const main = peaks.at(-1)
  if (!main) return 'No queue was recorded'
  const compared = peaks.length > 1 ? peaks[0] : undefined
  if (Math.max(...peaks.map(({ peak }) => peak)) < 1) {
    const longest = Math.max(...peaks.map((peak) => peak.longest))
    return `Hardly any queue: fewer than one request waits on average, at most ${count(Math.ceil(longest))}`
  }
  const told = (n: number) => fixed(n, n < 10 ? 1 : 0)
  const against = compared
    ? ` (${compared.name}: ${told(compared.peak)} at ${count(compared.at)} s)`
    : ''
  const shape = main.peak > 3 * main.middle ? 'surged to' : 'peaked at'
  return `The ${main.name} queue ${shape} ${told(main.peak)} requests at ${count(main.at)} s${against}`
}
