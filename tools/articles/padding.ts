import type { Rows } from '../../sim/stats/index.ts'
import { traceStatistics } from '../../sim/traffic/index.ts'
import { prepareTrace, rowsOf, TRACES, type Trace } from './azure.ts'

/** Batch sizes whose useful share others have published from the same lengths. */
export const BATCHES = [8, 32] as const

/** Useful shares that the field quotes for these traces, by batch size. */
const QUOTED: Readonly<Record<Trace, Readonly<Record<(typeof BATCHES)[number], number>>>> = {
  code: { 8: 0.38, 32: 0.3 },
  conv: { 8: 0.4, 32: 0.29 },
}

export interface Padding {
  readonly trace: Trace
  readonly batch: number
  readonly quoted: number
  /** of the trace's rows one after another, without any simulation */
  readonly inOrder: number
  /** of simulated batches of exactly this size */
  readonly fixed: number
  /** of simulated batches of at most this size that go when a replica is free, and their mean */
  readonly greedy: { readonly useful: number; readonly batchMean: number }
}

export async function paddings(): Promise<Padding[]> {
  const found: Padding[] = []
  for (const trace of TRACES) {
    for (const batch of BATCHES) found.push(await paddingOf(trace, batch))
  }
  return found
}

async function paddingOf(trace: Trace, batch: (typeof BATCHES)[number]): Promise<Padding> {
  const of = (batching: string) =>
    prepareTrace(`azure-padding-${trace}`, trace, { 'pools.central.batching': batching })
  const fixed = await of(`{ policy: fixed, batch: ${batch} }`)
  const greedy = rowsOf(await of(`{ policy: dynamic, max_batch: ${batch} }`))
  const { times, lengths, outputs } = fixed.traces.get(0)!
  const { padding } = traceStatistics({ times, lengths, outputs })
  return {
    trace,
    batch,
    quoted: QUOTED[trace][batch],
    inOrder: padding.find((own) => own.batch === batch)!.useful,
    fixed: usefulShare(rowsOf(fixed)),
    greedy: { useful: usefulShare(greedy), batchMean: batchMean(greedy) },
  }
}

/** Tokens of requests over tokens that their batches computed. */
function usefulShare({ columns: { length, padded } }: Rows): number {
  const sum = (values: Int32Array) => values.reduce((total, value) => total + value, 0)
  return sum(length) / sum(padded)
}

function batchMean({ count, columns: { batch } }: Rows): number {
  return count / new Set(batch).size
}
