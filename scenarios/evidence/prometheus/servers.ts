import { describeValue, listed } from '../../parse/describe-value.ts'
import { didYouMean } from '../../parse/nearest.ts'
import { PrometheusProblem } from './range-response.ts'

/**
 * Which metrics of a server hold what. Names are those of the sources, with `_total` where the
 * Python client adds it to counters:
 *
 * - vLLM V1: vllm/v1/metrics/loggers.py, of 0.9 (005a810b) and of 0.11 and later
 * - SGLang: python/sglang/srt/observability/metrics_collector.py (016d8605)
 * - TGI 3: docs/source/reference/metrics.md (53fdbe61), router/src/server.rs
 * - Triton: docs/user_guide/metrics.md (dcc9123c)
 * - `spillway serve`: runtime/serve/server-metrics.ts
 */

export type ServerKind = 'vllm' | 'sglang' | 'tgi' | 'triton' | 'spillway' | 'generic'

/** What means are of: each has a sum and a count. */
export const MEAN_KEYS = [
  'input_tokens',
  'output_tokens',
  'queue_s',
  'prefill_s',
  'decode_s',
  'compute_s',
  'first_token_s',
  'inter_token_s',
  'latency_s',
  'batch_size',
  'step_tokens',
  'prefill_batch_s',
  'decode_step_s',
] as const
export type MeanKey = (typeof MEAN_KEYS)[number]

export const COUNTER_KEYS = ['failures', 'preemptions', 'cache_queries', 'cache_hits'] as const
export type CounterKey = (typeof COUNTER_KEYS)[number]

export const GAUGE_KEYS = ['running', 'waiting', 'kv_use'] as const
export type GaugeKey = (typeof GAUGE_KEYS)[number]

export interface MeanMetric {
  readonly sum: string
  readonly count: string
  /** of a histogram; its buckets have labels `le` */
  readonly buckets?: string
  /** turns its unit into that of its key; default 1 */
  readonly scale?: number
  /** what one observation is of; those of ended requests are as many as these */
  readonly of: 'ended request' | 'request' | 'token' | 'batch'
  /** labels that its series must have */
  readonly labels?: Readonly<Record<string, string>>
}

export interface ServerMetrics {
  readonly title: string
  /** label with the name of the model; null for none */
  readonly modelLabel: string | null
  /** labels of processes that each report the figures of one server: only one of them counts */
  readonly rankLabels: readonly string[]
  /** counter of requests that arrived, as first choice, and of those that ended */
  readonly arrived: readonly string[]
  readonly ended: readonly string[]
  /** names in the order of preference, such as those of newer versions first */
  readonly means: Readonly<Partial<Record<MeanKey, readonly MeanMetric[]>>>
  readonly counters: Readonly<Partial<Record<CounterKey, readonly string[]>>>
  readonly gauges: Readonly<Partial<Record<GaugeKey, readonly string[]>>>
  /** whether its counters and gauges change at once, so that requests in flight add up */
  readonly consistentGauges: boolean
}

const histogram = (name: string, of: MeanMetric['of'], labels?: MeanMetric['labels']) => ({
  sum: `${name}_sum`,
  count: `${name}_count`,
  buckets: `${name}_bucket`,
  of,
  ...(labels && { labels }),
})

const vllm: ServerMetrics = {
  title: 'vLLM',
  modelLabel: 'model_name',
  rankLabels: [],
  arrived: [],
  // of every finished_reason, abort and error among them
  ended: ['vllm:request_success_total'],
  means: {
    input_tokens: [histogram('vllm:request_prompt_tokens', 'ended request')],
    output_tokens: [histogram('vllm:request_generation_tokens', 'ended request')],
    queue_s: [histogram('vllm:request_queue_time_seconds', 'ended request')],
    prefill_s: [histogram('vllm:request_prefill_time_seconds', 'ended request')],
    decode_s: [histogram('vllm:request_decode_time_seconds', 'ended request')],
    first_token_s: [histogram('vllm:time_to_first_token_seconds', 'request')],
    inter_token_s: [
      histogram('vllm:inter_token_latency_seconds', 'token'),
      // until 0.11
      histogram('vllm:time_per_output_token_seconds', 'token'),
    ],
    latency_s: [histogram('vllm:e2e_request_latency_seconds', 'ended request')],
    // a histogram in spite of its name
    step_tokens: [histogram('vllm:iteration_tokens_total', 'batch')],
  },
  counters: {
    preemptions: ['vllm:num_preemptions_total'],
    // in tokens
    cache_queries: ['vllm:prefix_cache_queries_total', 'vllm:gpu_prefix_cache_queries_total'],
    cache_hits: ['vllm:prefix_cache_hits_total', 'vllm:gpu_prefix_cache_hits_total'],
  },
  gauges: {
    running: ['vllm:num_requests_running'],
    waiting: ['vllm:num_requests_waiting'],
    // 1 is 100 %
    kv_use: ['vllm:kv_cache_usage_perc', 'vllm:gpu_cache_usage_perc'],
  },
  consistentGauges: true,
}

