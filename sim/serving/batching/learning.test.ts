import { describe, expect, test } from 'vitest'
import { Random } from '../../kernel/index.ts'
import { batchesOf, endsOf } from '../batches-of.test-helper.ts'
import type { Batch } from '../ports.ts'
import type { BatchingPlan } from './batching-plan.ts'
import { Batcher, type QueueView } from './index.ts'
import { ServiceEstimator } from './service-estimator.ts'
import { viewOf } from './view.test-helper.ts'

/** What a policy decides of a queue. */
function decide(batcher: Batcher, queue: Partial<QueueView>, now: number): number | string {
  const out = { take: 0, group: 0, wakeAt: Number.POSITIVE_INFINITY }
  batcher.decide(viewOf(queue), now, out)
  return out.take > 0 ? out.take : `until ${out.wakeAt}`
}

/** A batch of that size and length that went at 0 and was done after `ms`. */
function observe(batcher: Batcher, size: number, ms: number, { at = 0, waited = 0 } = {}) {
  const batch = { size, length: 1, tokens: size, dispatched: at, oldestEnqueued: at - waited }
  batcher.observe(at + ms, batch as Batch)
}

describe('aimd', () => {
  const config: BatchingPlan = {
    policy: 'aimd',
    maxBatch: 10,
    targetMs: 20,
    increase: 2,
    decrease: 0.5,
    maxDelayMs: 5,
  }
  const limitOf = (batcher: Batcher) => decide(batcher, { length: 99, windowCloses: 1e9 }, 0)

  test('the limit rises by the increase with each batch that filled it in time', () => {
    const batcher = new Batcher(config)
    const limits = [limitOf(batcher)]
    for (const size of [1, 3, 5, 7, 9]) {
      observe(batcher, size, 20)
      limits.push(limitOf(batcher))
    }
    expect(limits).toEqual([1, 3, 5, 7, 9, 10])
  })

  test('it is cut with each batch that took longer than the target, down to 1', () => {
    const batcher = new Batcher(config)
    for (const size of [1, 3, 5, 7, 9]) observe(batcher, size, 20)
    const limits = [20.001, 21, 22, 23].map((ms) => {
      observe(batcher, 2, ms)
      return limitOf(batcher)
    })
    expect(limits).toEqual([5, 2, 1, 1])
  })

  test('a batch that did not fill the limit leaves the limit unchanged', () => {
    const batcher = new Batcher(config)
    observe(batcher, 1, 5)
    observe(batcher, 2, 5)
    expect(limitOf(batcher)).toBe(3)
  })

  test('below the limit a batch waits for its window', () => {
    const batcher = new Batcher(config)
    observe(batcher, 1, 5)
    const queue = { length: 2, windowCloses: 7 }
    expect([decide(batcher, queue, 6), decide(batcher, queue, 7)]).toEqual(['until 7', 2])
  })

  test('sizes converge to what the target allows, whatever the largest batch', () => {
    // a batch of n takes 5 + n, so 15 requests are as many as fit in 20 ms
    const at = Array.from({ length: 4000 }, (_, i) => i)
    const batching: BatchingPlan = { ...config, increase: 1, decrease: 0.9, maxBatch: 64 }
    const law = { law: 'linear', base_ms: 5, per_item_ms: 1, per_token_ms: 0 } as const
    const sizes = batchesOf({ at }, { batching, work: law }).map(([, , keys]) => keys.length)
    const settled = sizes.slice(50, -10)
    expect(Math.max(...settled)).toBe(16)
    expect(Math.min(...settled)).toBeGreaterThanOrEqual(14)
  })
})

