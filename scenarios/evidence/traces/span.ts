import { JsonNode, NANOSECONDS } from '../load-generators/json-node.ts'

type Attributes = ReadonlyMap<string, unknown>

/** What made a span. */
interface Resource {
  /** `service.name` */
  readonly service: string
  /** `service.instance.id`; null where it is not named */
  readonly instance: string | null
}

/** A span of a document; reading one of its figures throws `RecordProblem` with its path. */
export class Span {
  readonly node: JsonNode
  readonly resource: Resource
  readonly #scope: Attributes
  #own: Attributes | null = null

  constructor(node: JsonNode, resource: Resource, scope: Attributes) {
    this.node = node
    this.resource = resource
    this.#scope = scope
  }

  get #attributes(): Attributes {
    this.#own ??= attributesOf(this.node)
    return this.#own
  }

  /** Whether it is of a server that answers a request: kind 2 of SpanKind. */
  get isServer(): boolean {
    const { value } = this.node.field('kind')
    return value === 2 || value === 'SPAN_KIND_SERVER'
  }

  /** Whether its status is an error: code 2 of Status, or an error of its attributes. */
  get isError(): boolean {
    const { value } = this.node.field('status').field('code')
    return value === 2 || value === 'STATUS_CODE_ERROR' || this.has('error.type')
  }

  get startMs(): number {
    return unixMs(this.node.field('startTimeUnixNano'))
  }

  get endMs(): number {
    return unixMs(this.node.field('endTimeUnixNano'))
  }

  /** What names it in all files; null where the document does not name it. */
  get id(): string | null {
    return this.#idIn('spanId')
  }

  /** The same of the span around it. */
  get parentId(): string | null {
    return this.#idIn('parentSpanId')
  }

  #idIn(field: string): string | null {
    const [trace, span] = [this.node.field('traceId'), this.node.field(field)].map(idOf)
    return trace && span ? `${trace}/${span}` : null
  }

  /** Key-value pairs of all participants in its trace, as `ot=th:c`; empty for none. */
  get traceState(): string {
    const { value } = this.node.field('traceState')
    return typeof value === 'string' ? value : ''
  }

  has(name: string): boolean {
    return this.#attributes.has(name)
  }

  /** Whether it or its scope has an attribute whose name begins like this. */
  hasPrefix(prefix: string): boolean {
    for (const names of [this.#attributes, this.#scope]) {
      for (const name of names.keys()) if (name.startsWith(prefix)) return true
    }
    return false
  }

  /** The first of these attributes that it has; absent where it has none. */
  attribute(...names: readonly string[]): JsonNode {
    const name = names.find((each) => this.has(each)) ?? names[0]!
    return new JsonNode(this.#attributes.get(name), `attributes.${name}`, this.node)
  }

  /** The same as text; null for none, or an empty one. */
  text(...names: readonly string[]): string | null {
    const { value } = this.attribute(...names)
    return typeof value === 'string' && value !== '' ? value : null
  }
}

/**
 * The spans of an ExportTraceServiceRequest, as the file exporter of the OpenTelemetry collector
 * writes one a line: opentelemetry/proto/trace/v1/trace.proto as JSON, with numbers of enums, ids
 * in hexadecimal and integers of 64 bits as text. Other writers have names of enums and numbers.
 * Jaeger's /api/v3/traces has it as its `result`. Until 2022 scopes were libraries.
 */
export function* spansIn(document: unknown): Generator<Span> {
  const root = new JsonNode(document)
  const own = root.field('resourceSpans')
  const resources = own.absent ? root.field('result').field('resourceSpans') : own
  for (const resource of itemsOf(resources)) {
    const source = resourceOf(resource.field('resource'))
    const scopes = resource.field('scopeSpans')
    const libraries = resource.field('instrumentationLibrarySpans')
    for (const scope of itemsOf(scopes.or(libraries))) {
      const marks = attributesOf(scope.field('scope'))
      for (const node of itemsOf(scope.field('spans'))) yield new Span(node, source, marks)
    }
  }
}

const itemsOf = (list: JsonNode): Iterable<JsonNode> => (list.absent ? [] : list.items())

/** As the specification of resources names a service without a name. */
const UNKNOWN_SERVICE = 'unknown_service'

function resourceOf(resource: JsonNode): Resource {
  const attributes = attributesOf(resource)
  const text = (name: string) => {
    const value = attributes.get(name)
    return typeof value === 'string' && value !== '' ? value.slice(0, MOST_CHARACTERS) : null
  }
  return {
    service: text('service.name') ?? UNKNOWN_SERVICE,
    instance: text('service.instance.id'),
  }
}

/** Of a name that is kept for each span. */
const MOST_CHARACTERS = 200

function attributesOf(holder: JsonNode): Attributes {
  const attributes = new Map<string, unknown>()
  for (const pair of itemsOf(holder.field('attributes'))) {
    const { value: key } = pair.field('key')
    const value = plainValue(pair.field('value'))
    if (typeof key === 'string' && value !== undefined) attributes.set(key, value)
  }
  return attributes
}

/** An AnyValue that is no list and no map; undefined for others. */
function plainValue(any: JsonNode): unknown {
  const { value: integer } = any.field('intValue')
  if (typeof integer === 'string' && /^-?\d{1,19}$/.test(integer)) return Number(integer)
  const others = ['stringValue', 'doubleValue', 'boolValue'].map((name) => any.field(name).value)
  return [integer, ...others].find((value) => value !== undefined && value !== null)
}

/** 16 bytes at most: 32 digits. */
const MOST_ID = 64

/** Null for an id that is missing or empty. */
function idOf(id: JsonNode): string | null {
  const { value } = id
  if (id.absent || value === '') return null
  if (typeof value === 'string' && value.length <= MOST_ID) return value
  throw id.refused(`an id of at most ${MOST_ID} characters`)
}

/**
 * A time since 1970 in ns, which a double would round to 256 ns before it is scaled: ms and the
 * rest are read apart. A double of ms since 1970 holds 0.25 µs.
 */
function unixMs(time: JsonNode): number {
  const { value } = time
  if (typeof value === 'number' && value > 0) return time.ms(NANOSECONDS)
  if (typeof value === 'string' && /^\d{1,19}$/.test(value)) {
    const ms = Number(value.slice(0, -6)) + Number(value.slice(-6)) * NANOSECONDS.ms
    if (ms > 0) return ms
  }
  throw time.refused('ns since 1970')
}