const sglang: ServerMetrics = {
  title: 'SGLang',
  modelLabel: 'model_name',
  rankLabels: ['tp_rank', 'pp_rank', 'moe_ep_rank'],
  arrived: [],
  // counted when a request has finished
  ended: ['sglang:num_requests_total'],
  means: {
    input_tokens: [
      histogram('sglang:prompt_tokens_histogram', 'ended request'),
      perRequest('sglang:prompt_tokens_total', 'sglang:num_requests_total'),
    ],
    output_tokens: [
      histogram('sglang:generation_tokens_histogram', 'ended request'),
      perRequest('sglang:generation_tokens_total', 'sglang:num_requests_total'),
    ],
    queue_s: [histogram('sglang:queue_time_seconds', 'request')],
    prefill_s: [
      histogram('sglang:per_stage_req_latency_seconds', 'request', { stage: 'prefill_forward' }),
    ],
    first_token_s: [histogram('sglang:time_to_first_token_seconds', 'request')],
    inter_token_s: [histogram('sglang:inter_token_latency_seconds', 'token')],
    latency_s: [histogram('sglang:e2e_request_latency_seconds', 'ended request')],
  },
  counters: {
    failures: ['sglang:num_aborted_requests_total'],
    preemptions: ['sglang:num_retracted_requests_total'],
    cache_queries: ['sglang:prompt_tokens_total'],
    cache_hits: ['sglang:cached_tokens_total'],
  },
  gauges: {
    running: ['sglang:num_running_reqs'],
    waiting: ['sglang:num_queue_reqs'],
    kv_use: ['sglang:token_usage'],
  },
  // gauges are of the scheduler, which writes them every few steps; counters are of the tokenizer
  consistentGauges: false,
}

const tgi: ServerMetrics = {
  title: 'TGI',
  modelLabel: null,
  rankLabels: [],
  // at the beginning of every call, also of those that fail or only count tokens
  arrived: ['tgi_request_count'],
  ended: ['tgi_request_success'],
  means: {
    // at validation
    input_tokens: [histogram('tgi_request_input_length', 'request')],
    output_tokens: [histogram('tgi_request_generated_tokens', 'ended request')],
    queue_s: [histogram('tgi_request_queue_duration', 'ended request')],
    inter_token_s: [histogram('tgi_request_mean_time_per_token_duration', 'ended request')],
    latency_s: [histogram('tgi_request_duration', 'ended request')],
    batch_size: [histogram('tgi_batch_next_size', 'batch')],
    prefill_batch_s: [histogram('tgi_batch_inference_duration', 'batch', { method: 'prefill' })],
    decode_step_s: [histogram('tgi_batch_inference_duration', 'batch', { method: 'decode' })],
  },
  counters: { failures: ['tgi_request_failure'] },
  gauges: { running: ['tgi_batch_current_size'], waiting: ['tgi_queue_size'] },
  consistentGauges: false,
}

const TRITON_SUCCESS = 'nv_inference_request_success'

const triton: ServerMetrics = {
  title: 'Triton',
  modelLabel: 'model',
  rankLabels: [],
  arrived: [],
  ended: [TRITON_SUCCESS],
  means: {
    queue_s: [perRequest('nv_inference_queue_duration_us', TRITON_SUCCESS, 1e-6)],
    // each request has the time of its whole batch; those that a cache answers have none
    compute_s: [perRequest('nv_inference_compute_infer_duration_us', TRITON_SUCCESS, 1e-6)],
    latency_s: [perRequest('nv_inference_request_duration_us', TRITON_SUCCESS, 1e-6)],
    batch_size: [{ sum: 'nv_inference_count', count: 'nv_inference_exec_count', of: 'batch' }],
  },
  counters: {
    failures: ['nv_inference_request_failure'],
    cache_hits: ['nv_cache_num_hits_per_model'],
  },
  // without those that execute
  gauges: { waiting: ['nv_inference_pending_request_count'] },
  consistentGauges: false,
}

const spillway: ServerMetrics = {
  title: 'Spillway',
  modelLabel: 'model',
  rankLabels: [],
  arrived: [],
  // of every outcome; times are of those that were served
  ended: ['spillway_requests_total'],
  means: {
    queue_s: [histogram('spillway_request_queue_duration_seconds', 'request')],
    compute_s: [histogram('spillway_batch_duration_seconds', 'batch')],
    first_token_s: [histogram('spillway_time_to_first_token_seconds', 'request')],
    latency_s: [histogram('spillway_request_duration_seconds', 'request')],
    batch_size: [histogram('spillway_batch_size', 'batch')],
  },
  counters: {},
  // with those that wait
  gauges: { running: ['spillway_requests_in_flight'] },
  consistentGauges: true,
}

