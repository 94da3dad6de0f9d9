import { RecordProblem } from '../request-record.ts'
import { type RequestSpan, requestSpan } from './request-span.ts'
import { spansIn } from './span.ts'
import { TraceRequests } from './trace-requests.ts'

/** An attribute as the collector writes it: integers are text. */
export function attribute(key: string, value: string | number | boolean) {
  if (typeof value === 'string') return { key, value: { stringValue: value } }
  if (typeof value === 'boolean') return { key, value: { boolValue: value } }
  if (Number.isInteger(value)) return { key, value: { intValue: String(value) } }
  return { key, value: { doubleValue: value } }
}

export type SpanValues = Readonly<Record<string, string | number | boolean>>

const attributes = (values: SpanValues) =>
  Object.entries(values).map(([key, value]) => attribute(key, value))

export interface SpanFields {
  readonly traceId?: string
  readonly spanId?: string
  readonly parentSpanId?: string
  readonly traceState?: string
  readonly name?: string
  /** 1 internal, 2 server, 3 client */
  readonly kind?: number | string
  readonly startTimeUnixNano?: string | number
  readonly endTimeUnixNano?: string | number
  readonly values?: SpanValues
  readonly status?: object
}

/** A span as the collector's file exporter writes it. */
export function spanOf({ values = {}, ...fields }: SpanFields) {
  return {
    traceId: '5b8efff798038103d269b633813fc60c',
    spanId: 'eee19b7ec3c1b174',
    parentSpanId: '',
    flags: 256,
    name: 'POST /v1/completions',
    kind: 2,
    startTimeUnixNano: '1780000000000000321',
    endTimeUnixNano: '1780000000500000321',
    status: {},
    ...fields,
    attributes: attributes(values),
  }
}

interface Exporter {
  readonly service?: string
  readonly instance?: string
  readonly scope?: SpanValues
}

/** A request of the exporter with the spans of one service. */
export function exported(
  spans: readonly unknown[],
  { service = 'vllm-server', instance, scope = {} }: Exporter = {},
) {
  const resource = {
    attributes: attributes({
      'telemetry.sdk.language': 'python',
      'service.name': service,
      ...(instance !== undefined && { 'service.instance.id': instance }),
    }),
  }
  const named = { name: 'vllm.llm_engine', attributes: attributes(scope) }
  return { resourceSpans: [{ resource, scopeSpans: [{ scope: named, spans }] }] }
}

/** Attributes of `llm_request`, as `do_tracing` of vLLM's output_processor.py sets them. */
export const VLLM_VALUES = {
  'gen_ai.latency.time_to_first_token': 0.0255,
  'gen_ai.latency.e2e': 0.4995,
  'gen_ai.latency.time_in_queue': 0.0015,
  'gen_ai.usage.prompt_tokens': 512,
  'gen_ai.usage.completion_tokens': 64,
  'gen_ai.latency.time_in_model_prefill': 0.024,
  'gen_ai.latency.time_in_model_decode': 0.474,
  'gen_ai.latency.time_in_model_inference': 0.498,
  'gen_ai.request.id': 'cmpl-1',
  'gen_ai.request.top_p': 0.9,
  'gen_ai.request.max_tokens': 64,
  'gen_ai.request.n': 1,
} as const

export const vllmSpan = (fields: SpanFields = {}) =>
  spanOf({ name: 'llm_request', values: VLLM_VALUES, ...fields })

export const httpSpan = (fields: SpanFields = {}) =>
  spanOf({
    spanId: '00f067aa0ba902b7',
    values: {
      'http.request.method': 'POST',
      'url.path': '/v1/completions',
      'http.response.status_code': 200,
    },
    ...fields,
  })

/** What the spans of a document show. */
export const shown = (document: unknown): readonly (RequestSpan | null)[] =>
  [...spansIn(document)].map(requestSpan)

/** What a single span shows. */
export const shownBy = (span: unknown) => shown(exported([span]))[0]!

/** Requests of documents, each a file. */
export function found(
  documents: readonly unknown[],
  { service = null, share = null }: { service?: string | null; share?: number | null } = {},
) {
  const requests = new TraceRequests({ service, share })
  for (const [file, document] of documents.entries()) {
    for (const span of shown(document)) if (span !== null) requests.add(span, file)
  }
  return requests.found('traces.json')
}

/** Any document is read, or refused with a problem that has its path. */
export function readAny(document: unknown): void {
  try {
    for (const span of spansIn(document)) requestSpan(span)
  } catch (error) {
    if (!(error instanceof RecordProblem)) throw error
    if (!/^(\S+: )?expected /.test(error.message)) throw error
  }
}
