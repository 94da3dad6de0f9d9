import { shortened } from '../../parse/describe-value.ts'
import { pathKind } from '../access-logs/access-log.ts'
import { SECONDS } from '../load-generators/json-node.ts'
import { sentRequest } from '../load-generators/sent-request.ts'
import type { RequestRecord } from '../request-record.ts'
import { sampledShare } from './sampling.ts'
import type { Span } from './span.ts'

/**
 * What a span shows of a request. One request has several spans: a server of models has one of its
 * HTTP server, and one of its engine; and its clients have theirs. So only those of one kind are
 * the requests of a service: the first of these that it has.
 *
 * - `model server`: a server's span with attributes of a model, as vLLM has it. Lengths, first
 *   token and wait count from its start, which is not that of the HTTP span.
 * - `model call`: such a span of a client. An application may call a model several times while it
 *   answers one HTTP request.
 * - `http`: a request that an HTTP server answered.
 */
export const SPAN_KINDS = ['model server', 'model call', 'http'] as const
export type RequestSpanKind = (typeof SPAN_KINDS)[number]

/** A span that shows a request, without the document that it is from. */
export interface RequestSpan {
  readonly kind: RequestSpanKind
  readonly service: string
  /** null where the document does not name it */
  readonly id: string | null
  readonly parentId: string | null
  /** of the server; null where it is not named */
  readonly instance: string | null
  readonly record: RequestRecord
  /** whether it has several answers, whose tokens it has as a sum */
  readonly severalAnswers: boolean
  /** what names the request of the client; null where nothing does */
  readonly request: string | null
  /** of a sampler: as `sampledShare` */
  readonly share: number | null
}

/** Null for a span that shows no request. Throws `RecordProblem`. */
export function requestSpan(span: Span): RequestSpan | null {
  const kind = kindOf(span)
  if (kind === null) return null
  const { service, instance } = span.resource
  const severalAnswers = answersOf(span) > 1
  return {
    ...{ kind, service, id: span.id, parentId: span.parentId },
    // those of clients are not those of the server
    instance: kind === 'model call' ? null : instance,
    record: kind === 'http' ? httpRequest(span) : modelRequest(span, severalAnswers),
    severalAnswers,
    request: span.text(REQUEST_ID)?.slice(0, MOST_ID) ?? null,
    share: sampledShare(span),
  }
}

function kindOf(span: Span): RequestSpanKind | null {
  if (isOfModel(span)) return span.isServer ? 'model server' : 'model call'
  return span.isServer && HTTP.some((name) => span.has(name)) ? 'http' : null
}

/** docs/http/http-spans.md of the semantic conventions, and what 1.23 has renamed. */
const METHOD = ['http.request.method', 'http.method'] as const
const STATUS = ['http.response.status_code', 'http.status_code'] as const
const PATH = ['http.route', 'url.path', 'http.target'] as const
const HTTP = [...METHOD, ...STATUS, ...PATH]

/** docs/gen-ai/gen-ai-spans.md of the semantic conventions, with the names of before 1.27. */
const OPERATION = 'gen_ai.operation.name'
const MODEL = ['gen_ai.request.model', 'gen_ai.response.model'] as const
const INPUT = ['gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens'] as const
const OUTPUT = ['gen_ai.usage.output_tokens', 'gen_ai.usage.completion_tokens'] as const
/**
 * Of `llm_request`, s: SpanAttributes of vllm/tracing (tracing.py until 2025) and `do_tracing` of
 * vllm/v1/engine/output_processor.py. First token and end count from its start.
 */
const LATENCY = 'gen_ai.latency.e2e'
const QUEUE = 'gen_ai.latency.time_in_queue'
const FIRST_TOKEN = ['gen_ai.latency.time_to_first_token', 'gen_ai.response.time_to_first_chunk']
const OF_MODEL = [OPERATION, ...MODEL, ...INPUT, ...OUTPUT, LATENCY]

/**
 * The number of answers to a request, under the name of the conventions and those of vLLM. Until
 * 2025 vLLM had one span for all of them. Since then it has one for each, with n = 1, and the id of
 * the request names them all (`do_tracing`, and `ParentRequest` of vllm/v1/engine).
 */
const ANSWERS = ['gen_ai.request.choice.count', 'gen_ai.usage.num_sequences', 'gen_ai.request.n']
const REQUEST_ID = 'gen_ai.request.id'
/** Of an id that is kept for each span. */
const MOST_ID = 64

const answersOf = (span: Span) => Math.max(...ANSWERS.map((name) => countIn(span, name)))

function countIn(span: Span, name: string): number {
  const { value } = span.attribute(name)
  return typeof value === 'number' && value > 1 ? value : 1
}

/** Operations around calls of a model, whose tokens are those of these calls. */
const AROUND = /agent|tool|workflow|retrieval|memory|^plan$/

const isOfModel = (span: Span) =>
  OF_MODEL.some((name) => span.has(name)) && !AROUND.test(span.text(OPERATION) ?? '')

function modelRequest(span: Span, severalAnswers: boolean): RequestRecord {
  const sentMs = span.startMs
  const latencyMs = span.attribute(LATENCY).msOrNaN(SECONDS)
  const firstMs = span.attribute(...FIRST_TOKEN).msOrNaN(SECONDS)
  const queue = span.attribute(QUEUE)
  // vLLM has 0 for a first token that did not come, and a negative wait where none has ended
  return sentRequest(span.node, {
    sentMs,
    firstTokenMs: firstMs > 0 ? sentMs + firstMs : Number.NaN,
    endMs: Number.isNaN(latencyMs) ? span.endMs : sentMs + latencyMs,
    queueMs: Number(queue.value) < 0 ? Number.NaN : queue.msOrNaN(SECONDS),
    inputTokens: span.attribute(...INPUT).tokensOrNaN(),
    outputTokens: severalAnswers ? Number.NaN : span.attribute(...OUTPUT).tokensOrNaN(),
    ok: !span.isError,
    kind: shortenedOrNull(span.text(...MODEL)),
  })
}

function httpRequest(span: Span): RequestRecord {
  const status = Number(span.attribute(...STATUS).value ?? Number.NaN)
  return sentRequest(span.node, {
    sentMs: span.startMs,
    endMs: span.endMs,
    // a server's span of an answer 4xx is no error
    ok: !span.isError && !(status >= 400),
    kind: shortenedOrNull(span.text('http.route')) ?? pathKind(span.text(...PATH) ?? ''),
  })
}

const shortenedOrNull = (text: string | null) => (text === null ? null : shortened(text))
