import type { IncomingMessage } from 'node:http'
import { RequestProblem } from './request-problem.ts'

/** Bytes of bodies that are in memory, of all requests together. */
export class BodyBudget {
  readonly #most: number
  #used = 0

  constructor(mostBytes: number) {
    this.#most = mostBytes
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

/**
 * Reads a body of at most `mostBytes`. Null where the client has left. Throws `RequestProblem`, and
 * reads no further. The caller gives the bytes back to the budget.
 */
export function readBody(
  request: IncomingMessage,
  { mostBytes, budget }: { readonly mostBytes: number; readonly budget: BodyBudget },
): Promise<Buffer | null> {
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
      // what is left is not read: the connection ends with the answer
      request.pause()
      end(() => reject(problem))
    }
    const tooLarge = () =>
      fail(new RequestProblem(`the body: expected at most ${mostBytes} bytes`, 413))
    const onData = (chunk: Buffer) => {
      if (size + chunk.length > mostBytes) return tooLarge()
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
    if (Number(request.headers['content-length'] ?? 0) > mostBytes) tooLarge()
  })
}
