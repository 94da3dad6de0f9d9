import { Failure } from '../../failure.ts'
import { listed, shortened } from '../../parse/describe-value.ts'
import type { RequestRecord } from '../request-record.ts'
import { type RequestSpan, type RequestSpanKind, SPAN_KINDS } from './request-span.ts'
import { type Sampling, samplingOf } from './sampling.ts'

/** A span of a request, with the index of the file that has it. */
interface Found extends RequestSpan {
  readonly file: number
}

export interface FoundRequests {
  readonly requests: readonly Found[]
  /** the kind of their spans */
  readonly kind: RequestSpanKind
  readonly sampling: Sampling
  /** what limits their use */
  readonly notes: readonly string[]
}

/** What the user states of the spans; null for what is not stated. */
interface Stated {
  /** `service.name` of the server */
  readonly service: string | null
  /** share of the requests that was traced */
  readonly share: number | null
}

/** Spans that show requests, of all files: the spans of one request may be in several. */
export class TraceRequests {
  readonly #stated: Stated
  readonly #services = new Map<string, ServiceSpans>()
  /** the others, where one is stated */
  readonly #otherServices = new Set<string>()
  #count = 0

  constructor(stated: Stated) {
    this.#stated = stated
  }

  /** The number of spans that are kept. */
  get count(): number {
    return this.#count
  }

