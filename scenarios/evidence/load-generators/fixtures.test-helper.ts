import { type DocumentFormat, RecordProblem, type RequestRecord } from '../request-record.ts'

/** ns since 1970 as JSON has them, which a double holds to 256 ns. */
const ns = (text: string) => Number(text)

/** As in docs/tutorials/working-with-profile-exports.md of AIPerf (commit 13992db). */
export const aiperfRecord = {
  metadata: {
    session_num: 45,
    x_request_id: '7609a2e7-aa53-4ab1-98f4-f35ecafefd25',
    conversation_id: '77aa5b0e-b305-423f-88d5-c00da1892599',
    turn_index: 0,
    credit_issued_ns: ns('1759813207531000000'),
    request_start_ns: ns('1759813207532000000'),
    request_ack_ns: ns('1759813207650000000'),
    request_end_ns: ns('1759813207838000000'),
    worker_id: 'worker_359d423a',
    record_processor_id: 'record_processor_1fa47cd7',
    benchmark_phase: 'profiling',
    was_cancelled: false,
    cancellation_time_ns: null,
  },
  metrics: {
    input_sequence_length: { value: 550, unit: 'tokens' },
    time_to_first_token: { value: 255.5, unit: 'ms' },
    request_latency: { value: 306, unit: 'ms' },
    output_token_count: { value: 7, unit: 'tokens' },
    output_sequence_length: { value: 9, unit: 'tokens' },
    inter_token_latency: { value: 6.3125, unit: 'ms' },
  },
  error: null,
}

/** Of guidellm 0.4 and later, of a run at a rate that the server did not keep up with. */
export const guidellmReport = {
  metadata: { version: 1, guidellm_version: '0.5.0', python_version: '3.12.3' },
  args: { target: 'http://localhost:8000', profile: 'constant', rate: [10] },
  benchmarks: [
    {
      type_: 'generative_benchmark',
      config: {
        run_index: 0,
        strategy: { type_: 'constant', rate: 10, max_concurrency: 2 },
        sample_requests: null,
      },
      scheduler_metrics: {
        requests_made: { successful: 1, errored: 1, incomplete: 3, total: 5 },
      },
      metrics: { request_totals: { successful: 1, errored: 1, incomplete: 1, total: 3 } },
      requests: {
        successful: [
          {
            type_: 'generative_request_stats',
            request_id: 'a',
            info: {
              request_id: 'a',
              status: 'completed',
              timings: {
                targeted_start: 1700000000.0,
                resolve_start: 1700000002.4,
                request_start: 1700000002.5,
                first_token_iteration: 1700000002.75,
                request_end: 1700000003.5,
                resolve_end: 1700000003.6,
              },
              settings: { relative_timestamp: null },
            },
            prompt_tokens: 256,
            output_tokens: 128,
          },
        ],
        errored: [
          {
            info: {
              status: 'errored',
              timings: {
                targeted_start: 1700000000.1,
                resolve_start: 1700000002.6,
                request_start: null,
                first_token_iteration: null,
                request_end: null,
                resolve_end: 1700000002.75,
              },
              error: 'HTTP 500',
            },
            prompt_tokens: 256,
            output_tokens: null,
          },
        ],
        incomplete: [
          {
            info: {
              status: 'cancelled',
              timings: {
                targeted_start: 1700000000.2,
                request_start: 1700000003,
                first_token_iteration: 1700000003.25,
                request_end: 1700000004,
              },
            },
            prompt_tokens: 256,
            output_tokens: 17,
          },
        ],
        total: null,
      },
    },
  ],
}

/** Of guidellm 0.3 and before. */
export const guidellmReportBefore04 = {
  benchmarks: [
    {
      type_: 'generative_benchmark',
      args: { strategy_index: 0, strategy: { type_: 'poisson', rate: 10 } },
      request_totals: { successful: 1, incomplete: 0, errored: 0, total: 1 },
      request_samples: null,
      requests: {
        successful: [
          {
            type_: 'generative_text_response',
            scheduler_info: { targeted_start_time: 1700000000, worker_start: 1700000000.4 },
            prompt_tokens: 256,
            output_tokens: 128,
            start_time: 1700000000.5,
            end_time: 1700000001.5,
            first_token_time: 1700000000.75,
            last_token_time: 1700000001.5,
          },
        ],
        incomplete: [],
        errored: [],
        total: null,
      },
    },
  ],
}

/** Of vLLM in 2026, with a limit of concurrency and an error without a reason. */
export const vllmResult = {
  date: '20260801-120000',
  endpoint_type: 'openai',
  backend: 'openai',
  label: null,
  model_id: 'Qwen/Qwen3-0.6B',
  tokenizer_id: 'Qwen/Qwen3-0.6B',
  num_prompts: 3,
  request_rate: 2.5,
  burstiness: 1.0,
  max_concurrency: 2,
  duration: 3.2,
  completed: 1,
  failed: 2,
  input_lens: [512, 512, 100],
  output_lens: [3, 0, 0],
  ttfts: [0.25, 0.0, 0.5],
  itls: [[0.125, 0.125], [], [0.1]],
  latencies: [0.5, 0.0, 0.0],
  start_times: [353399.5, 353400.0, 353401.0],
  queue_times: [0.0, 0.25, 0.5],
  generated_texts: ['one two three', '', 'one'],
  errors: ['', '', 'Traceback (most recent call last)'],
}

