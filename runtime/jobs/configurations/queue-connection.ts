import { Redis } from 'ioredis'
import { EXIT, Failure, visibleLine } from '../../../scenarios/index.ts'

/**
 * A connection that has answered. User and password are those of the environment unless the URL has
 * some: a URL is seen by every user of the machine. Throws `Failure` where the server cannot be
 * reached or refuses them.
 */
export async function connected(url: string): Promise<Redis> {
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
  try {
    await redis.connect()
    await redis.ping()
    return redis
  } catch (error) {
    redis.disconnect()
    // "Connection is closed" follows the error that closed it
    throw refusal(url, first ?? (error as Error))
  }
}

function refusal(url: string, { message }: Error): Failure {
  const denied = /^(NOAUTH|WRONGPASS|NOPERM|ERR AUTH)\b/.test(message)
  const advice = denied
    ? 'set SPILLWAY_QUEUE_USER and SPILLWAY_QUEUE_PASSWORD'
    : 'is a Valkey or Redis server running there?'
  return new Failure(`--queue ${shown(url)}: ${visibleLine(message).slice(0, 300)}; ${advice}`)
}

/** A URL without its user and password. */
const shown = (url: string) => url.replace(/\/\/[^/]*@/, '//…@')
