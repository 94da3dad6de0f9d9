/** What a column of measurements may hold; the value ends a message. */
export const MEASURED = Object.freeze({
  batch: 'requests of a batch, or sequences that decode in a step',
  length: 'tokens of each request, or in the KV cache of each sequence that decodes',
  prefill_tokens: 'tokens of prompts in a step',
  concurrency: 'requests in flight at an engine, all the time',
  input_tokens: 'the mean tokens of a prompt, beside `concurrency`',
  output_tokens: 'the mean tokens of an answer, beside `concurrency`',
  precision: 'the precision',
  ms: 'the time of a batch or step',
  throughput_rps: 'requests/s: the batch over its time',
  tokens_per_s:
    'tokens/s: those of a batch or step over its time; beside `concurrency`, those of answers',
  p50: 'the median of times, beside their mean',
  p90: 'the p90 of times',
  p95: 'the p95 of times',
  p99: 'the p99 of times',
})
export type MeasuredKey = keyof typeof MEASURED
export const measuredKeys = Object.keys(MEASURED) as MeasuredKey[]

export type MeasurementColumns = Readonly<Partial<Record<MeasuredKey, string>>>
