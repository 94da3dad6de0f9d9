import { Failure } from '../../failure.ts'
import { listed, shortened } from '../../parse/describe-value.ts'
import type { RequestRecord } from '../request-record.ts'
import { type RequestSpan, type RequestSpanKind, SPAN_KINDS } from './request-span.ts'
import { samplingNote } from './sampling.ts'

/** A request, and the index of the file that has its span. */
interface FoundRequest {
  readonly record: RequestRecord
  readonly file: number
}

export interface FoundRequests {
  readonly requests: readonly FoundRequest[]
  /** the kind of their spans */
  readonly kind: RequestSpanKind
  /** what limits their use */
  readonly notes: readonly string[]
}

interface Found extends RequestSpan {
  readonly file: number
}

/** Spans that show requests, of all files: the spans of one request may be in several. */
export class TraceRequests {
  readonly #service: string | null
  readonly #services = new Map<string, ServiceSpans>()
  /** the others, where one is stated */
  readonly #otherServices = new Set<string>()
  #count = 0

  /** Null for the only service that there is. */
  constructor(service: string | null) {
    this.#service = service
  }

  /** The number of spans that are kept. */
  get count(): number {
    return this.#count
  }

  add(span: RequestSpan, file: number): void {
    const { service } = span
    if (this.#service !== null && service !== this.#service) {
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
    if (spans !== undefined) return spans.found()
    const others = [...this.#otherServices].map(shortened)
    if (others.length === 0) throw new Failure(`${source}: ${NO_REQUESTS}`)
    throw new Failure(`--service: expected one of ${listed(others)}, got ${this.#service}`)
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

  found(): FoundRequests {
    const kind = SPAN_KINDS.find((each) => this.#byKind.has(each))!
    const spans = this.#byKind.get(kind)!
    const kept = kind === 'http' ? outermost(spans) : innermost(spans)
    const left = SPAN_KINDS.flatMap((each) => {
      const others = each === kind ? undefined : this.#byKind.get(each)
      return others === undefined ? [] : [leftOutNote(others, each, kind)]
    })
    const repeated = `${this.#repeated} spans are in the files again, and count once`
    const sampling = samplingNote(kept.map(({ share }) => share))
    return {
      requests: kept,
      kind,
      notes: [
        ...(sampling === null ? [] : [sampling]),
        ...left,
        ...(this.#repeated > 0 ? [repeated] : []),
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
      return { ...span, record: completed(span.record, around.record) }
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
