import { PERCENTILES, type Percentile, percentileLabel } from '../../stats/index.ts'
import type { Theory, TheoryFigure } from './theory-judge.ts'

/** Estimates of figures from replications; times in ms, of the first class by default. */

export function meanWait(theory: Theory, of = 0): TheoryFigure {
  const name = of === 0 ? 'mean wait' : `mean wait, class ${of + 1}`
  return { name, theory, of: ({ summary }) => summary.classes[of]!.parts.queue.mean }
}

export function meanSojourn(theory: Theory, of = 0): TheoryFigure {
  return {
    name: of === 0 ? 'mean sojourn' : `mean sojourn, class ${of + 1}`,
    theory,
    of: ({ summary }) => summary.classes[of]!.latency.mean,
  }
}

export function waitPercentile(p: Percentile, theory: number): TheoryFigure {
  return {
    name: `${percentileLabel(p)} of the wait`,
    theory,
    of: ({ summary }) => summary.classes[0]!.parts.queue.percentiles[PERCENTILES.indexOf(p)]!,
  }
}

export function sojournPercentile(p: Percentile, theory: number): TheoryFigure {
  return {
    name: `${percentileLabel(p)} of the sojourn`,
    theory,
    of: ({ summary }) => summary.classes[0]!.latency.percentiles[PERCENTILES.indexOf(p)]!,
  }
}

/** Share of arrivals that wait. */
export function waitShare(theory: number): TheoryFigure {
  return {
    name: 'P(wait)',
    theory,
    of: ({ summary, waited }) => waited / summary.classes[0]!.counts.arrived,
  }
}

/** Share of arrivals that are not served. */
export function blocking(theory: number, of = 0): TheoryFigure {
  return {
    name: of === 0 ? 'blocking' : `blocking, class ${of + 1}`,
    theory,
    of: ({ summary }) => {
      const { served, arrived } = summary.classes[of]!.counts
      return 1 - served / arrived
    },
  }
}

/** Mean over batches, each counted once. */
export function meanBatch(theory: number): TheoryFigure {
  return {
    name: 'mean batch',
    theory,
    of: ({ summary }) => {
      const sizes = summary.batchSizes[0]!
      const batches = sizes.reduce((sum, count) => sum + count, 0)
      return sizes.reduce((sum, count, i) => sum + count * (i + 1), 0) / batches
    },
  }
}

export function meanBatchWait(theory: number): TheoryFigure {
  return {
    name: 'mean batch wait',
    theory,
    of: ({ summary }) => summary.classes[0]!.parts.batch_wait.mean,
  }
}

/** Share of time in which the only server is busy. */
export function utilisation(theory: number): TheoryFigure {
  return {
    name: 'utilisation',
    theory,
    of: ({ summary }) => summary.busyMs[0]! / summary.observedMs,
  }
}

/** Requests served per ms, from the end of the warm-up to the end of the arrivals. */
export function throughput(theory: number, countedMs: number): TheoryFigure {
  return {
    name: 'throughput',
    theory,
    of: ({ summary }) => summary.classes[0]!.counts.served / countedMs,
  }
}

/** Mean duration of calls, until the last part of each is done. */
export function meanCall(theory: Theory): TheoryFigure {
  return {
    name: 'mean latency of a call',
    theory,
    of: ({ summary }) => summary.calls[0]!.latency.mean,
  }
}

export function callPercentile(p: Percentile, theory: number): TheoryFigure {
  return {
    name: `${percentileLabel(p)} of a call`,
    theory,
    of: ({ summary }) => summary.calls[0]!.latency.percentiles[PERCENTILES.indexOf(p)]!,
  }
}
