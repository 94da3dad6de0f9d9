import type { Redis } from 'ioredis'
import {
  baseKey,
  jobName,
  type QueuedJob,
  queueName,
  sha256Of,
} from '../../../runtime/jobs/configurations/queue.ts'

/** The server of a queue as a program sees it that is neither Spillway nor BullMQ. */

export const queueKey = (name: string) => `bull:${queueName()}:${name}`

/** Puts a job into the queue, whatever it is; a text is put as it is. */
export async function putJob(
  redis: Redis,
  name: string,
  data: unknown,
  fields: Readonly<Record<string, string>> = {},
): Promise<void> {
  const text = typeof data === 'string' ? data : JSON.stringify(data)
  const job = { name: 'configuration', data: text, opts: '{}', timestamp: '1', delay: '0' }
  await redis
    .multi()
    .hset(queueKey(name), { ...job, priority: '0', ...fields })
    .lpush(queueKey('wait'), name)
    // wakes the workers
    .zadd(queueKey('marker'), 0, '0')
    .exec()
}

/** A job by the name that a sweep would give it. */
export const namedJob = (job: QueuedJob): readonly [name: string, job: QueuedJob] => [
  jobName(job),
  job,
]

/** Puts a base on the server, whatever it is, and returns the id that a sweep would give it. */
export async function sentTo(redis: Redis, base: unknown): Promise<string> {
  const text = typeof base === 'string' ? base : JSON.stringify(base)
  const id = sha256Of(text)
  await redis.set(baseKey(id), text)
  return id
}

/** All values on the server but bases, which hold what was sent, as texts. */
export async function dump(redis: Redis): Promise<string[]> {
  const texts: string[] = []
  for (const key of await redis.keys('*')) {
    if (key.startsWith(baseKey(''))) continue
    const type = await redis.type(key)
    const value =
      type === 'string'
        ? await redis.get(key)
        : type === 'hash'
          ? await redis.hgetall(key)
          : type === 'stream'
            ? await redis.xrange(key, '-', '+')
            : null
    texts.push(`${key}: ${JSON.stringify(value)}`)
  }
  return texts
}
