import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'undici'
import { stream } from '../../sim/kernel/index.ts'

/** A client whose requests are Poisson arrivals, and which times each of them itself. */

export interface SentRequest {
  /** ms since 1970, by the clock of this process */
  readonly sentMs: number
  /** how long after its scheduled time it was sent */
  readonly lateMs: number
  /** from sending to the end of the answer */
  readonly latencyMs: number
  readonly status: number
}

export interface ClientOptions {
  readonly url: string
  readonly path: string
  /** of the request with this number */
  readonly bodyOf: (request: number) => string
  readonly rateRps: number
  readonly seconds: number
  readonly seed: number
}

/** More than are ever in flight: a request must not wait for a connection. */
const CONNECTIONS = 256

/** Sends requests for so long, and waits for the last answer. */
export async function sentRequests(options: ClientOptions): Promise<SentRequest[]> {
  const { url, path, bodyOf, rateRps, seconds, seed } = options
  const random = stream(seed, 0, 'arrivals')
  const pool = new Pool(url, { connections: CONNECTIONS, pipelining: 1 })
  const headers = { 'content-type': 'application/json' }
  const sending: Promise<SentRequest>[] = []
  const send = async (body: string, lateMs: number): Promise<SentRequest> => {
    const begin = performance.now()
    const answer = await pool.request({ path, method: 'POST', body, headers })
    await answer.body.dump()
    const latencyMs = performance.now() - begin
    const { statusCode: status } = answer
    return { sentMs: performance.timeOrigin + begin, lateMs, latencyMs, status }
  }
  const begin = performance.now()
  for (let at = 0; ; ) {
    at += (1000 * random.exponential()) / rateRps
    if (at > 1000 * seconds) break
    const body = bodyOf(sending.length)
    const wait = begin + at - performance.now()
    if (wait > 0) await sleep(wait)
    sending.push(send(body, performance.now() - begin - at))
  }
  const sent = await Promise.all(sending)
  await pool.close()
  return sent
}
