import { describe, expect, test } from 'vitest'
import type { Batching } from '../../scenarios/schema.ts'
import { planOf, requestsOf, serve } from '../../test/small-system.ts'
import { batcher, batchPolicies } from './batching.ts'
import type { PoolPlan } from './plan.ts'

const dynamic = (max_batch: number, max_delay_ms: number, preferred: number[] = []): Batching => ({
  policy: 'dynamic',
  max_batch,
  max_delay_ms,
  preferred,
})

/** What is taken of a queue, or when to ask again: windows close at 10. */
function decide(config: Batching, length: number, now = 0, ending = false): number | string {
  const out = { take: 0, wakeAt: Number.POSITIVE_INFINITY }
  batcher(config).decide({ length, windowCloses: 10, ending }, now, out)
  return out.take > 0 ? out.take : `until ${out.wakeAt}`
}

/** Batches of a run, as [dispatched, executor, the keys of their members]. */
function batches(at: number[], ms: number, pool: Partial<PoolPlan>) {
  const plan = planOf([pool])
  const { columns } = serve({
    plan,
    requests: requestsOf(at),
    work: [{ law: 'constant', ms }],
  }).rows
  const members = new Map<number, number[]>()
  for (const [key, batch] of columns.batch.entries()) {
    members.set(batch, [...(members.get(batch) ?? []), key])
  }
  return [...members.values()]
    .map((keys) => [columns.dispatched[keys[0]!]!, columns.executor[keys[0]!]!, keys] as const)
    .sort((a, b) => a[0] - b[0])
}

describe('no batching', () => {
  test('every request goes alone', () => {
    expect(decide({ policy: 'none' }, 9)).toBe(1)
    expect(batcher({ policy: 'none' }).maxBatch).toBe(1)
  })
})

describe('fixed batches', () => {
  const config: Batching = { policy: 'fixed', batch: 3 }

  test('go when they are full and not before, however long that takes', () => {
    expect([1, 2, 3, 4, 7].map((length) => decide(config, length, 1e9))).toEqual([
      'until Infinity',
      'until Infinity',
      3,
      3,
      3,
    ])
  })

  test('the rest goes when the traffic ends', () => {
    expect(decide(config, 2, 0, true)).toBe(2)
    expect(batches([0, 1, 2, 10, 11], 1, { batching: config })).toEqual([
      [2, 0, [0, 1, 2]],
      [11, 0, [3, 4]],
    ])
  })

  test('the rest goes whole where an executor was busy when the traffic ended', () => {
    expect(batches([0, 1, 2, 3], 9, { batching: config })).toEqual([
      [2, 0, [0, 1, 2]],
      [11, 0, [3]],
    ])
  })
})

/** The rules of Triton's GetDynamicBatch, core/src/dynamic_batch_scheduler.cc. */
describe("dynamic batches follow Triton's rules", () => {
  test('preferred_batch_size empty becomes [max_batch_size]', () => {
    expect([3, 4, 5].map((length) => decide(dynamic(4, 5), length))).toEqual(['until 10', 4, 4])
  })

  test('the largest preferred size that the queue fills is sent at once', () => {
    const config = dynamic(16, 5, [2, 4, 8])
    const taken = [1, 2, 3, 4, 7, 8, 15].map((length) => decide(config, length))
    expect(taken).toEqual(['until 10', 2, 2, 4, 4, 8, 8])
  })

  test('above the largest preferred size nothing more is sent before the window closes', () => {
    expect(decide(dynamic(32, 5, [4, 8]), 40)).toBe(8)
  })

  test('delay 0 is greedy: below every preferred size all that waits is sent', () => {
    expect([1, 3, 4, 9].map((length) => decide(dynamic(8, 0), length))).toEqual([1, 3, 4, 8])
    expect([1, 3, 5].map((length) => decide(dynamic(8, 0, [4]), length))).toEqual([1, 3, 4])
  })

  test('at delay 0 a preferred size still comes first, however long the oldest has waited', () => {
    expect(batches([0, 1, 1, 1, 1, 1, 1], 5, { batching: dynamic(8, 0, [4]) })).toEqual([
      [0, 0, [0]],
      [5, 0, [1, 2, 3, 4]],
      [10, 0, [5, 6]],
    ])
  })

  test('once the delay is exceeded everything is sent, preferred size or not, up to max_batch', () => {
    const config = dynamic(6, 5, [2, 4])
    expect([1, 3, 5, 6, 99].map((length) => decide(config, length, 10))).toEqual([1, 3, 5, 6, 6])
    expect(decide(config, 5, 9.999)).toBe(4)
  })

  test('nothing beyond max_batch is ever sent', () => {
    for (const now of [0, 10, 99]) {
      for (let length = 1; length < 40; length++) {
        const taken = decide(dynamic(7, 5, [3, 7]), length, now)
        if (typeof taken === 'number') expect(taken).toBeLessThanOrEqual(Math.min(7, length))
      }
    }
  })

  test('no batch is formed while no executor is free: it grows until one is', () => {
    expect(batches([0, 1, 2, 3, 30], 10, { batching: dynamic(8, 0) })).toEqual([
      [0, 0, [0]],
      [10, 0, [1, 2, 3]],
      [30, 0, [4]],
    ])
  })

  test('the delay counts from when the oldest request of the batch was enqueued', () => {
    // the window of 0 closes at 5 and takes 1 and 2 along; that of 3 opens when it comes
    expect(batches([0, 3, 4.5, 6], 1, { batching: dynamic(8, 5) })).toEqual([
      [5, 0, [0, 1, 2]],
      [11, 0, [3]],
    ])
  })

  test('a delay that was exceeded while executors were busy is over as soon as one is free', () => {
    expect(batches([0, 1, 2], 20, { batching: dynamic(2, 5) })).toEqual([
      [1, 0, [0, 1]],
      [21, 0, [2]],
    ])
  })

  test('a request that comes while the window is open may fill a preferred size', () => {
    expect(batches([0, 4], 1, { batching: dynamic(4, 5, [2]) })).toEqual([[4, 0, [0, 1]]])
  })

  test('what a preferred batch leaves behind keeps its own window', () => {
    expect(batches([0, 0, 0], 1, { batching: dynamic(4, 5, [2]) })).toEqual([
      [0, 0, [0, 1]],
      [5, 0, [2]],
    ])
  })

  test('several free executors each get a batch of one queue', () => {
    const pool = { batching: dynamic(2, 5), replicas: 2 }
    expect(batches([0, 0, 0, 0, 0], 9, pool)).toEqual([
      [0, 0, [0, 1]],
      [0, 1, [2, 3]],
      [9, 0, [4]],
    ])
  })
})

test('policies stand in a frozen table, each under its own kind', () => {
  for (const [name, policy] of Object.entries(batchPolicies)) expect(policy.kind).toBe(name)
  expect(Object.isFrozen(batchPolicies)).toBe(true)
})
