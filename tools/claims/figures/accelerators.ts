import { z } from 'zod'
import { count, errors } from './parts.ts'

/** What the sentences on accelerators state; each is one or more rows that no fit has seen. */
export const PREDICTED = [
  'BERT-base latency',
  'Llama-2-7B layers',
  'Llama-3.1 throughput',
  'Llama-3.1 ITL p50',
  'Llama-3.1 power',
  'slowdown by power caps',
  'MLPerf server rate',
  'MLPerf server rate, Triton',
  'vLLM end to end',
  'vLLM TTFT p50',
] as const
export type Predicted = (typeof PREDICTED)[number]

/** Models of accelerators against published rows that they were not fitted to. */
export const acceleratorsFigures = z.strictObject({
  studies: count,
  /** studies that meet their bars */
  met: count,
  predicted: z.partialRecord(z.enum(PREDICTED), errors),
})
export type AcceleratorsFigures = z.infer<typeof acceleratorsFigures>