describe('cork', () => {
  const config: BatchingPlan = { policy: 'cork', maxBatch: 8, maxLatencyMs: 90 }
  // at first a batch of n is taken to need 6 n + 3 ms, and its oldest to wait for 10 ms

  test('waits while n (wait of the newest + 1 ms + a) is at most 0.95 of the usual wait', () => {
    const batcher = new Batcher(config)
    expect(decide(batcher, { length: 1, newestEnqueued: 100 }, 100)).toBe('until 102.5')
    expect(decide(batcher, { length: 1, newestEnqueued: 100 }, 102.5)).toBe(1)
    expect(decide(batcher, { length: 2, newestEnqueued: 100 }, 100)).toBe(2)
  })

  test('sends no more than the largest batch', () => {
    expect(decide(new Batcher(config), { length: 30, newestEnqueued: 0 }, 50)).toBe(8)
  })

  test('the oldest is dropped if it would not be done before the latency', () => {
    const batcher = new Batcher(config)
    const from = (length: number, hasFreeExecutor = false) =>
      batcher.dropsOldestAt(viewOf({ length, oldestEnqueued: 100, hasFreeExecutor }))
    expect([from(2), from(5)]).toEqual([100 + 90 - 15, 100 + 90 - 33])
    expect([from(1), from(1, true)]).toEqual([190, Number.POSITIVE_INFINITY])
  })

  test('learns a, b and the wait by least squares, but not of the first two batches', () => {
    const batcher = new Batcher(config)
    observe(batcher, 1, 500)
    observe(batcher, 1, 500)
    observe(batcher, 1, 3 + 2, { waited: 30 })
    observe(batcher, 4, 3 + 8, { waited: 50 })
    // a = 2, b = 3, wait = 40
    expect(batcher.dropsOldestAt(viewOf({ length: 3, oldestEnqueued: 0 }))).toBeCloseTo(90 - 9, 9)
    expect(decide(batcher, { length: 2, newestEnqueued: 0 }, 0)).toBe('until 16')
  })

  test('updates its estimates only every 5 s, after the first four batches', () => {
    const batcher = new Batcher(config)
    for (const size of [1, 1, 1, 2, 3, 4]) observe(batcher, size, 3 + 2 * size)
    const from = () => batcher.dropsOldestAt(viewOf({ length: 3, oldestEnqueued: 0 }))
    const before = from()
    for (let i = 0; i < 60; i++) observe(batcher, 1 + (i % 4), 50, { at: 100 + i })
    expect(from()).toBe(before)
    observe(batcher, 2, 50, { at: 6000 })
    expect(from()).toBeCloseTo(90 - 50, 1)
  })

  test('in overload it drops the oldest requests and serves the others in time', () => {
    const random = new Random('cork')
    let at = 0
    const times = Array.from({ length: 3000 }, () => (at += random.exponential()))
    const pool = {
      batching: { policy: 'cork', maxBatch: 8, maxLatencyMs: 60 } as const,
      perReplicaQueues: true,
      work: { law: 'linear', base_ms: 10, per_item_ms: 1, per_token_ms: 0 } as const,
    }
    const ends = endsOf({ at: times }, pool)
    const dropped = ends.filter(([outcome]) => outcome === 'timedOut').length
    expect(dropped).toBeGreaterThan(500)
    const late = ends.filter(([outcome, done], i) => outcome === 'served' && done - times[i]! > 60)
    expect(late.length).toBeLessThan(60)
  })
})

describe('deadline-aware', () => {
  const config: BatchingPlan = { policy: 'deadline-aware', maxBatch: 8, marginMs: 2 }

  test('starts batches at once before it has observed one, and full batches always', () => {
    const batcher = new Batcher(config)
    expect(decide(batcher, { length: 3, firstDeadline: 1e9 }, 0)).toBe(3)
    observe(batcher, 1, 5)
    expect(decide(batcher, { length: 9, firstDeadline: 1e9 }, 0)).toBe(8)
  })

  test('a batch starts when the time to the first deadline is its predicted duration', () => {
    const batcher = new Batcher(config)
    observe(batcher, 1, 3 + 4)
    observe(batcher, 5, 3 + 20)
    // three take 3 + 12, and there is a margin of 2
    const queue = { length: 3, computed: 3, firstDeadline: 100 }
    expect(decide(batcher, queue, 82)).toBe('until 83')
    expect(decide(batcher, queue, 83)).toBe(3)
  })

  test('light traffic is batched as far as deadlines allow, and meets them', () => {
    const at = Array.from({ length: 600 }, (_, i) => 7 * i)
    const law = { law: 'linear', base_ms: 6, per_item_ms: 1, per_token_ms: 0 } as const
    const pool = {
      batching: { ...config, maxBatch: 64 },
      classes: [{ deadlineMs: 60 }],
      work: law,
    }
    const ends = endsOf({ at }, pool)
    expect(ends.every(([, done], key) => done - at[key]! <= 60)).toBe(true)
    const sizes = batchesOf({ at }, pool).map(([, , keys]) => keys.length)
    // of 60 ms it waits 46 for arrivals, and the batch takes 13
    expect(sizes.slice(5, -1).every((size) => size === 6 || size === 7)).toBe(true)
  })
})

