import {
  type PaddingChart,
  type PaddingCurve,
  paddingChart,
} from '../../reports/charts/load/padding.ts'
import { fixed } from '../../reports/format.ts'
import { heldTraces } from '../../runtime/jobs/trace-readers.ts'
import type { RunSummary } from '../../sim/experiment/index.ts'
import { normalQuantile } from '../../sim/stats/index.ts'
import { traceStatistics } from '../../sim/traffic/index.ts'
import { markdownTable } from '../markdown-table.ts'
import type { Section } from '../study.ts'
import { type OnTrace, onTrace, prepareTrace, runOf, TRACES, type Trace } from './azure.ts'

/** Batch sizes with published padding efficiencies for the same lengths. */
export const BATCHES = [8, 32] as const

/** Quoted padding efficiencies of these traces, by batch size. */
const QUOTED: Readonly<Record<Trace, Readonly<Record<(typeof BATCHES)[number], number>>>> = {
  code: { 8: 0.38, 32: 0.3 },
  conv: { 8: 0.4, 32: 0.29 },
}

interface Padding {
  readonly trace: Trace
  readonly batch: number
  /** coefficient of variation of the lengths */
  readonly cv: number
  readonly quoted: number
  /** of consecutive rows of the trace, without simulation */
  readonly inOrder: number
  /** of simulated batches of exactly this size */
  readonly fixed: number
  /** of simulated batches of at most this size that start when a replica is free, and their mean */
  readonly greedy: { readonly useful: number; readonly batchMean: number }
}

export async function paddings(): Promise<Padding[]> {
  const studied: Padding[] = []
  for (const trace of TRACES) {
    for (const batch of BATCHES) studied.push(await paddingOf(trace, batch))
  }
  return studied
}

/** A trace in batches of exactly this size, and of at most this size. */
export const paddingSystems = (trace: Trace, batch: number): readonly [OnTrace, OnTrace] => {
  const of = (batching: string) =>
    onTrace(`azure-padding-${trace}`, trace, { 'pools.central.batching': batching })
  return [of(`{ policy: fixed, batch: ${batch} }`), of(`{ policy: dynamic, max_batch: ${batch} }`)]
}

async function paddingOf(trace: Trace, batch: (typeof BATCHES)[number]): Promise<Padding> {
  const [exactly, atMost] = paddingSystems(trace, batch)
  const fixed = await prepareTrace(exactly)
  const greedy = runOf(await prepareTrace(atMost))
  const { held } = (await heldTraces(fixed)).get(0)!
  const { padding, input_tokens: lengths } = traceStatistics(held!)
  return {
    trace,
    batch,
    cv: lengths!.cv,
    quoted: QUOTED[trace][batch],
    inOrder: padding.find((of) => of.batch === batch)!.useful,
    fixed: runOf(fixed).efficiency[0]!,
    greedy: { useful: greedy.efficiency[0]!, batchMean: batchMean(greedy) },
  }
}

function batchMean({ batchSizes: [sizes] }: RunSummary): number {
  const requests = sizes!.reduce((sum, count, i) => sum + count * (i + 1), 0)
  return requests / sizes!.reduce((sum, count) => sum + count, 0)
}

/** Coefficients of variation of drawn lengths. */
export const CVS = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.25, 1.5, 2]
const MEDIAN_TOKENS = 1000
const MAX_TOKENS = 1e8

/** Batches of one size with lognormal lengths. */
export function variedSystem(batch: number, cv: number): OnTrace {
  const sigma = Math.sqrt(Math.log(1 + cv ** 2))
  const p99 = MEDIAN_TOKENS * Math.exp(sigma * normalQuantile(0.99))
  return onTrace('azure-padding-conv', 'conv', {
    'pools.central.batching': `{ policy: fixed, batch: ${batch} }`,
    'traffic.conv.input_tokens': `{ distribution: lognormal, median: ${MEDIAN_TOKENS}, p99: ${p99}, max: ${MAX_TOKENS} }`,
  })
}

/** Padding efficiency of batches of one size with lognormal lengths, by their variation. */
async function variability(
  batch: (typeof BATCHES)[number],
): Promise<{ readonly cv: number; readonly useful: number }[]> {
  const points: { cv: number; useful: number }[] = []
  for (const cv of CVS) {
    const prepared = await prepareTrace(variedSystem(batch, cv))
    points.push({ cv, useful: runOf(prepared).efficiency[0]! })
  }
  return points
}

const IMAGE = 'articles-padding.png'

export function paddingSection(studied: readonly Padding[]): Section {
  const rows = studied.map(({ trace, batch, quoted, inOrder, fixed: simulated, greedy }) => [
    `Azure ${trace}, ${batch}`,
    fixed(quoted, 2),
    fixed(inOrder, 3),
    fixed(simulated, 3),
    `${fixed(greedy.useful, 2)}, mean batch ${fixed(greedy.batchMean, 2)}`,
  ])
  const text = `## Padding efficiency on real lengths

Padding efficiency is tokens of requests over tokens computed, where every request is padded to the longest of its batch. The table compares
simulated batches of fixed size in the order of arrival with the figures quoted for these traces, and with the rows of the trace themselves
(\`spillway trace inspect\`). Greedy batches, at the trace's own rate on four replicas, are small and waste less.

![Padding efficiency by the variability of lengths](../images/${IMAGE})

${markdownTable(['traffic, batch', 'quoted', 'rows in order', 'simulated', 'greedy'], rows)}

Scenarios: \`azure-padding-code.yaml\` and \`azure-padding-conv.yaml\`.`
  const chart = async () => paddingChart(await chartOf(studied))
  return { text, images: [[IMAGE, chart]], missed: [] }
}

/** The chart: drawn lengths as lines, the traces as dots. */
async function chartOf(studied: readonly Padding[]): Promise<PaddingChart> {
  const curves: PaddingCurve[] = []
  for (const batch of BATCHES) {
    const traces = studied
      .filter((entry) => entry.batch === batch)
      .map(({ trace, cv, fixed: useful }) => ({ name: trace, cv, useful }))
    curves.push({ batch, points: await variability(batch), traces })
  }
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