function perRequest(sum: string, count: string, scale = 1): MeanMetric {
  return { sum, count, scale, of: 'ended request' }
}

const SERVERS: Readonly<Record<Exclude<ServerKind, 'generic'>, ServerMetrics>> = {
  vllm,
  sglang,
  tgi,
  triton,
  spillway,
}

export const SERVER_KINDS: readonly ServerKind[] = [
  'vllm',
  'sglang',
  'tgi',
  'triton',
  'spillway',
  'generic',
]

const GENERIC_KEYS = ['arrived', 'ended', ...MEAN_KEYS, ...COUNTER_KEYS, ...GAUGE_KEYS] as const
type GenericKey = (typeof GENERIC_KEYS)[number]

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/

/**
 * The metrics of a kind of server. `names` are those of a generic one by what they hold: counters
 * (`arrived`, `ended`, `failures`, …), gauges, and histograms or summaries without `_sum`, times in
 * s. Throws `PrometheusProblem` for other keys and names.
 */
export function serverMetrics(
  kind: ServerKind,
  names: ReadonlyMap<string, string> = new Map(),
): ServerMetrics {
  for (const [key, name] of names) {
    if (!isGenericKey(key)) {
      const hint = didYouMean(key, GENERIC_KEYS)
      throw new PrometheusProblem(
        `expected one of ${listed(GENERIC_KEYS)}, got ${describeValue(key)}${hint}`,
      )
    }
    if (!METRIC_NAME.test(name)) {
      const problem = `expected the name of a metric, got ${describeValue(name)}`
      throw new PrometheusProblem(`${key}: ${problem}`)
    }
  }
  if (kind !== 'generic') return withNames(SERVERS[kind], names)
  if (names.has('arrived') || names.has('ended')) return withNames(GENERIC, names)
  throw new PrometheusProblem('expected the name of a counter for arrived or ended, got none')
}

const isGenericKey = (key: string): key is GenericKey => GENERIC_KEYS.some((known) => known === key)

const GENERIC: ServerMetrics = {
  title: 'a server with stated metrics',
  modelLabel: null,
  rankLabels: [],
  arrived: [],
  ended: [],
  means: {},
  counters: {},
  gauges: {},
  consistentGauges: true,
}

/** Stated means that are not of ended requests. */
const STATED_MEANS: Readonly<Partial<Record<MeanKey, MeanMetric['of']>>> = {
  first_token_s: 'request',
  inter_token_s: 'token',
  batch_size: 'batch',
  step_tokens: 'batch',
  prefill_batch_s: 'batch',
  decode_step_s: 'batch',
}

/** A stated name replaces those of its key. */
function withNames(server: ServerMetrics, names: ReadonlyMap<string, string>): ServerMetrics {
  const of = (key: GenericKey) => (names.has(key) ? [names.get(key)!] : null)
  const stated = <K extends GenericKey>(keys: readonly K[]) =>
    Object.fromEntries(keys.filter((key) => names.has(key)).map((key) => [key, of(key)]))
  const means = Object.fromEntries(
    MEAN_KEYS.filter((key) => names.has(key)).map((key) => [
      key,
      [histogram(names.get(key)!, STATED_MEANS[key] ?? 'ended request')],
    ]),
  )
  return {
    ...server,
    arrived: of('arrived') ?? server.arrived,
    ended: of('ended') ?? server.ended,
    means: { ...server.means, ...means },
    counters: { ...server.counters, ...stated(COUNTER_KEYS) },
    gauges: { ...server.gauges, ...stated(GAUGE_KEYS) },
  }
}

/** Means whose buckets are read: those of lengths, and of the time that a batch takes. */
export const BUCKETED = [
  'input_tokens',
  'output_tokens',
  'compute_s',
] as const satisfies readonly MeanKey[]

/** All metrics that evidence is made of. */
export function metricNames(server: ServerMetrics): readonly string[] {
  const means = MEAN_KEYS.flatMap((key) =>
    (server.means[key] ?? []).flatMap(({ sum, count, buckets }) =>
      BUCKETED.some((bucketed) => bucketed === key) && buckets !== undefined
        ? [sum, count, buckets]
        : [sum, count],
    ),
  )
  const counters = COUNTER_KEYS.flatMap((key) => server.counters[key] ?? [])
  const gauges = GAUGE_KEYS.flatMap((key) => server.gauges[key] ?? [])
  return [...new Set([...server.arrived, ...server.ended, ...means, ...counters, ...gauges])]
}
