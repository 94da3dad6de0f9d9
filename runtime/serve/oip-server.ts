import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { EXIT, Failure } from '../../scenarios/index.ts'
import type { AllowedHosts } from './allowed-hosts.ts'
import type { ClientRequests } from './client-requests.ts'
import type { EndedAs, EndedRequest } from './ended-request.ts'
import { mostBodyBytes, parseInferRequest } from './infer-request.ts'
import { inferResponse } from './infer-response.ts'
import { ModelStatistics } from './model-statistics.ts'
import { datatypeOf } from './oip-types.ts'
import { BodyBudget, readBody } from './request-body.ts'
import { RequestProblem } from './request-problem.ts'
import { MODEL_VERSION, type ServedModel, type TensorSpec } from './served-model.ts'
import { ServerMetrics } from './server-metrics.ts'

/** What a server answers from. */
interface OipOptions {
  readonly models: readonly ServedModel[]
  /** names, by number in the scenario */
  readonly classes: readonly string[]
  readonly hosts: AllowedHosts
  /** of Spillway */
  readonly version: string
}

/** Limits of connections, ms: a client that sends or reads slowly keeps nothing for long. */
const HEADERS_MS = 10_000
const BODY_MS = 30_000
const IDLE_MS = 60_000
const CHECK_MS = 2000
/** Of all bodies in memory. */
const MOST_BYTES = 256 * 2 ** 20
const MOST_CONNECTIONS = 4096

/** How requests that were not served are answered. */
const PROBLEMS: Readonly<
  Record<Exclude<EndedAs, 'served'>, readonly [status: number, text: string]>
> = {
  invalid: [400, 'the model cannot run these inputs, such as an index out of its range'],
  shed: [429, 'shed: the scenario refuses requests under this load'],
  timed_out: [504, 'timed out in the queue'],
  cancelled: [504, 'the client timeout of its class has passed in the queue'],
  abandoned: [504, 'the client timeout of its class had passed when it was done'],
  failed: [500, 'its batch has failed'],
  withdrawn: [500, 'withdrawn'],
  redundant: [500, 'redundant'],
  retried: [500, 'retried'],
}

interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string | Buffer
}

const json = (value: unknown): Answer => ({
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(value),
})

/**
 * The Open Inference Protocol over HTTP, with the statistics of Triton and metrics for Prometheus.
 * It opens no file for a client.
 */
export class OipServer {
  readonly #options: OipOptions
  readonly #clients: ClientRequests
  readonly #server: Server
  readonly #statistics: readonly ModelStatistics[]
  readonly #metrics: ServerMetrics
  readonly #ended: Record<string, number> = Object.create(null)
  readonly #budget = new BodyBudget(MOST_BYTES)
  #stopping = false

