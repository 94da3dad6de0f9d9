import type { DocumentFormat, RequestRecord } from '../request-record.ts'
import { JsonNode, onlyItem, SECONDS } from './json-node.ts'
import { sentRequest } from './sent-request.ts'

/**
 * The report of guidellm: GenerativeRequestStats of src/guidellm/schemas/base/request_stats.py
 * (commit 31c74ea) with RequestTimings of schemas/base/info.py (commit 1053a03). Before 0.4, it has
 * GenerativeTextResponseStats of src/guidellm/benchmark/benchmark.py (commit 47ce292).
 */
export const guidellm: DocumentFormat = {
  kind: 'document',
  name: 'guidellm',
  title: 'guidellm, benchmarks.json',
  latencyFrom: 'sent',
  looksLike: (beginning) =>
    /^\s*\{/.test(beginning) &&
    /"benchmarks"\s*:\s*\[\s*\{\s*"type_"\s*:\s*"generative_benchmark"/.test(beginning),
  records: recordsOf,
}

/**
 * Requests that the end of the run cut off are incomplete. Those of guidellm's warm-up are of the
 * same load as the rest, so they stay.
 */
const STATUSES = ['successful', 'errored', 'incomplete'] as const

function* recordsOf(document: unknown): Generator<RequestRecord> {
  const benchmark = onlyItem(new JsonNode(document).field('benchmarks'), 'benchmark')
  checkComplete(benchmark)
  const { value: strategy } = benchmark
    .field('config')
    .or(benchmark.field('args'))
    .field('strategy')
    .field('type_')
  for (const status of STATUSES) {
    const requests = benchmark.field('requests').field(status)
    if (requests.absent) continue
    const read = (request: JsonNode) =>
      request.field('info').absent
        ? timesBefore04(request, strategy)
        : timesSince04(request, strategy)
    for (const request of requests.items()) {
      yield sentRequest(request, {
        ...read(request),
        inputTokens: request.field('prompt_tokens').tokensOrNaN(),
        outputTokens: request.field('output_tokens').tokensOrNaN(),
        ok: status === 'successful',
      })
    }
  }
}

/** A file may have a sample of the requests, whose arrivals would be too few. */
function checkComplete(benchmark: JsonNode): void {
  const counts = [
    benchmark.field('request_totals'),
    benchmark.field('metrics').field('request_totals'),
    benchmark.field('scheduler_metrics').field('requests_made'),
  ]
  for (const status of ['successful', 'errored'] as const) {
    const requests = benchmark.field('requests').field(status)
    const kept = requests.absent && status === 'errored' ? 0 : requests.size()
    for (const made of counts.map((count) => count.field(status).value)) {
      if (typeof made !== 'number' || made <= kept) continue
      const remedy = 'run guidellm without --sample-requests (--output-sampling before 0.4)'
      throw requests.problem(`expected all ${made} requests, got a sample of ${kept}; ${remedy}`)
    }
  }
}

type Times = Pick<RequestRecord, 'scheduledMs' | 'sentMs' | 'firstTokenMs' | 'endMs'>

function timesSince04(request: JsonNode, strategy: unknown): Times {
  const info = request.field('info')
  const time = (name: string) => info.field('timings').field(name)
  const replayed = !info.field('settings').field('relative_timestamp').absent
  const isPlanned = hasRate(strategy) || (strategy === 'trace' && replayed)
  return {
    scheduledMs: isPlanned ? time('targeted_start').msOrNaN(SECONDS) : Number.NaN,
    sentMs: time('request_start').or(time('resolve_start')).ms(SECONDS),
    firstTokenMs: time('first_token_iteration').msOrNaN(SECONDS),
    endMs: time('request_end').or(time('resolve_end')).msOrNaN(SECONDS),
  }
}

function timesBefore04(request: JsonNode, strategy: unknown): Times {
  const target = request.field('scheduler_info').field('targeted_start_time')
  // -1 is its default (src/guidellm/scheduler/result.py)
  const isPlanned = hasRate(strategy) && target.value !== -1
  return {
    scheduledMs: isPlanned ? target.msOrNaN(SECONDS) : Number.NaN,
    sentMs: request.field('start_time').ms(SECONDS),
    firstTokenMs: request.field('first_token_time').msOrNaN(SECONDS),
    endMs: request.field('end_time').msOrNaN(SECONDS),
  }
}

/**
 * Whether requests have a planned time. The others (synchronous, concurrent, throughput) state the
 * end of a request before, or the start of the run (src/guidellm/scheduler/strategies.py).
 */
const hasRate = (strategy: unknown) => strategy === 'constant' || strategy === 'poisson'