  add(span: RequestSpan, file: number): void {
    const { service } = span
    if (this.#stated.service !== null && service !== this.#stated.service) {
      if (this.#otherServices.size < MOST_NAMES) this.#otherServices.add(service)
      return
    }
    let spans = this.#services.get(service)
    if (spans === undefined) {
      spans = new ServiceSpans()
      this.#services.set(service, spans)
    }
    if (spans.add({ ...span, file })) this.#count++
  }

  /**
   * The requests of the service; `source` names their files in a message. Throws `Failure` where
   * there are several services: their hosts have clocks of their own, and a request of one is
   * another request of the next.
   */
  found(source: string): FoundRequests {
    if (this.#services.size > 1) {
      const names = [...this.#services].map(([name, { size }]) => `${shortened(name)} (${size})`)
      const problem = `expected requests of one service, got those of ${listed(names)}`
      throw new Failure(`${source}: ${problem}; state which with --service`)
    }
    const [spans] = this.#services.values()
    if (spans !== undefined) return spans.found(this.#stated.share)
    const others = [...this.#otherServices].map(shortened)
    if (others.length === 0) throw new Failure(`${source}: ${NO_REQUESTS}`)
    const { service } = this.#stated
    throw new Failure(`--service: expected one of ${listed(others)}, got ${service}`)
  }
}

/** Names of a message; it shows fewer. */
const MOST_NAMES = 1000

const NO_REQUESTS =
  'expected spans of requests, got none: spans of kind SERVER with attributes http.*, or spans with gen_ai.*'

/** The spans of one service. */
class ServiceSpans {
  readonly #byKind = new Map<RequestSpanKind, Found[]>()
  readonly #ids = new Set<string>()
  #repeated = 0

  get size(): number {
    let size = 0
    for (const spans of this.#byKind.values()) size += spans.length
    return size
  }

  /** Whether it is kept: exporters that try again may send a span twice. */
  add(span: Found): boolean {
    if (span.id !== null) {
      const id = `${span.kind} ${span.id}`
      if (this.#ids.has(id)) {
        this.#repeated++
        return false
      }
      this.#ids.add(id)
    }
    const others = this.#byKind.get(span.kind)
    if (others === undefined) this.#byKind.set(span.kind, [span])
    else others.push(span)
    return true
  }

  /** `share`: of the requests that was traced, where the user states it. */
  found(share: number | null): FoundRequests {
    const kind = SPAN_KINDS.find((each) => this.#byKind.has(each))!
    const spans = this.#byKind.get(kind)!
    const requests = kind === 'http' ? outermost(spans) : innermost(spans)
    const left = SPAN_KINDS.flatMap((each) => {
      const others = each === kind ? undefined : this.#byKind.get(each)
      return others === undefined ? [] : [leftOutNote(others, each, kind)]
    })
    const sampling = samplingOf(
      requests.map((span) => span.share),
      share,
    )
    const repeated = `${this.#repeated} spans are in the files again, and count once`
    return {
      ...{ requests, kind, sampling },
      notes: [
        ...(sampling.note === null ? [] : [sampling.note]),
        ...left,
        ...(this.#repeated > 0 ? [repeated] : []),
        ...answerNotes(requests),
      ],
    }
  }
}

const NAMES: Readonly<Record<RequestSpanKind, string>> = {
  'model server': 'spans of a model server',
  'model call': 'spans of calls of a model',
  http: 'spans of HTTP requests',
}

function leftOutNote(spans: readonly Found[], kind: RequestSpanKind, kept: RequestSpanKind) {
  const failed = spans.filter(({ record }) => !record.ok).length
  const which = `${spans.length} ${NAMES[kind]} (${failed} failed)`
  return `${which} are left out: ${NAMES[kept]} are the requests of the service, and the others are of the same requests, or of those without a model`
}

/** Requests with several answers, in one span or with a span for each. */
function answerNotes(requests: readonly Found[]): string[] {
  const joined = requests.filter(({ severalAnswers }) => severalAnswers).length
  const byRequest = new Map<string, number>()
  for (const { request } of requests) {
    if (request !== null) byRequest.set(request, (byRequest.get(request) ?? 0) + 1)
  }
  const several = [...byRequest.values()].filter((answers) => answers > 1)
  const apart = several.reduce((sum, answers) => sum + answers, 0)
  return [
    ...(joined === 0
      ? []
      : [
          `${joined} requests have several answers each: the sum of their tokens is no length, and what these answers took of the server is not seen`,
        ]),
    ...(apart === 0
      ? []
      : [
          `${several.length} requests have a span for each of several answers: their ${apart} answers count as requests, as a server generates each apart`,
        ]),
  ]
}

/** Without those within another one: a proxy of the same name, and the server behind it. */
function outermost(spans: readonly Found[]): readonly Found[] {
  const ids = new Set(spans.map(({ id }) => id))
  return spans.filter(
    ({ id, parentId }) => parentId === null || parentId === id || !ids.has(parentId),
  )
}

/**
 * Without those around another one: a framework, and the client of the model that it calls. Lengths
 * that only the outer one has are those of the inner one, where it has one alone.
 */
function innermost(spans: readonly Found[]): readonly Found[] {
  const inner = new Map<string, number>()
  for (const { id, parentId } of spans) {
    if (parentId !== null && parentId !== id) inner.set(parentId, (inner.get(parentId) ?? 0) + 1)
  }
  const outer = new Map<string, Found>()
  for (const span of spans) {
    if (span.id !== null && inner.has(span.id)) outer.set(span.id, span)
  }
  if (outer.size === 0) return spans
  return spans
    .filter(({ id }) => id === null || !outer.has(id))
    .map((span) => {
      const around = span.parentId === null ? undefined : outer.get(span.parentId)
      if (around === undefined || inner.get(span.parentId!) !== 1) return span
      const severalAnswers = span.severalAnswers || around.severalAnswers
      const record = completed(span.record, around.record)
      if (severalAnswers)
        return { ...span, severalAnswers, record: { ...record, outputTokens: Number.NaN } }
      return { ...span, record }
    })
}

function completed(record: RequestRecord, other: RequestRecord): RequestRecord {
  const { inputTokens, outputTokens, kind } = record
  return {
    ...record,
    inputTokens: Number.isNaN(inputTokens) ? other.inputTokens : inputTokens,
    outputTokens: Number.isNaN(outputTokens) && record.ok ? other.outputTokens : outputTokens,
    kind: kind ?? other.kind,
  }
}
