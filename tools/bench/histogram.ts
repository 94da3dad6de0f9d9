import { stream } from '../../sim/kernel/index.ts'
import { Histogram } from '../../sim/stats/index.ts'
import type { Figure } from './report.ts'
import { figure, millisecondsOf } from './rounds.ts'

const RECORDS = 5_000_000
const ROUNDS = 7

export function* histogramFigures(): Generator<Figure> {
  const random = stream(1, 0, 'histogram')
  const values = Float64Array.from({ length: 4096 }, () => 10 * Math.exp(random.normal()))
  const work = () => {
    const histogram = new Histogram()
    for (let i = 0; i < RECORDS; i++) histogram.record(values[i & 4095]!)
    if (histogram.count !== RECORDS) throw new Error('Expected every value to be recorded')
  }
  work()
  const times = Array.from({ length: ROUNDS }, () => (1e6 * millisecondsOf(work)) / RECORDS)
  yield figure('Histogram, lognormal durations', 'ns/record', times, { atMost: 15 })
}