  constructor(options: OipOptions, clients: ClientRequests) {
    this.#options = options
    const { models, classes } = options
    this.#statistics = models.map(({ name }) => new ModelStatistics(name))
    this.#metrics = new ServerMetrics({ models: models.map(({ name }) => name), classes })
    this.#clients = clients
    clients.onEnded = (ended) => this.#note(ended)
    const settings = { connectionsCheckingInterval: CHECK_MS, keepAliveTimeout: IDLE_MS }
    this.#server = createServer(
      settings,
      (request, response) => void this.#handle(request, response),
    )
    this.#server.headersTimeout = HEADERS_MS
    this.#server.requestTimeout = BODY_MS
    this.#server.maxConnections = MOST_CONNECTIONS
  }

  /** Returns the port. Throws `Failure` where it is not to be had. */
  async listen({ host, port }: { readonly host: string; readonly port: number }): Promise<number> {
    const server = this.#server
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => {
        const why = error.code === 'EADDRINUSE' ? 'another program listens there' : error.message
        reject(new Failure(`cannot listen at ${host}, port ${port}: ${why}`, EXIT.invalidInput))
      })
      server.listen({ host, port }, resolve)
    })
    return (server.address() as AddressInfo).port
  }

  /** Takes no further request. Those under way go on. */
  stop(): void {
    this.#stopping = true
    this.#server.close()
    this.#server.closeIdleConnections()
  }

  /** Resolves when all connections have ended after `stop`, or in `ms` at the latest. */
  async closed(ms: number): Promise<void> {
    if (!this.#server.listening && this.#stopping) await this.#connectionsEnd(ms)
    this.#server.closeAllConnections()
  }

  async #connectionsEnd(ms: number): Promise<void> {
    const until = performance.now() + ms
    const left = () =>
      new Promise<number>((resolve) => this.#server.getConnections((_, count) => resolve(count)))
    while (performance.now() < until && (await left()) > 0) {
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  /** Requests by outcome. */
  get ended(): Readonly<Record<string, number>> {
    return { ...this.#ended }
  }

  get inFlight(): number {
    return this.#clients.inFlight
  }

  #note(ended: EndedRequest): void {
    this.#statistics[ended.model]!.add(ended, Date.now())
    this.#metrics.ended(ended)
    this.#ended[ended.as] = (this.#ended[ended.as] ?? 0) + 1
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // a client that leaves is no error of the server
    response.on('error', () => {})
    try {
      this.#refuseForeign(request)
      const answer = await this.#answer(request, response)
      if (answer !== null) this.#send(response, answer)
    } catch (error) {
      if (!(error instanceof RequestProblem)) {
        const fault = `internal error: ${(error as Error).message}`
        this.#send(response, { ...json({ error: fault }), status: 500 })
        return
      }
      // the rest of a body was not read, or the request is to be sent elsewhere
      if ([403, 413, 503].includes(error.status)) response.shouldKeepAlive = false
      this.#send(response, { ...json({ error: error.message }), status: error.status })
    }
  }

  #send(response: ServerResponse, { status = 200, headers = {}, body }: Answer): void {
    if (response.destroyed || response.headersSent) return
    if (this.#stopping) response.shouldKeepAlive = false
    this.#metrics.responded(status)
    // a client that does not read its answer is not waited for
    response.setTimeout(BODY_MS)
    response.writeHead(status, {
      ...headers,
      ...(status === 503 && { 'Retry-After': '1' }),
      'Content-Length': `${Buffer.byteLength(body)}`,
      'X-Content-Type-Options': 'nosniff',
    })
    response.end(body)
  }

  /** Pages of other sites must not reach a server on this machine through a browser. */
  #refuseForeign(request: IncomingMessage): void {
    const { host, origin } = request.headers
    const count = request.rawHeaders.filter((name, i) => i % 2 === 0 && /^host$/i.test(name)).length
    if (host === undefined || count !== 1 || !this.#options.hosts.allows(host)) {
      const text = 'header Host: expected the address of this server; --allow-host adds names'
      throw new RequestProblem(text, 403)
    }
    if (origin === undefined) return
    throw new RequestProblem('header Origin: expected none, as pages of browsers are refused', 403)
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<Answer | null> {
    const parts = pathParts(request.url ?? '')
    const [first, second, third, ...more] = parts
    if (first === 'metrics' && parts.length === 1) {
      expectMethod(request, response, 'GET')
      const headers = { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' }
      return { headers, body: `${this.#metrics}` }
    }
    if (first !== 'v2') throw new RequestProblem('no such path; it begins with /v2', 404)
    if (second === undefined) {
      expectMethod(request, response, 'GET')
      const { version } = this.#options
      return json({ name: 'spillway', version, extensions: ['binary_tensor_data', 'statistics'] })
    }
    if (second === 'health' && more.length === 0 && (third === 'live' || third === 'ready')) {
      expectMethod(request, response, 'GET')
      if (third === 'live') return json({ live: true })
      return { ...json({ ready: !this.#stopping }), status: this.#stopping ? 503 : 200 }
    }
    if (second !== 'models' || third === undefined) throw new RequestProblem('no such path', 404)
    if (third === 'stats' && more.length === 0) {
      expectMethod(request, response, 'GET')
      return json({ model_stats: this.#statistics })
    }
    const number = this.#options.models.findIndex(({ name }) => name === third)
    if (number < 0) {
      const names = this.#options.models.map(({ name }) => name).join(', ')
      throw new RequestProblem(`no such model; expected one of ${names}`, 404)
    }
    return this.#ofModel(number, afterVersion(more), request, response)
  }

  async #ofModel(
    number: number,
    path: readonly string[],
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<Answer | null> {
    const model = this.#options.models[number]!
    const what = path.join('/')
    if (what === 'infer') {
      expectMethod(request, response, 'POST')
      return this.#infer(number, request, response)
    }
    if (!['', 'ready', 'stats'].includes(what)) throw new RequestProblem('no such path', 404)
    expectMethod(request, response, 'GET')
    if (what === 'stats') return json({ model_stats: [this.#statistics[number]] })
    if (what === 'ready') {
      const ready = { name: model.name, ready: !this.#stopping }
      return { ...json(ready), status: this.#stopping ? 503 : 200 }
    }
    return json({
      name: model.name,
      versions: [MODEL_VERSION],
      platform: 'onnxruntime_onnx',
      inputs: model.inputs.map(metadataOf),
      outputs: model.outputs.map(metadataOf),
    })
  }

  async #infer(
    number: number,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<Answer | null> {
    const model = this.#options.models[number]!
    const encoding = request.headers['content-encoding']
    if (encoding !== undefined && encoding !== 'identity') {
      throw new RequestProblem('header Content-Encoding: expected none')
    }
    const headerBytes = headerLength(request.headers['inference-header-content-length'])
    const settled = await this.#settled(number, request, headerBytes)
    if (settled === null || response.destroyed) return null
    const { ended, asked } = settled
    if (ended.as !== 'served') {
      const [status, text] = PROBLEMS[ended.as]
      throw new RequestProblem(text, status)
    }
    return inferResponse({ ...asked, bytes: ended.outputs! }, model)
  }

  /** Null where the client has left before its request was read. */
  async #settled(number: number, request: IncomingMessage, headerBytes: number | null) {
    const model = this.#options.models[number]!
    const body = await readBody(request, { mostBytes: mostBodyBytes(model), budget: this.#budget })
    if (body === null) return null
    const { sent, asked } = this.#sent(number, body, headerBytes)
    return { ended: await sent, asked }
  }

  /** Keeps nothing of the body. */
  #sent(number: number, body: Buffer, headerBytes: number | null) {
    try {
      if (this.#stopping) throw new RequestProblem('the server is ending', 503)
      const parsed = parseInferRequest(body, headerBytes, this.#options.models[number]!)
      const sent = this.#clients.send(number, parsed)
      if (sent === null) throw new RequestProblem('as many requests as possible are in flight', 503)
      this.#metrics.sent(number)
      const { id, length, outputs } = parsed
      return { sent, asked: { id, length, outputs } }
    } finally {
      this.#budget.giveBack(body.length)
    }
  }
}

const metadataOf = ({ name, type, shape }: TensorSpec) => ({
  name,
  datatype: datatypeOf(type),
  // a client sends one request of a batch; -1 is free
  shape: shape.map((size) => (size === 'batch' ? 1 : size === 'length' ? -1 : size)),
})

/** The parts of a path, decoded. Throws `RequestProblem`. */
function pathParts(target: string): string[] {
  const path = target.split('?', 1)[0]!
  if (!path.startsWith('/')) throw new RequestProblem('expected a path that begins with /')
  try {
    return path.split('/').slice(1).map(decodeURIComponent)
  } catch {
    throw new RequestProblem('the path: expected percent-encoded UTF-8')
  }
}

/** A path of a model without its version. */
function afterVersion(path: readonly string[]): readonly string[] {
  if (path[0] !== 'versions') return path
  if (path[1] === MODEL_VERSION) return path.slice(2)
  throw new RequestProblem(`no such version; expected ${MODEL_VERSION}`, 404)
}

function expectMethod(
  { method }: IncomingMessage,
  response: ServerResponse,
  expected: 'GET' | 'POST',
): void {
  if (method === expected || (expected === 'GET' && method === 'HEAD')) return
  response.setHeader('Allow', expected === 'GET' ? 'GET, HEAD' : 'POST')
  throw new RequestProblem(`expected method ${expected}`, 405)
}

/** How many bytes of a body are JSON; null where the header is absent. */
function headerLength(value: string | readonly string[] | undefined): number | null {
  if (value === undefined) return null
  if (typeof value === 'string' && /^\d{1,10}$/.test(value)) return Number(value)
  throw new RequestProblem('header Inference-Header-Content-Length: expected a number of bytes')
}
