import type { PromisedGeneration, Promises } from '../promises/promises.ts'
import type { Evidence } from './evidence.ts'

/** What an engine had to do with: keys in the order of dispatch. */
export interface EngineRequests {
  readonly generation: PromisedGeneration
  readonly keys: readonly number[]
}

/**
 * The requests of each engine, by its executor. Not of pools that hand over, as rows do not tell
 * when that was.
 */
export function engineRequests({ queues }: Evidence): Map<number, EngineRequests> {
  const held = new Map<number, EngineRequests & { keys: number[] }>()
  for (const { pool, batches } of queues) {
    const { generation } = pool
    if (generation === undefined || generation.handOver !== null) continue
    for (const { executor, members } of batches) {
      const known = held.get(executor)
      if (known === undefined) held.set(executor, { generation, keys: [...members] })
      else known.keys.push(...members)
    }
  }
  return held
}

/** Whether a request fits the KV caches that it passes through, each of them otherwise empty. */
export function couldHold(
  { pools }: Promises,
  { kv, handOver }: PromisedGeneration,
  { requests, expected }: Pick<Evidence, 'requests' | 'expected'>,
  key: number,
): boolean {
  const fits = (own: PromisedGeneration['kv'], tokens: number) =>
    Math.ceil(tokens / own.blockTokens) <= (own.contiguous ? 1 : own.blocks)
  const number = expected.sending[key]!
  const prompt = requests.length[number]!
  // the last token is not computed on
  const whole = prompt + requests.output[number]! - 1
  if (handOver === null) return fits(kv, whole)
  const next = pools[handOver.pool]?.generation
  return fits(kv, prompt) && (next === undefined || fits(next.kv, whole))
}
