import type { DocumentFormat, RequestRecord } from '../request-record.ts'
import { JsonNode, SECONDS } from './json-node.ts'
import { sentRequest } from './sent-request.ts'

/**
 * The result of `vllm bench serve`: `result_json` of vllm/benchmarks/serve.py (commit 009e6d4) with
 * times of vllm/benchmarks/lib/endpoint_request_func.py. Pull request 32667 (January 2026) added
 * `start_times`; `latencies` and `queue_times` are newer. Times count from the start of the host.
 */
export const vllmBench: DocumentFormat = {
  kind: 'document',
  name: 'vllm-bench',
  title: 'vllm bench serve, --save-result --save-detailed',
  latencyFrom: 'sent',
  looksLike: (beginning) =>
    /^\s*\{/.test(beginning) &&
    ['tokenizer_id', 'num_prompts', 'request_rate', 'burstiness'].every((key) =>
      beginning.includes(`"${key}"`),
    ),
  records: recordsOf,
}

const REMEDY =
  '; without them the arrivals are unknown: run `vllm bench serve` of 2026 or later with --save-result --save-detailed'

function* recordsOf(document: unknown): Generator<RequestRecord> {
  const result = new JsonNode(document)
  const starts = result.field('start_times')
  const size = starts.size(REMEDY)
  const column = (name: string) => {
    const list = result.field(name)
    const got = list.size()
    if (got !== size) throw list.problem(`expected ${size} values, as start_times has, got ${got}`)
    return list
  }
  const columnOrNull = (name: string) => (result.field(name).absent ? null : column(name))
  const inputs = column('input_lens')
  const outputs = column('output_lens')
  const firsts = column('ttfts')
  const gaps = column('itls')
  const errors = column('errors')
  const latencies = columnOrNull('latencies')
  const waits = columnOrNull('queue_times')
  // "inf" plans all requests for the beginning, to be sent as others end: that is no schedule
  const isPlanned = typeof result.field('request_rate').value === 'number'
  for (let i = 0; i < size; i++) {
    const sentMs = starts.item(i).ms(SECONDS)
    const firstMs = firsts.item(i).ms(SECONDS)
    const error = errors.item(i)
    // an HTTP error without a reason has an empty text, but no token either
    const ok = (error.absent || error.value === '') && firstMs > 0
    const latencyMs = () => latencies?.item(i).ms(SECONDS) ?? firstMs + sumMs(gaps.item(i))
    yield sentRequest(starts.item(i), {
      // it waited in the load generator, for a free place of --max-concurrency
      scheduledMs: isPlanned && waits !== null ? sentMs - waits.item(i).ms(SECONDS) : Number.NaN,
      sentMs,
      firstTokenMs: firstMs > 0 ? sentMs + firstMs : Number.NaN,
      endMs: ok ? sentMs + latencyMs() : Number.NaN,
      inputTokens: inputs.item(i).tokensOrNaN(),
      outputTokens: outputs.item(i).tokensOrNaN(),
      ok,
    })
  }
}

function sumMs(list: JsonNode): number {
  let sum = 0
  for (const gap of list.items()) sum += gap.ms(SECONDS)
  return sum
}
