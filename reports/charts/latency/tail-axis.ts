import type { TailPoint } from '../../../sim/documents/index.ts'
import { percentileName } from '../../format.ts'
import { type Channel, linear } from '../plot.ts'
import { nines } from './tail-finding.ts'

/** Curves start here: lower percentiles show no tail. */
export const FIRST = 0.2
export const TAIL_TICKS = [0.5, 0.9, 0.95, 0.99, 0.999, 0.9999]

/** The points of a tail that a log axis can show. */
export const curvePoints = (tail: readonly TailPoint[]): TailPoint[] =>
  tail.filter(({ p, value }) => p >= FIRST && p < 1 && value > 0)

/** The channel `x` of percentiles in nines: of the served requests, where some were lost. */
export function percentiles(domain: readonly [number, number], lost: boolean): Channel {
  const names = TAIL_TICKS.map(
    (p) => `datum.value < ${nines(p) + 1e-6} ? '${percentileName(p).slice(1)} %'`,
  )
  return linear('x', domain, {
    title: lost ? 'percentile of served requests' : 'percentile of requests',
    values: TAIL_TICKS.map(nines).filter((tick) => tick <= domain[1] + 1e-9),
    labelExpr: `${names.join(' : ')} : ''`,
    labelOverlap: 'greedy',
    labelSeparation: 5,
  })
}
