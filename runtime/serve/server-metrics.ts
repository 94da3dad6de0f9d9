import type { EndedAs, EndedRequest, Generated } from './ended-request.ts'
import { Histogram } from './histogram.ts'

type Labels = Readonly<Record<string, string | number>>

/** Bounds of buckets: s, and requests of a batch. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]

/** Values by their labels, in the order in which they were first seen. */
class Labelled<Value> {
  readonly #values = new Map<string, readonly [Labels, Value]>()
  readonly #first: () => Value

  constructor(first: () => Value) {
    this.#first = first
  }

  of(labels: Labels): Value {
    const key = labelText(labels)
    const known = this.#values.get(key)
    if (known !== undefined) return known[1]
    const value = this.#first()
    this.#values.set(key, [labels, value])
    return value
  }

  entries(): Iterable<readonly [Labels, Value]> {
    return this.#values.values()
  }
}

/** What a server counts, as text for Prometheus. */
export class ServerMetrics {
  readonly #models: readonly string[]
  /** by number in the scenario */
  readonly #classes: readonly string[]
  readonly #ended = new Labelled(() => ({ count: 0 }))
  readonly #responses = new Labelled(() => ({ count: 0 }))
  readonly #inFlight: number[]
  readonly #total = new Labelled(() => new Histogram(SECONDS))
  readonly #queue = new Labelled(() => new Histogram(SECONDS))
  readonly #compute = new Labelled(() => new Histogram(SECONDS))
  readonly #first = new Labelled(() => new Histogram(SECONDS))
  readonly #tokens = new Labelled(() => ({ count: 0 }))
  readonly #sizes = new Labelled(() => new Histogram(SIZES))

  constructor(names: { readonly models: readonly string[]; readonly classes: readonly string[] }) {
    this.#models = names.models
    this.#classes = names.classes
    this.#inFlight = names.models.map(() => 0)
  }

  /** A request of a model was sent to the dispatcher. */
  sent(model: number): void {
    this.#inFlight[model]!++
  }

  ended({ model, class: number, as, totalMs, batch, generated }: EndedRequest): void {
    this.#inFlight[model]!--
    const labels = { model: this.#models[model]!, class: this.#classes[number]! }
    this.#ended.of({ ...labels, outcome: as }).count++
    // also of a request whose client no longer waits
    if (batch?.first) {
      this.#compute.of({ model: labels.model }).add(batch.computeMs / 1000)
      this.#sizes.of({ model: labels.model }).add(batch.size)
    }
    if (generated !== null) this.#generated(labels, generated)
    if (as !== ('served' satisfies EndedAs)) return
    this.#total.of(labels).add(totalMs / 1000)
    if (batch !== null) this.#queue.of(labels).add(batch.queueMs / 1000)
  }

  #generated(labels: Labels, { promptTokens, tokens, firstMs }: Generated): void {
    if (firstMs !== null) this.#first.of(labels).add(firstMs / 1000)
    this.#tokens.of({ ...labels, of: 'prompt' }).count += promptTokens
    this.#tokens.of({ ...labels, of: 'answer' }).count += tokens
  }

  /** A response of HTTP, of any path. */
  responded(status: number): void {
    this.#responses.of({ status }).count++
  }

  toString(): string {
    const ended = 'Requests for inference that the scheduler has settled, by their outcome.'
    return [
      ...counters('spillway_requests_total', ended, this.#ended),
      ...counters('spillway_http_responses_total', 'Responses by status.', this.#responses),
      ...head('spillway_requests_in_flight', 'gauge', 'Requests that wait or are computed.'),
      ...this.#inFlight.map((count, i) =>
        line('spillway_requests_in_flight', { model: this.#models[i]! }, count),
      ),
      ...histograms(
        'spillway_request_duration_seconds',
        'From the arrival of a served request to its end.',
        this.#total,
      ),
      ...histograms(
        'spillway_request_queue_duration_seconds',
        'From the arrival of a served request to the start of its batch.',
        this.#queue,
      ),
      ...histograms('spillway_batch_duration_seconds', 'Time of a batch.', this.#compute),
      ...histograms('spillway_batch_size', 'Requests of a batch.', this.#sizes),
      ...histograms(
        'spillway_time_to_first_token_seconds',
        'From the arrival of a request to its first token.',
        this.#first,
      ),
      ...counters('spillway_tokens_total', 'Tokens of prompts and of answers.', this.#tokens),
      '',
    ].join('\n')
  }
}

const head = (name: string, type: string, help: string) => [
  `# HELP ${name} ${help}`,
  `# TYPE ${name} ${type}`,
]

function counters(name: string, help: string, values: Labelled<{ readonly count: number }>) {
  const lines = Array.from(values.entries(), ([labels, { count }]) => line(name, labels, count))
  return [...head(name, 'counter', help), ...lines]
}

function histograms(name: string, help: string, values: Labelled<Histogram>): string[] {
  const lines = [...values.entries()].flatMap(([labels, histogram]) => {
    const counts = histogram.cumulative()
    const buckets = counts.map((count, i) =>
      line(`${name}_bucket`, { ...labels, le: histogram.bounds[i] ?? '+Inf' }, count),
    )
    const sum = line(`${name}_sum`, labels, histogram.sum)
    return [...buckets, sum, line(`${name}_count`, labels, counts.at(-1)!)]
  })
  return [...head(name, 'histogram', help), ...lines]
}

const line = (name: string, labels: Labels, value: number) => `${name}${labelText(labels)} ${value}`

function labelText(labels: Labels): string {
  const texts = Object.entries(labels).map(([key, value]) => `${key}="${escaped(`${value}`)}"`)
  return `{${texts.join(',')}}`
}

const escaped = (text: string) =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
