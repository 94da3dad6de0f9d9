import { Redis } from 'ioredis'
import { EXIT, Failure, visibleLine } from '../../../scenarios/index.ts'
import { throwIfAborted } from '../../process/interruption.ts'

/** A server that accepts a connection has to answer in this time, ms. */
const ANSWER_MS = 10_000

/**
 * A connection that has answered. User and password are those of the environment unless the URL has
 * some: a URL is seen by every user of the machine. Throws `Failure` where the server cannot be
 * reached, refuses them, or says nothing, and once the signal is set.
 */
export async function connected(url: string, signal?: AbortSignal): Promise<Redis> {
  if (!/^rediss?:\/\//.test(url) || !URL.canParse(url)) {
    throw new Failure(
      `--queue ${shown(url)}: expected redis://HOST:PORT, or rediss://HOST:PORT for TLS`,
      EXIT.usage,
    )
  }
  const { SPILLWAY_QUEUE_USER, SPILLWAY_QUEUE_PASSWORD } = process.env
  // BullMQ waits for work without a limit of retries; the first answer must come soon
  const redis = new Redis(url, {
    maxRetriesPerRequest: null,
    lazyConnect: true,
    ...(SPILLWAY_QUEUE_USER !== undefined && { username: SPILLWAY_QUEUE_USER }),
    ...(SPILLWAY_QUEUE_PASSWORD !== undefined && { password: SPILLWAY_QUEUE_PASSWORD }),
  })
  let first: Error | null = null
  redis.on('error', (error) => {
    first ??= error
  })
  const answered = redis.connect().then(() => redis.ping())
  const limit = new AbortController()
  const ends = [AbortSignal.timeout(ANSWER_MS), ...(signal ? [signal] : [])]
  const silent = new Promise<never>((_, reject) => {
    const end = () => reject(new Error(`no answer in ${ANSWER_MS / 1000} s`))
    AbortSignal.any(ends).addEventListener('abort', end, { once: true, signal: limit.signal })
  })
  try {
    throwIfAborted(signal)
    await Promise.race([answered, silent])
    return redis
  } catch (error) {
    redis.disconnect()
    answered.catch(() => {})
    throwIfAborted(signal)
    // "Connection is closed" follows the error that closed it
    throw refusal(url, first ?? (error as Error))
  } finally {
    limit.abort()
  }
}

/** What a server says that is there and refuses a command. */
export const isReply = (error: unknown): error is Error =>
  error instanceof Error && error.name === 'ReplyError'

/** Why a server cannot be used, and what to do. */
export function refusal(url: string, error: Error): Failure {
  const { message } = error
  const denied = /^(NOAUTH|WRONGPASS|NOPERM|ERR AUTH)\b/.test(message)
  const advice = denied
    ? 'set SPILLWAY_QUEUE_USER and SPILLWAY_QUEUE_PASSWORD'
    : isReply(error)
      ? 'name a server that takes writes'
      : 'is a Valkey or Redis server running there?'
  return new Failure(`--queue ${shown(url)}: ${visibleLine(message).slice(0, 300)}; ${advice}`)
}

/** A URL without its user and password, which a query may have, too. */
export const shown = (url: string) => url.replace(/\/\/.*@/s, '//…@').replace(/[?#].*$/s, '')
