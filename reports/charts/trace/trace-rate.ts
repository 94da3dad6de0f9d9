import type { TopLevelSpec } from 'vega-lite'
import type { TraceStatistics } from '../../../sim/traffic/index.ts'
import { count, figure } from '../../format.ts'
import { timeChart } from '../load/over-time.ts'
import { LIGHT } from '../theme.ts'

/** Arrivals per second over the time of a trace, with their mean. */
export function traceRate(trace: TraceStatistics, width: number): TopLevelSpec {
  const { rps, bin_s } = trace.rate
  const most = Math.max(0, ...rps)
  return timeChart({
    title: finding(most / trace.mean_rps, bin_s),
    subtitle: `${count(trace.rows)} requests · rate in bins of ${figure(bin_s)} s`,
    width,
    bucketS: bin_s,
    yTitle: 'requests/s',
    cover: [0, 1.05 * most],
    lines: [{ name: 'arrived', color: LIGHT.measured, values: rps, thickness: 1.5, label: false }],
    level: { y: trace.mean_rps, name: 'mean', color: LIGHT.muted },
  })
}

function finding(peak: number, binS: number): string {
  const most = `The busiest ${figure(binS)} s bring ${figure(peak)} times the mean rate`
  return peak < 1.3 ? `The rate is steady: ${most[0]!.toLowerCase()}${most.slice(1)}` : most
}
