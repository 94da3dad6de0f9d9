import { Failure } from '../../scenarios/index.ts'
import type { Ms } from '../../sim/serving/index.ts'
import { type Completed, CompletionStream } from './completion-stream.ts'
import { HttpTarget } from './http-target.ts'
import type { OipTarget } from './oip-client.ts'
import { TargetProblem } from './target-problem.ts'

/** A prompt as token ids, and how many tokens are asked for. */
export interface Asked {
  readonly prompt: Int32Array
  readonly tokens: number
}

/** Of an answer: a token as an event rarely takes a thousandth of that. */
const MOST_BYTES = 2 ** 28

const PATH = '/v1/completions'
const HEADERS = { 'Content-Type': 'application/json', Accept: 'text/event-stream' }
const TRIED: Asked = { prompt: Int32Array.of(1, 2, 3), tokens: 2 }

/** Connections to a model on a server with OpenAI's completions, whose answers come as streams. */
export class CompletionClient {
  readonly #http: HttpTarget
  readonly #model: string
  readonly #now: () => Ms
  /** whether the server can be asked to go on after a last token */
  #ignoresEnd = true

  private constructor(http: HttpTarget, model: string, now: () => Ms) {
    this.#http = http
    this.#model = model
    this.#now = now
  }

  /**
   * Asks for a short answer, and again without `ignore_eos` where the server does not have it.
   * Throws `Failure` where it does not answer as it should. `now`: of the times of answers.
   */
  static async open(
    { url, model, timeoutMs, headers }: OipTarget,
    { connections, now }: { readonly connections: number; readonly now: () => Ms },
  ): Promise<CompletionClient> {
    const http = new HttpTarget({ url, timeoutMs, headers, mostBytes: MOST_BYTES, connections })
    const client = new CompletionClient(http, model, now)
    const attempt = () => client.send(client.encode(TRIED), TRIED.tokens)
    try {
      await attempt().catch((error: unknown) => {
        if (!(error instanceof TargetProblem) || error.kind !== 'status') throw error
        client.#ignoresEnd = false
        return attempt().catch(() => {
          throw error
        })
      })
      return client
    } catch (error) {
      await http.close()
      if (!(error instanceof TargetProblem)) throw error
      throw new Failure(`${url}: model ${model}: ${error.message}`)
    }
  }

  /** What `send` takes: encoded before the clock of a request starts. */
  encode({ prompt, tokens }: Asked): Uint8Array {
    const body = {
      model: this.#model,
      prompt: Array.from(prompt),
      ...{ max_tokens: tokens, temperature: 0 },
      ...{ stream: true, stream_options: { include_usage: true } },
      ...(this.#ignoresEnd && { ignore_eos: true }),
    }
    return Buffer.from(JSON.stringify(body))
  }

  /** Throws `TargetProblem` unless as many tokens have come as were asked for, or may have. */
  async send(body: Uint8Array, asked: number): Promise<Completed> {
    const shown = (text: string) => this.#http.shown(text)
    const reader = new CompletionStream({ asked, now: this.#now, shown })
    await this.#http.stream(PATH, HEADERS, body, reader)
    return reader.completed
  }

  close(): Promise<void> {
    return this.#http.close()
  }
}
