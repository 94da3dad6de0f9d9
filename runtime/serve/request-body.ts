import type { IncomingMessage, ServerResponse } from 'node:http'
import { RequestProblem } from './request-problem.ts'

/** Bytes of bodies that are in memory, of all requests together. */
export class BodyBudget {
  readonly #most: number
  #used = 0

  constructor(mostBytes: number) {
    this.#most = mostBytes
  }

  get used(): number {
    return this.#used
  }

  /** False where there is no room. */
  take(bytes: number): boolean {
    if (this.#used + bytes > this.#most) return false
    this.#used += bytes
    return true
  }

  giveBack(bytes: number): void {
    this.#used -= bytes
  }
}

const tooLarge = (mostBytes: number) =>
  new RequestProblem(`the body: expected at most ${mostBytes} bytes`, 413)

interface BodyLimits {
  readonly mostBytes: number
  readonly budget: BodyBudget
}

/**
 * Reads a body of at most `mostBytes`, and keeps it until `use` returns. Null where the client has
 * left. Throws `RequestProblem`.
 */
export async function withBody<Used>(
  request: IncomingMessage,
  response: Pick<ServerResponse, 'writeContinue'>,
  limits: BodyLimits,
  use: (body: Buffer) => Used,
): Promise<Used | null> {
  const body = await readBody(request, response, limits)
  if (body === null) return null
  try {
    return use(body)
  } finally {
    limits.budget.giveBack(body.length)
  }
}

/** The caller gives the bytes back to the budget. */
async function readBody(
  request: IncomingMessage,
  response: Pick<ServerResponse, 'writeContinue'>,
  { mostBytes, budget }: BodyLimits,
): Promise<Buffer | null> {
  if (Number(request.headers['content-length'] ?? 0) > mostBytes) throw tooLarge(mostBytes)
  if (/^100-continue$/i.test(request.headers.expect ?? '')) response.writeContinue()
  const chunks: Buffer[] = []
  let size = 0
  return new Promise((resolve, reject) => {
    const end = (act: () => void) => {
      request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose)
      // an error after this, of the connection, is no news
      request.on('error', () => {})
      act()
    }
    const fail = (problem: RequestProblem) => {
      budget.giveBack(size)
      end(() => reject(problem))
    }
    const onData = (chunk: Buffer) => {
      if (size + chunk.length > mostBytes) return fail(tooLarge(mostBytes))
      if (!budget.take(chunk.length)) {
        return fail(new RequestProblem('too many bytes of requests are in memory', 503))
      }
      size += chunk.length
      chunks.push(chunk)
    }
    const onEnd = () => end(() => resolve(Buffer.concat(chunks)))
    const onClose = () => {
      budget.giveBack(size)
      end(() => resolve(null))
    }
    request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose)
  })
}

/** Reads what is left of a body and keeps nothing; after `mostBytes` the connection ends. */
export function discardRest(request: IncomingMessage, mostBytes: number): void {
  let left = mostBytes
  request.on('error', () => {})
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) request.destroy()
  })
  request.resume()
}
