import { type Dispatcher, errors, Pool } from 'undici'
import { visibleLine } from '../../scenarios/index.ts'
import { CallHeaders, type HeaderTexts } from './call-headers.ts'
import { TargetProblem } from './target-problem.ts'

export interface HttpTargetOptions {
  /** `http:` or `https:`, without a user or a password */
  readonly url: string
  /** for a whole answer */
  readonly timeoutMs: number
  /** of the body of an answer */
  readonly mostBytes: number
  /** calls at once; others wait */
  readonly connections: number
  readonly headers: HeaderTexts
}

export interface HttpAnswer {
  readonly status: number
  /** in lower case; the last one where a name comes twice */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** Reads an answer as it comes. Its methods throw `TargetProblem` where the answer is wrong. */
export interface AnswerReader {
  begin(answer: Omit<HttpAnswer, 'body'>): void
  /** Whether the answer is complete, whatever follows. */
  take(part: Uint8Array): boolean
  /** It has ended before it was complete. */
  end(): void
}

/** A connection is kept where its answer ends so soon after it is complete. */
const END_WITHIN_MS = 100

/** Codes of what TLS refuses. */
const CERTIFICATE = /CERT|SELF_SIGNED|VERIFY|ERR_TLS|ERR_SSL/

/** Of the text of an error that a server gives. */
const SHOWN_CHARACTERS = 200

/**
 * Connections to a server, which are kept open. A call is sent once, whatever becomes of it, and
 * redirects are not followed.
 */
export class HttpTarget {
  readonly #pool: Pool
  readonly #prefix: string
  readonly #timeoutMs: number
  readonly #headers: CallHeaders

  /** Throws `Failure` where a header cannot be sent. */
  constructor({ url, timeoutMs, mostBytes, connections, headers }: HttpTargetOptions) {
    const { origin, pathname } = new URL(url)
    this.#prefix = pathname.replace(/\/+$/, '')
    this.#timeoutMs = timeoutMs
    this.#headers = new CallHeaders(headers)
    this.#pool = new Pool(origin, {
      connections,
      pipelining: 1,
      maxResponseSize: mostBytes,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      // whatever the environment says of certificates
      connect: { timeout: timeoutMs, rejectUnauthorized: true },
    })
  }

  get(path: string): Promise<HttpAnswer> {
    return this.#ask(path, { method: 'GET' })
  }

  post(
    path: string,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array,
  ): Promise<HttpAnswer> {
    return this.#ask(path, { method: 'POST', headers, body })
  }

  /** Throws `TargetProblem` where no complete answer has come. */
  async stream(
    path: string,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array,
    reader: AnswerReader,
  ): Promise<void> {
    const signal = AbortSignal.timeout(this.#timeoutMs)
    let response: Dispatcher.ResponseData | null = null
    try {
      response = await this.#request(path, { method: 'POST', headers, body }, signal)
      reader.begin(this.#headOf(response))
      // what ends a stream that nothing reads must not end the process
      response.body.on('error', () => {})
      const parts: AsyncIterator<Uint8Array> = response.body[Symbol.asyncIterator]()
      for (;;) {
        const { done, value } = await parts.next()
        if (done === true) return reader.end()
        if (!reader.take(value)) continue
        void ended(response.body, parts)
        return
      }
    } catch (error) {
      response?.body.destroy()
      throw error instanceof TargetProblem
        ? error
        : problemOf(error as NodeJS.ErrnoException, signal)
    }
  }

  /** A text of the server, without keys that it repeats. */
  shown(text: string): string {
    return shown(this.#headers.withoutKeys(text))
  }

  close(): Promise<void> {
    return this.#pool.destroy()
  }

  /** Throws `TargetProblem` where no whole answer has come. */
  async #ask(path: string, sent: Sent): Promise<HttpAnswer> {
    // the limits of undici are for each part of an answer, which may come byte by byte
    const signal = AbortSignal.timeout(this.#timeoutMs)
    try {
      const response = await this.#request(path, sent, signal)
      const head = this.#headOf(response)
      const body = new Uint8Array(await response.body.arrayBuffer())
      this.#headers.hideKeys(body)
      return { ...head, body }
    } catch (error) {
      throw problemOf(error as NodeJS.ErrnoException, signal)
    }
  }

  #request(path: string, sent: Sent, signal: AbortSignal) {
    return this.#pool.request({
      ...{ path: `${this.#prefix}${path}`, signal, ...sent },
      headers: { ...this.#headers.values, ...sent.headers },
    })
  }

  #headOf({ statusCode, headers: given }: Dispatcher.ResponseData): Omit<HttpAnswer, 'body'> {
    const headers: Record<string, string> = Object.create(null)
    for (const [name, value] of Object.entries(given)) {
      const last = Array.isArray(value) ? value.at(-1)! : (value ?? '')
      headers[name] = this.#headers.withoutKeys(last)
    }
    return { status: statusCode, headers }
  }
}

interface Sent {
  readonly method: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

/** Reads what follows a complete answer, which is nothing; closes a connection that goes on. */
async function ended(
  body: Dispatcher.ResponseData['body'],
  parts: AsyncIterator<Uint8Array>,
): Promise<void> {
  const timer = setTimeout(() => body.destroy(), END_WITHIN_MS)
  try {
    while ((await parts.next()).done !== true);
  } catch {
    // its connection is closed
  } finally {
    clearTimeout(timer)
  }
}

function problemOf(error: NodeJS.ErrnoException, signal: AbortSignal): TargetProblem {
  if (
    signal.aborted ||
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError ||
    error instanceof errors.ConnectTimeoutError
  ) {
    return new TargetProblem('time-out', 'no whole answer in time')
  }
  if (error instanceof errors.ResponseExceededMaxSizeError) {
    return new TargetProblem('answer', 'its body is longer than any answer of this model')
  }
  if (error instanceof errors.HTTPParserError || error instanceof errors.HeadersOverflowError) {
    return new TargetProblem('answer', `it is no HTTP (${shown(error.message)})`)
  }
  const { code = 'unknown error' } = error
  if (CERTIFICATE.test(code)) {
    return new TargetProblem('refused', `its certificate is not trusted (${code})`)
  }
  if (['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'EAI_AGAIN'].includes(code)) {
    return new TargetProblem('refused', `it cannot be reached (${code})`)
  }
  return new TargetProblem('connection lost', `the connection was lost (${shown(code)})`)
}

/** A text of a server, which may be hostile to a terminal, and of any length. */
export const shown = (text: string): string => visibleLine(text.slice(0, SHOWN_CHARACTERS))
