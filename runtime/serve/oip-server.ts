import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { EXIT, Failure } from '../../scenarios/index.ts'
import type { AllowedHosts } from './allowed-hosts.ts'
import type { ClientRequests } from './client-requests.ts'
import { CompletionsApi, openAiError } from './completions-api.ts'
import type { EndedRequest } from './ended-request.ts'
import { type Answer, expectMethod, json } from './http-answer.ts'
import { mostBodyBytes, parseInferRequest } from './infer-request.ts'
import { inferResponse } from './infer-response.ts'
import { ModelStatistics } from './model-statistics.ts'
import { datatypeOf } from './oip-types.ts'
import { BodyBudget, discardRest, withBody } from './request-body.ts'
import { outcomeProblem, RequestProblem } from './request-problem.ts'
import {
  MODEL_VERSION,
  type ServedDecoder,
  type ServedModel,
  type TensorSpec,
} from './served-model.ts'
import { ServerMetrics } from './server-metrics.ts'

/** What a server answers from. */
export interface OipOptions {
  readonly models: readonly ServedModel[]
  /** those that generate; their numbers come after those of the others */
  readonly decoders: readonly ServedDecoder[]
  /** names, by number in the scenario */
  readonly classes: readonly string[]
  readonly hosts: AllowedHosts
  /** of Spillway */
  readonly version: string
  /** default: LIMITS */
  readonly limits?: Partial<typeof LIMITS>
}

/** A client that sends or reads slowly keeps nothing for long. */
const LIMITS = {
  headersMs: 10_000,
  /** of a request with its body, and of its answer */
  bodyMs: 30_000,
  idleMs: 60_000,
  /** how often connections are looked at */
  checkMs: 2000,
  /** of all bodies in memory */
  bytes: 256 * 2 ** 20,
  connections: 4096,
}

/** Bytes of a body that is read after its answer. */
const MOST_DISCARDED = 16 * 2 ** 20

/**
 * The Open Inference Protocol over HTTP, with the statistics of Triton and metrics for Prometheus,
 * and OpenAI's completions for models that generate. It opens no file for a client.
 */
export class OipServer {
  readonly #options: OipOptions
  readonly #clients: ClientRequests
  readonly #server: Server
  readonly #statistics: readonly ModelStatistics[]
  readonly #metrics: ServerMetrics
  readonly #ended: Record<string, number> = Object.create(null)
  readonly #limits: typeof LIMITS
  readonly #budget: BodyBudget
  readonly #completions: CompletionsApi
  #stopping = false

  constructor(options: OipOptions, clients: ClientRequests) {
    this.#options = options
    const { models, decoders, classes } = options
    this.#statistics = models.map(({ name }) => new ModelStatistics(name))
    const names = [...models, ...decoders].map(({ name }) => name)
    this.#metrics = new ServerMetrics({ models: names, classes })
    this.#clients = clients
    clients.onEnded = (ended) => this.#note(ended)
    this.#limits = { ...LIMITS, ...options.limits }
    const { headersMs, bodyMs, idleMs, checkMs, bytes, connections } = this.#limits
    this.#budget = new BodyBudget(bytes)
    this.#completions = new CompletionsApi({
      ...{ decoders, firstNumber: models.length, clients, answerMs: bodyMs },
      ...{ metrics: this.#metrics, budget: this.#budget, expectOpen: () => this.#expectOpen() },
    })
    this.#server = createServer({
      ...{ headersTimeout: headersMs, requestTimeout: bodyMs, keepAliveTimeout: idleMs },
      connectionsCheckingInterval: checkMs,
    })
    const handle = (request: IncomingMessage, response: ServerResponse) =>
      void this.#handle(request, response)
    // a client that asks whether to send its body is answered once the body is read
    this.#server.on('request', handle).on('checkContinue', handle)
    this.#server.maxConnections = connections
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
      // whose last answer has been written since
      this.#server.closeIdleConnections()
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

  /** of bodies that are being read */
  get bytesInMemory(): number {
    return this.#budget.used
  }

  #note(ended: EndedRequest): void {
    // those of Triton are of batches
    this.#statistics[ended.model]?.add(ended, Date.now())
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
      if (!request.complete) this.#leaveBody(request, response)
      if (!(error instanceof RequestProblem)) {
        const fault = `internal error: ${(error as Error).message}`
        this.#send(response, { ...json({ error: fault }), status: 500 })
        // of an answer under way
        if (!response.writableEnded) response.destroy()
        return
      }
      const isOpenAi = request.url?.startsWith('/v1/') === true
      const body = isOpenAi ? openAiError(error) : { error: error.message }
      this.#send(response, { ...json(body), status: error.status })
    }
  }

  /** The rest of a body is of no use. A client may look at its answer only when it has sent all. */
  #leaveBody(request: IncomingMessage, response: ServerResponse): void {
    if (request.headers.expect !== undefined) response.shouldKeepAlive = false
    else discardRest(request, MOST_DISCARDED)
  }

  #send(response: ServerResponse, { status = 200, headers = {}, body }: Answer): void {
    if (response.destroyed || response.headersSent) return
    if (this.#stopping) response.shouldKeepAlive = false
    this.#metrics.responded(status)
    // a client that does not read its answer is not waited for
    response.setTimeout(this.#limits.bodyMs)
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
    if (first === 'v1') return this.#completions.answer(parts.slice(1), request, response)
    if (first !== 'v2') throw new RequestProblem('no such path; it begins with /v1 or /v2', 404)
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
    const limits = { mostBytes: mostBodyBytes(model), budget: this.#budget }
    const started = await withBody(request, response, limits, (body) =>
      this.#start(number, body, headerBytes),
    )
    // the client has left before its request was read
    if (started === null) return null
    const ended = await started.sent
    if (response.destroyed) return null
    if (ended.as !== 'served') throw outcomeProblem(ended.as)
    return inferResponse({ ...started.asked, bytes: ended.outputs! }, model)
  }

  /** Keeps nothing of the body. */
  #start(number: number, body: Buffer, headerBytes: number | null) {
    this.#expectOpen()
    const parsed = parseInferRequest(body, headerBytes, this.#options.models[number]!)
    const sent = this.#clients.send(number, parsed)
    if (sent === null) throw new RequestProblem('as many requests as possible are in flight', 503)
    this.#metrics.sent(number)
    const { id, length, outputs } = parsed
    return { sent, asked: { id, length, outputs } }
  }

  #expectOpen(): void {
    if (this.#stopping) throw new RequestProblem('the server is ending', 503)
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

/** How many bytes of a body are JSON; null where the header is absent. */
function headerLength(value: string | readonly string[] | undefined): number | null {
  if (value === undefined) return null
  if (typeof value === 'string' && /^\d{1,10}$/.test(value)) return Number(value)
  throw new RequestProblem('header Inference-Header-Content-Length: expected a number of bytes')
}
