import type { HeadroomChart } from '../../reports/charts/latency/headroom.ts'
import type { PaddingChart, PaddingCurve } from '../../reports/charts/load/padding.ts'
import { count, fixed } from '../../reports/format.ts'
import { markdownTable } from '../markdown-table.ts'
import { type Headroom, OBJECTIVE, WINDOW_S, WINDOWS } from './headroom.ts'
import { BATCHES, type Padding } from './padding.ts'

export const HEADROOM_IMAGE = 'articles-headroom.png'
export const PADDING_IMAGE = 'articles-padding.png'

const share = (value: number | null) => (value === null ? '–' : `${fixed(100 * value, 0)} %`)

export function headroomSection(found: readonly Headroom[]): string {
  const rows = found.map(({ trace, requests, headroom: { value, low, high } }) => [
    `Azure ${trace}`,
    count(requests),
    `${share(value)} [${share(low)}, ${share(high)}]`,
    `${fixed(1 / (1 - value), 1)} times the mean rate`,
  ])
  return `## Idle headroom: Azure code against Azure conversations

How much of a pool must be idle so that p99 stays below ${OBJECTIVE.limitMs / 1000} s? Four replicas, 0.4 s for every request, so that only the arrivals differ:
the code trace has an index of dispersion of 13 at 1 s, conversations 1.4. The load is set by stretching the trace in time. A
bisection over load finds the highest load at which p99 over all requests meets that limit. ${WINDOWS} windows of ${WINDOW_S} s are the replications, each at the same
mean load, so changes over the hour do not count. Interval: 95 %, jackknife over windows. 88 requests of the code trace are
beyond p99.

![p99 by load of both traces](../images/${HEADROOM_IMAGE})

${markdownTable(['traffic', 'requests', 'idle headroom', 'capacity needed'], rows)}

Three quarters of all seconds of the code trace are empty, and 1 % of them have 11 times the mean or more. Over 10 s its counts are more dispersed
still (72), so a queue of 2 s hardly helps, and a pool for the bursts is nearly always idle. Scenarios: \`azure-headroom-code.yaml\` and
\`azure-headroom-conv.yaml\`, at load 0.5.`
}

export function headroomChartOf(found: readonly Headroom[]): HeadroomChart {
  const curves = found.map(({ trace, curve, headroom: { value } }) => ({
    name: trace,
    points: curve,
    headroom: value,
  }))
  return {
    percentile: 'p99',
    limitMs: OBJECTIVE.limitMs,
    subtitle: [
      'Azure LLM traces of 2023, code and conversations',
      'four replicas, 0.4 s a request',
      `simulated, p99 over ${WINDOWS} windows of ${WINDOW_S} s at equal mean load`,
      'dot: where the objective is met',
    ].join(' · '),
    curves: curves.sort((a, b) => a.headroom - b.headroom),
  }
}

export function paddingSection(found: readonly Padding[]): string {
  const rows = found.map(({ trace, batch, quoted, inOrder, fixed: simulated, greedy }) => [
    `Azure ${trace}, ${batch}`,
    fixed(quoted, 2),
    fixed(inOrder, 3),
    fixed(simulated, 3),
    `${fixed(greedy.useful, 2)}, mean batch ${fixed(greedy.batchMean, 2)}`,
  ])
  return `## Padding efficiency on real lengths

Padding efficiency is tokens of requests over tokens computed, where every request is padded to the longest of its batch. The table compares
simulated batches of fixed size in the order of arrival with the figures quoted for these traces, and with the rows of the trace themselves
(\`spillway trace inspect\`). Greedy batches, at the trace's own rate on four replicas, are small and waste less.

![Padding efficiency by the variability of lengths](../images/${PADDING_IMAGE})

${markdownTable(['traffic, batch', 'quoted', 'rows in order', 'simulated', 'greedy'], rows)}

Scenarios: \`azure-padding-code.yaml\` and \`azure-padding-conv.yaml\`.`
}

/** The chart: drawn lengths as lines, the traces as dots. */
export function paddingChartOf(
  found: readonly Padding[],
  drawn: ReadonlyMap<number, PaddingCurve['points']>,
): PaddingChart {
  const curves = BATCHES.map((batch) => ({
    batch,
    points: drawn.get(batch)!,
    traces: found
      .filter((entry) => entry.batch === batch)
      .map(({ trace, cv, fixed: useful }) => ({ name: trace, cv, useful })),
  }))
  const ranges = curves.map(({ batch, traces }) => {
    const shares = traces.map(({ useful }) => Math.round(100 * useful)).sort((a, b) => a - b)
    return `${shares[0]} to ${shares.at(-1)} % in batches of ${batch}`
  })
  return {
    title: `Azure's prompts: ${ranges.join(' and ')} are not padding`,
    subtitle: [
      'batches in the order of arrival, padded to the longest',
      'lines: lognormal lengths, simulated',
      'dots: lengths of the Azure LLM traces, simulated',
    ].join(' · '),
    curves,
  }
}