describe('the estimator of service times', () => {
  test('finds the line that batches lie on', () => {
    const estimator = new ServiceEstimator()
    expect(estimator.predict(7)).toBe(Number.POSITIVE_INFINITY)
    for (const computed of [8, 64, 16, 640]) estimator.observe(computed, 3 + 0.25 * computed)
    expect(estimator.predict(100)).toBeCloseTo(28, 9)
  })

  test('forgets all but the last 50', () => {
    const estimator = new ServiceEstimator()
    for (let i = 0; i < 30; i++) estimator.observe(i, 1000)
    for (let i = 0; i < 50; i++) estimator.observe(i, 2 * i)
    expect(estimator.predict(10)).toBeCloseTo(20, 9)
  })

  test('after one size, a smaller one is predicted to take as long, a larger one in proportion', () => {
    const estimator = new ServiceEstimator()
    for (const ms of [4, 6, 5]) estimator.observe(7, ms)
    expect([1, 7, 21].map((computed) => estimator.predict(computed))).toEqual([5, 5, 15])
  })

  test('never predicts a shorter time for more work', () => {
    const falling = new ServiceEstimator()
    falling.observe(1, 9)
    falling.observe(3, 5)
    expect([falling.predict(1), falling.predict(3)]).toEqual([7, 7])
  })
})

describe('length-bucketed', () => {
  const batching: BatchingPlan = {
    policy: 'length-bucketed',
    maxBatch: 2,
    edges: [10, 100],
    maxDelayMs: 5,
  }

  test('a batch holds lengths of one bucket; an edge belongs to the bucket below', () => {
    const batcher = new Batcher(batching)
    expect([1, 10, 11, 100, 101, 9999].map((length) => batcher.batchGroupOf(length))).toEqual([
      0, 0, 1, 1, 2, 2,
    ])
    const coming = { at: [0, 0, 1, 1], lengths: [5, 50, 6, 60] }
    expect(batchesOf(coming, { ms: 0.5, batching, replicas: 2 })).toEqual([
      [1, 0, [0, 2]],
      [1, 1, [1, 3]],
    ])
  })

  test('each bucket has the window of its own oldest', () => {
    const coming = { at: [0, 3], lengths: [5, 50] }
    expect(batchesOf(coming, { ms: 1, batching })).toEqual([
      [5, 0, [0]],
      [8, 0, [1]],
    ])
  })

  test('of the buckets that are due, the one with the oldest request goes first', () => {
    // when the first is done, the long ones are full and the window of the short one has closed
    const coming = { at: [0, 0, 1, 2, 3], lengths: [5, 5, 50, 5, 50] }
    expect(batchesOf(coming, { ms: 10, batching })).toEqual([
      [0, 0, [0, 1]],
      [10, 0, [2, 4]],
      [20, 0, [3]],
    ])
  })

  test('within a bucket the discipline of the queue decides', () => {
    const coming = { at: [0, 0, 1, 2, 3, 4], lengths: [5, 5, 50, 50, 50, 5] }
    const pool = { ms: 10, batching, order: { discipline: 'lifo' as const } }
    expect(batchesOf(coming, pool)).toEqual([
      [0, 0, [0, 1]],
      [10, 0, [3, 4]],
      [20, 0, [2]],
      [30, 0, [5]],
    ])
  })
})
