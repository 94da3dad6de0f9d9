import { z } from 'zod'
import { count } from './parts.ts'

/** Errors of series of rows, each predicted by a fit to its other half. */
const series = z.strictObject({
  series: count,
  /** series beyond their bars */
  missed: count,
  /** the largest of the medians of the series */
  median: z.number(),
  /** of all rows, signed */
  worst: z.number(),
  worstAt: z.string(),
})
export type SeriesErrors = z.infer<typeof series>

/** Highest rates of servers. */
const rates = z.strictObject({ rows: count, withinBar: count, worst: z.number() })

/** Models of accelerators against published rows that they were not fitted to. */
export const acceleratorsFigures = z.strictObject({
  studies: count,
  /** studies that meet their bars */
  met: count,
  /** latencies of BERT-base on T4 and A100 */
  bert: series,
  /** Llama-3.1 on H100, by quantity: throughput, ITL p50, power */
  llama: z.record(z.string(), series),
  /** server rates of MLPerf from offline rates: NVIDIA's own harness, and Triton */
  mlperf: z.strictObject({ own: rates, triton: rates, bar: z.number() }),
  /** two runs of vLLM, the half that was not fitted */
  vllm: z.array(
    z.strictObject({
      model: z.string(),
      /** the largest errors in size of mean, p50 and p99; end to end, and of all three metrics */
      endToEnd: z.number(),
      worst: z.number(),
      worstAt: z.string(),
    }),
  ),
})
export type AcceleratorsFigures = z.infer<typeof acceleratorsFigures>

/** Of one series. */
export interface OneSeries {
  readonly median: number
  readonly worst: { readonly error: number; readonly at: string }
  readonly met: boolean
}

export function seriesErrors(all: readonly OneSeries[]): SeriesErrors {
  const { worst } = all.reduce((a, b) =>
    Math.abs(b.worst.error) > Math.abs(a.worst.error) ? b : a,
  )
  return {
    series: all.length,
    missed: all.filter(({ met }) => !met).length,
    median: Math.max(...all.map(({ median }) => median)),
    worst: worst.error,
    worstAt: worst.at,
  }
}
