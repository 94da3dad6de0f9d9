import type { TopLevelSpec } from 'vega-lite'
import type { Sweep } from '../../../sim/documents/index.ts'
import { WIDE } from '../frame.ts'
import { sweepFront } from './sweep-front.ts'
import { sweepHeat } from './sweep-heat.ts'
import { sweepLines } from './sweep-lines.ts'
import { sweepThroughput } from './sweep-throughput.ts'

const CHARTS = {
  'sweep-heat': sweepHeat,
  'sweep-lines': sweepLines,
  'sweep-throughput': sweepThroughput,
  'sweep-front': sweepFront,
} as const satisfies Record<string, (sweep: Sweep, width: number) => TopLevelSpec | null>

/** Every chart that a sweep has data for, in the order of the page. */
export function sweepCharts(sweep: Sweep, width = WIDE) {
  return Object.entries(CHARTS).flatMap(([name, chart]) => {
    const spec = chart(sweep, width)
    return spec === null ? [] : [{ name, spec }]
  })
}
