import type { RecordFormat } from '../request-record.ts'
import { aiperf } from './aiperf.ts'
import { genaiPerf } from './genai-perf.ts'
import { guidellm } from './guidellm.ts'
import { inferencePerf } from './inference-perf.ts'
import { vllmBench } from './vllm-bench.ts'

export { REFUSED, type Refused } from './refused.ts'

/** The formats of load generators that have their requests. */
export const LOAD_GENERATORS: readonly RecordFormat[] = [
  aiperf,
  guidellm,
  vllmBench,
  inferencePerf,
  genaiPerf,
]