/** Of inference-perf with multimodal metrics (August 2026); the second is a failure. */
export const inferencePerfRequests = [
  {
    start_time: 1000.5,
    end_time: 1001.5,
    request: '{"prompt": "[{\\"start_time\\": 1}]"}',
    response: 'data: …',
    info: {
      request_metrics: { text: { input_tokens: 100 }, image: null },
      response_metrics: {
        output_tokens: 31,
        server_usage: { prompt_tokens: 100, completion_tokens: 32 },
        chunk_times: [1000.75, 1001.5],
        output_token_times: [1000.75, 1001.25],
      },
      lora_adapter: 'french',
      input_tokens: 100,
    },
    error: null,
  },
  {
    start_time: 1000.6,
    end_time: 1000.7,
    request: '',
    response: '',
    info: {
      request_metrics: { text: { input_tokens: 0 } },
      response_metrics: null,
      input_tokens: 0,
    },
    error: { error_type: 'HTTP Error 503', error_msg: 'overloaded' },
  },
]

/** Of inference-perf in 2025. */
export const inferencePerfRequestsOf2025 = [
  {
    start_time: 1000.5,
    end_time: 1001.5,
    request: '{}',
    response: '',
    info: { input_tokens: 100, output_tokens: 31, output_token_times: [] },
    error: null,
  },
]

/** As perf_analyzer writes it, for an OpenAI server that streams; the second failed. */
export const genaiPerfExport = {
  experiments: [
    {
      experiment: { mode: 'request_rate', value: 2.0 },
      requests: [
        {
          timestamp: ns('1745526100300000000'),
          request_inputs: { payload: '{"stream": true}' },
          response_timestamps: [
            ns('1745526100350000000'),
            ns('1745526100360000000'),
            ns('1745526100400000000'),
          ],
          response_outputs: [{}, {}, {}],
        },
        {
          timestamp: ns('1745526100800000000'),
          request_inputs: {},
          response_timestamps: [],
          response_outputs: [],
        },
      ],
      window_boundaries: [],
    },
  ],
  version: '2.61.0',
  service_kind: 'openai',
  endpoint: 'v1/chat/completions',
}

const inferencePerfSummary = {
  load_summary: { count: 480, schedule_delay: { mean: 0.8 }, requested_rate: 10 },
  successes: { count: 477, latency: { request_latency: { mean: 3.31 } } },
  failures: { count: 3 },
}

const perfAnalyzerTable =
  'Concurrency,Inferences/Second,Client Send,Network+Server Send/Recv,Server Queue,Server Compute Input,Server Compute Infer,Server Compute Output,Client Recv,p50 latency,p90 latency,p95 latency,p99 latency\n1,69.2,225,2148,64,206,11781,19,0,13891,18795,19753,21018\n'

const aiperfSummary = {
  schema_version: '1.0',
  request_throughput: { unit: 'requests/sec', avg: 15 },
  request_latency: { unit: 'ms', avg: 306, p50: 300 },
  input_config: {},
}

/** A beginning of a file, and the name of its format, or the beginning of why it is refused. */
interface Beginning {
  readonly of: string
  readonly text: string
}

/** Each format as its tool prints it, and with spaces. */
export const BEGINNINGS: readonly Beginning[] = [
  { of: 'aiperf', text: `${JSON.stringify(aiperfRecord)}\n` },
  ...printed('guidellm', guidellmReport),
  ...printed('guidellm', guidellmReportBefore04),
  ...printed('vllm-bench', vllmResult),
  ...printed('inference-perf', inferencePerfRequests),
  ...printed('inference-perf', inferencePerfRequestsOf2025),
  ...printed('genai-perf', genaiPerfExport),
  ...printed('a summary of inference-perf', inferencePerfSummary),
  { of: 'a table of perf_analyzer', text: perfAnalyzerTable },
  ...printed('a summary of AIPerf', aiperfSummary),
]

function printed(of: string, document: unknown): Beginning[] {
  return [JSON.stringify(document), JSON.stringify(document, null, 2)].map((text) => ({ of, text }))
}

/** The message of the problem that reading the records of a document ends with. */
export function problemOf({ records }: DocumentFormat, document: unknown): string {
  return messageOf(() => [...records(document)])
}

export function messageOf(read: () => unknown): string {
  try {
    read()
  } catch (error) {
    if (error instanceof RecordProblem) return error.message
    throw error
  }
  return 'no problem'
}

/** A document with another value at a path, such as `benchmarks.0.requests`. */
export function changed<T>(document: T, path: string, value: unknown): T {
  const copy = structuredClone(document)
  const keys = path.split('.')
  const last = keys.pop()!
  let parent = copy as Readonly<Record<string, unknown>>
  for (const key of keys) parent = parent[key] as typeof parent
  if (value === undefined) Reflect.deleteProperty(parent, last)
  else Reflect.set(parent, last, value)
  return copy
}

/** A record in ms since its time of sending, which are compared more easily. */
export function sinceSent(record: RequestRecord): Omit<RequestRecord, 'sentMs'> {
  const { sentMs, ...rest } = record
  const since = (ms: number) => Math.round((ms - sentMs) * 100) / 100
  return {
    ...rest,
    scheduledMs: since(rest.scheduledMs),
    firstTokenMs: since(rest.firstTokenMs),
    endMs: since(rest.endMs),
  }
}

/** The paths of all values of a document. */
export function pathsOf(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...path, key]))]
}

/** A document with another value at one of its paths. */
export function replaced(
  value: unknown,
  [key, ...rest]: readonly string[],
  other: unknown,
): unknown {
  if (key === undefined) return other
  const copy = Array.isArray(value) ? [...value] : { ...(value as Record<string, unknown>) }
  const map = copy as Record<string, unknown>
  map[key] = replaced(map[key], rest, other)
  return copy
}
