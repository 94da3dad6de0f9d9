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

  /**
   * Throws `TargetProblem` where no whole answer has come. Handlers in place of a stream: a client
   * with 5,000 calls/s has its tails by what it leaves to the garbage collector.
   */
  #ask(
    path: string,
    sent: {
      readonly method: 'GET' | 'POST'
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: Uint8Array
    },
  ): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      let abort = (_: Error) => {}
      /** why the call was given up */
      let problem: TargetProblem | null = null
      const giveUp = (reason: TargetProblem) => {
        problem ??= reason
        abort(problem)
        reject(problem)
      }
      // the limits of undici are for each part of an answer, which may come byte by byte
      const timer = setTimeout(() => giveUp(new TargetProblem('time-out', LATE)), this.#timeoutMs)
      let status = 0
      let headers: HttpAnswer['headers'] = {}
      const parts: Buffer[] = []
      let bytes = 0
      const release = () => {
        clearTimeout(timer)
        this.#budget.giveBack(bytes)
      }
      const options = {
        ...{ path: `${this.#prefix}${path}`, method: sent.method, body: sent.body ?? null },
        headers: { ...this.#headers.values, ...sent.headers },
      }
      this.#pool.dispatch(options, {
        onRequestStart: (controller) => {
          abort = (reason) => controller.abort(reason)
          if (problem !== null) abort(problem)
        },
        onResponseStart: (_, code, values) => {
          status = code
          headers = this.#lastOf(values)
        },
        onResponseData: (_, part) => {
          if (this.#budget.take(part.length)) {
            bytes += part.length
            parts.push(part)
          } else giveUp(new TargetProblem('answer', 'too many bytes of answers are in memory'))
        },
        onResponseEnd: () => {
          release()
          const body = Buffer.concat(parts)
          this.#headers.hideKeys(body)
          // none was asked for, and what is packed may be of any size
          const encoding = headers['content-encoding'] ?? 'identity'
          if (status === 200 && encoding !== 'identity') {
            reject(new TargetProblem('answer', `its body is encoded (${shown(encoding)})`))
          } else resolve({ status, headers, body })
        },
        onResponseError: (_, error) => {
          release()
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
