import { errors, Pool } from 'undici'
import { visibleLine } from '../../scenarios/index.ts'
import { BodyBudget } from '../serve/request-body.ts'
import { CallHeaders, type HeaderTexts } from './call-headers.ts'
import { TargetProblem } from './target-problem.ts'

export interface HttpTargetOptions {
  /** `http:` or `https:`, without a user or a password */
  readonly url: string
  /** for a whole answer */
  readonly timeoutMs: number
  /** of the body of an answer, and of all bodies that are in memory before they are whole */
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

export type AnswerHead = Omit<HttpAnswer, 'body'>

/** Reads an answer as it comes. Its methods throw `TargetProblem` where the answer is wrong. */
export interface AnswerReader {
  begin(head: AnswerHead): void
  /** Whether the answer is complete, whatever follows. */
  take(part: Uint8Array): boolean
  /** It has ended before it was complete. */
  end(): void
}

interface Sent {
  readonly method: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
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
  readonly #budget: BodyBudget

  /** Throws `Failure` where a header cannot be sent. */
  constructor({ url, timeoutMs, mostBytes, connections, headers }: HttpTargetOptions) {
    const { origin, pathname } = new URL(url)
    this.#prefix = pathname.replace(/\/+$/, '')
    this.#timeoutMs = timeoutMs
    this.#headers = new CallHeaders(headers)
    this.#budget = new BodyBudget(mostBytes)
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

  close(): Promise<void> {
    return this.#pool.destroy()
  }

  /** Throws `TargetProblem` where no complete answer has come. */
  stream(
    path: string,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array,
    reader: AnswerReader,
  ): Promise<void> {
    return this.#call(path, { method: 'POST', headers, body }, reader)
  }

  /** A text of the server, without keys that it repeats. */
  shown(text: string): string {
    return shown(this.#headers.withoutKeys(text))
  }

  /** Throws `TargetProblem` where no whole answer has come. */
  async #ask(path: string, sent: Sent): Promise<HttpAnswer> {
    let head: AnswerHead = { status: 0, headers: {} }
    const parts: Uint8Array[] = []
    let bytes = 0
    try {
      await this.#call(path, sent, {
        begin: (answer) => {
          head = answer
        },
        take: (part) => {
          if (!this.#budget.take(part.length)) {
            throw new TargetProblem('answer', 'too many bytes of answers are in memory')
          }
          bytes += part.length
          parts.push(part)
          return false
        },
        end: () => {},
      })
    } finally {
      this.#budget.giveBack(bytes)
    }
    const body = Buffer.concat(parts)
    this.#headers.hideKeys(body)
    expectPlain(head)
    return { ...head, body }
  }

  /**
   * Throws `TargetProblem` where the answer ends before it is complete. Handlers in place of a
   * stream: a client with 5,000 calls/s has its tails by what it leaves to the garbage collector.
   */
  #call(path: string, sent: Sent, reader: AnswerReader): Promise<void> {
    return new Promise((resolve, reject) => {
      let abort = (_: Error) => {}
      /** why the call was given up */
      let problem: TargetProblem | null = null
      let complete = false
      const giveUp = (reason: TargetProblem) => {
        problem ??= reason
        abort(problem)
        reject(problem)
      }
      /** Gives up where the reader does; false then. */
      const reads = (read: () => void) => {
        if (problem !== null) return false
        try {
          read()
          return true
        } catch (error) {
          if (error instanceof TargetProblem) giveUp(error)
          else {
            abort(error as Error)
            reject(error)
          }
          return false
        }
      }
      // the limits of undici are for each part of an answer, which may come byte by byte
      let timer = setTimeout(() => giveUp(new TargetProblem('time-out', LATE)), this.#timeoutMs)
      const options = {
        ...{ path: `${this.#prefix}${path}`, method: sent.method, body: sent.body ?? null },
        headers: { ...this.#headers.values, ...sent.headers },
      }
      this.#pool.dispatch(options, {
        onRequestStart: (controller) => {
          abort = (reason) => controller.abort(reason)
          if (problem !== null) abort(problem)
        },
        onResponseStart: (_, status, values) => {
          reads(() => reader.begin({ status, headers: this.#lastOf(values) }))
        },
        onResponseData: (_, part) => {
          if (complete) return
          reads(() => {
            complete = reader.take(part)
          })
          if (!complete) return
          clearTimeout(timer)
          timer = setTimeout(() => abort(new Error(LATE)), END_WITHIN_MS)
          resolve()
        },
        onResponseEnd: () => {
          clearTimeout(timer)
          if (!complete && reads(() => reader.end())) resolve()
        },
        onResponseError: (_, error) => {
          clearTimeout(timer)
          reject(problem ?? problemOf(error))
        },
      })
    })
  }

  #lastOf(values: Readonly<Record<string, string | string[] | undefined>>): HttpAnswer['headers'] {
    const headers: Record<string, string> = Object.create(null)
    for (const [name, value] of Object.entries(values)) {
      const last = Array.isArray(value) ? value.at(-1)! : (value ?? '')
      headers[name] = this.#headers.withoutKeys(last)
    }
    return headers
  }
}

const LATE = 'no whole answer in time'

/** Throws `TargetProblem` for a packed body: none was asked for, and it may be of any size. */
export function expectPlain({ status, headers }: AnswerHead): void {
  const encoding = headers['content-encoding'] ?? 'identity'
  if (status !== 200 || encoding === 'identity') return
  throw new TargetProblem('answer', `its body is encoded (${shown(encoding)})`)
}

function problemOf(error: NodeJS.ErrnoException): TargetProblem {
  if (
    error instanceof errors.HeadersTimeoutError ||
    error instanceof errors.BodyTimeoutError ||
    error instanceof errors.ConnectTimeoutError
  ) {
    return new TargetProblem('time-out', LATE)
  }
  if (error instanceof errors.ResponseExceededMaxSizeError) {
    return new TargetProblem('answer', 'its body is longer than any answer of this model')
  }
  if (error instanceof errors.ResponseContentLengthMismatchError) {
    return new TargetProblem('answer', 'its body is not as long as it states')
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
