import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ClientRequests, Settled } from './client-requests.ts'
import { mostCompletionBytes, parseCompletion } from './completion-request.ts'
import { CompletionResponse, eventOf } from './completion-response.ts'
import { type Answer, expectMethod, json } from './http-answer.ts'
import { type BodyBudget, withBody } from './request-body.ts'
import { outcomeProblem, RequestProblem } from './request-problem.ts'
import type { ServedDecoder } from './served-model.ts'
import type { ServerMetrics } from './server-metrics.ts'

interface CompletionsParts {
  readonly decoders: readonly ServedDecoder[]
  /** models before the first that generates */
  readonly firstNumber: number
  readonly clients: Pick<ClientRequests, 'generate'>
  readonly metrics: Pick<ServerMetrics, 'sent' | 'responded'>
  readonly budget: BodyBudget
  /** Throws `RequestProblem` where no request is taken any more. */
  readonly expectOpen: () => void
  /** how long an answer may wait for its client, ms */
  readonly answerMs: number
}

/** Bytes of a stream that wait for their client. */
const MOST_UNREAD = 2 ** 20

/** OpenAI's completions for models that generate. */
export class CompletionsApi {
  readonly #parts: CompletionsParts
  /** when models were created, as far as clients see: s since 1970 */
  readonly #created = Math.floor(Date.now() / 1000)

  constructor(parts: CompletionsParts) {
    this.#parts = parts
  }

  /** `path`: what follows `/v1`. Null where the response has been written. */
  async answer(
    path: readonly string[],
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<Answer | null> {
    const [what, name, ...more] = path
    if (what === 'models' && more.length === 0) {
      expectMethod(request, response, 'GET')
      const all = this.#parts.decoders.map((decoder) => this.#modelOf(decoder))
      if (name === undefined) return json({ object: 'list', data: all })
      const found = all.find(({ id }) => id === name)
      if (found !== undefined) return json(found)
      throw new RequestProblem('no such model', 404)
    }
    if (what !== 'completions' || name !== undefined) throw new RequestProblem('no such path', 404)
    expectMethod(request, response, 'POST')
    return this.#complete(request, response)
  }

  #modelOf({ name, context }: ServedDecoder) {
    const owner = { created: this.#created, owned_by: 'spillway' }
    return { id: name, object: 'model', ...owner, max_model_len: context }
  }

  async #complete(request: IncomingMessage, response: ServerResponse): Promise<Answer | null> {
    const { decoders, budget } = this.#parts
    const limits = { mostBytes: mostCompletionBytes(decoders), budget }
    const started = await withBody(request, response, limits, (body) => this.#start(body, response))
    if (started === null) return null
    const { sent, finish } = started
    return finish(await sent)
  }

  #start(body: Uint8Array, response: ServerResponse) {
    const { decoders, firstNumber, clients, metrics, expectOpen } = this.#parts
    expectOpen()
    const asked = parseCompletion(body, decoders)
    const model = decoders[asked.decoder]!.name
    const created = Math.floor(Date.now() / 1000)
    const completion = new CompletionResponse({ id: `cmpl-${randomUUID()}`, created, model }, asked)
    const tokens: number[] = []
    const onTokens = (more: Int32Array) => {
      if (asked.stream) this.#write(response, completion.events(more))
      else tokens.push(...more)
    }
    const number = firstNumber + asked.decoder
    const sent = clients.generate(number, asked, onTokens)
    if (sent === null) throw new RequestProblem('as many requests as possible are in flight', 503)
    metrics.sent(number)
    const finish = ({ as }: Settled): Answer | null => {
      const problem = as === 'served' ? null : outcomeProblem(as)
      if (problem !== null && !response.headersSent) throw problem
      if (!asked.stream) return json(completion.whole(tokens))
      // the tokens before it were sent under status 200
      this.#write(response, problem === null ? completion.end() : eventOf(openAiError(problem)))
      if (!response.destroyed) response.end()
      return null
    }
    return { sent, finish }
  }

  /** Writes events. A client that does not read them is left. */
  #write(response: ServerResponse, events: string): void {
    if (response.destroyed) return
    if (response.writableLength > MOST_UNREAD) {
      response.destroy()
      return
    }
    if (!response.headersSent) {
      response.setTimeout(this.#parts.answerMs)
      response.writeHead(200, {
        'Content-Type': 'text/event-stream; charset=utf-8',
        'Cache-Control': 'no-store',
        'X-Content-Type-Options': 'nosniff',
      })
      this.#parts.metrics.responded(200)
    }
    response.write(events)
  }
}

/** An error as clients of OpenAI read it. */
export const openAiError = ({ message, status }: RequestProblem) => ({
  error: {
    message,
    type: status < 500 ? 'invalid_request_error' : 'server_error',
    ...{ param: null, code: status === 429 ? 'rate_limit_exceeded' : null },
  },
})
