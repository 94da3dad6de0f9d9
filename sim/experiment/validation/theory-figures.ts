import { PERCENTILES, type Percentile, percentileLabel } from '../../stats/index.ts'
import type { RunSummary } from '../figures/run-summary.ts'
import type { Theory, TheoryFigure } from './theory-judge.ts'

/** Estimates of figures from replications; times in ms, of the first class by default. */

type ClassSummary = RunSummary['classes'][number]

function ofClass(
  name: string,
  theory: Theory,
  value: (cell: ClassSummary) => number,
  number = 0,
): TheoryFigure {
  return {
    name: number === 0 ? name : `${name}, class ${number + 1}`,
    theory,
    of: ({ summary }) => value(summary.classes[number]!),
  }
}

const at = (p: Percentile) => PERCENTILES.indexOf(p)

export const meanWait = (theory: Theory, number?: number) =>
  ofClass('mean wait', theory, ({ parts }) => parts.queue.mean, number)

export const meanSojourn = (theory: Theory, number?: number) =>
  ofClass('mean sojourn', theory, ({ latency }) => latency.mean, number)

/** Time from arrival to the start of service: the sojourn without the mean service of 1 ms. */
export const meanWaitWithSetUp = (theory: number) =>
  ofClass('mean wait with set-up', theory, ({ latency }) => latency.mean - 1)

export const meanBatchWait = (theory: number) =>
  ofClass('mean batch wait', theory, ({ parts }) => parts.batch_wait.mean)

export const waitPercentile = (p: Percentile, theory: number) =>
  ofClass(
    `${percentileLabel(p)} of the wait`,
    theory,
    ({ parts }) => parts.queue.percentiles[at(p)]!,
  )

export const sojournPercentile = (p: Percentile, theory: number) =>
  ofClass(
    `${percentileLabel(p)} of the sojourn`,
    theory,
    ({ latency }) => latency.percentiles[at(p)]!,
  )

/** Share of arrivals that are not served. */
export const blocking = (theory: number, number?: number) =>
  ofClass('blocking', theory, ({ counts }) => 1 - counts.served / counts.arrived, number)

/** Requests served per ms, from the end of the warm-up to the end of the arrivals. */
export const throughput = (theory: number, countedMs: number) =>
  ofClass('throughput', theory, ({ counts }) => counts.served / countedMs)

/** Share of arrivals that wait. */
export const waitShare = (theory: number): TheoryFigure => ({
  name: 'P(wait)',
  theory,
  of: ({ summary, waited }) => waited / summary.classes[0]!.counts.arrived,
})

/** Mean over batches, each counted once. */
export const meanBatch = (theory: number): TheoryFigure => ({
  name: 'mean batch',
  theory,
  of: ({ summary }) => {
    const sizes = summary.batchSizes[0]!
    const batches = sizes.reduce((sum, count) => sum + count, 0)
    return sizes.reduce((sum, count, i) => sum + count * (i + 1), 0) / batches
  },
})

/** Share of time in which the only server is busy. */
export const utilisation = (theory: number): TheoryFigure => ({
  name: 'utilisation',
  theory,
  of: ({ summary }) => summary.busyMs[0]! / summary.observedMs,
})

/** Mean duration of calls, until the last part of each is done. */
export const meanCall = (theory: Theory): TheoryFigure => ({
  name: 'mean latency of a call',
  theory,
  of: ({ summary }) => summary.calls[0]!.latency.mean,
})

export const callPercentile = (p: Percentile, theory: number): TheoryFigure => ({
  name: `${percentileLabel(p)} of a call`,
  theory,
  of: ({ summary }) => summary.calls[0]!.latency.percentiles[at(p)]!,
})
