import { describe, expect, test } from 'vitest'
import { batchesOf, endsOf } from './batches-of.test-helper.ts'
import type { BatchingPlan } from './batching/batching-plan.ts'
import { Batcher } from './batching/index.ts'
import { viewOf } from './batching/view.test-helper.ts'
import { PLAIN_QUEUE } from './plan.ts'

/**
 * The rules of Triton's scheduler, a test each: GetDynamicBatch of dynamic_batch_scheduler.cc, and
 * the queues of scheduler_utils.cc (both core/src) under ModelQueuePolicy of model_config.proto.
 */

const dynamic = (maxBatch: number, maxDelayMs: number, preferred: number[] = []): BatchingPlan => ({
  policy: 'dynamic',
  maxBatch,
  maxDelayMs,
  preferred,
})

/** What is taken of a queue, or when to ask again: windows close at 10. */
function decide(config: BatchingPlan, length: number, now = 0): number | string {
  const out = { take: 0, group: 0, wakeAt: Number.POSITIVE_INFINITY }
  new Batcher(config).decide(viewOf({ length, windowCloses: 10 }), now, out)
  return out.take > 0 ? out.take : `until ${out.wakeAt}`
}

describe('the batcher', () => {
  test('preferred_batch_size empty becomes [max_batch_size]', () => {
    expect([3, 4, 5].map((length) => decide(dynamic(4, 5), length))).toEqual(['until 10', 4, 4])
  })

  test('the largest preferred size that the queue fills is sent at once', () => {
    const config = dynamic(16, 5, [2, 4, 8])
    const decisions = [1, 2, 3, 4, 7, 8, 15].map((length) => decide(config, length))
    expect(decisions).toEqual(['until 10', 2, 2, 4, 4, 8, 8])
  })

  test('above the largest preferred size nothing more is sent before the window closes', () => {
    expect(decide(dynamic(32, 5, [4, 8]), 40)).toBe(8)
  })

  test('delay 0 is greedy: below every preferred size all that waits is sent', () => {
    expect([1, 3, 4, 9].map((length) => decide(dynamic(8, 0), length))).toEqual([1, 3, 4, 8])
    expect([1, 3, 5].map((length) => decide(dynamic(8, 0, [4]), length))).toEqual([1, 3, 4])
  })

  test('at delay 0 a preferred size is still sent first, however long the oldest has waited', () => {
    expect(
      batchesOf({ at: [0, 1, 1, 1, 1, 1, 1] }, { ms: 5, batching: dynamic(8, 0, [4]) }),
    ).toEqual([
      [0, 0, [0]],
      [5, 0, [1, 2, 3, 4]],
      [10, 0, [5, 6]],
    ])
  })

  test('once the delay is exceeded everything is sent, preferred size or not, up to maxBatch', () => {
    const config = dynamic(6, 5, [2, 4])
    expect([1, 3, 5, 6, 99].map((length) => decide(config, length, 10))).toEqual([1, 3, 5, 6, 6])
    expect(decide(config, 5, 9.999)).toBe(4)
  })

  test('nothing beyond maxBatch is ever sent', () => {
    for (const now of [0, 10, 99]) {
      for (let length = 1; length < 40; length++) {
        const decision = decide(dynamic(7, 5, [3, 7]), length, now)
        if (typeof decision === 'number') expect(decision).toBeLessThanOrEqual(Math.min(7, length))
      }
    }
  })

  test('no batch is formed while no executor is free: it grows until one is', () => {
    expect(batchesOf({ at: [0, 1, 2, 3, 30] }, { ms: 10, batching: dynamic(8, 0) })).toEqual([
      [0, 0, [0]],
      [10, 0, [1, 2, 3]],
      [30, 0, [4]],
    ])
  })

  test('the delay counts from when the oldest request of the batch was enqueued', () => {
    // the window of 0 closes at 5 and takes 1 and 2 along; that of 3 opens when it comes
    expect(batchesOf({ at: [0, 3, 4.5, 6] }, { ms: 1, batching: dynamic(8, 5) })).toEqual([
      [5, 0, [0, 1, 2]],
      [11, 0, [3]],
    ])
  })

  test('a delay that was exceeded while executors were busy is over as soon as one is free', () => {
    expect(batchesOf({ at: [0, 1, 2] }, { ms: 20, batching: dynamic(2, 5) })).toEqual([
      [1, 0, [0, 1]],
      [21, 0, [2]],
    ])
  })

  test('a request that arrives while the window is open may fill a preferred size', () => {
    expect(batchesOf({ at: [0, 4] }, { ms: 1, batching: dynamic(4, 5, [2]) })).toEqual([
      [4, 0, [0, 1]],
    ])
  })

  test('what a preferred batch leaves behind keeps its own window', () => {
    expect(batchesOf({ at: [0, 0, 0] }, { ms: 1, batching: dynamic(4, 5, [2]) })).toEqual([
      [0, 0, [0, 1]],
      [5, 0, [2]],
    ])
  })

  test('several free executors each get a batch of one queue', () => {
    const pool = { batching: dynamic(2, 5), replicas: 2 }
    expect(batchesOf({ at: [0, 0, 0, 0, 0] }, { ms: 9, ...pool })).toEqual([
      [0, 0, [0, 1]],
      [0, 1, [2, 3]],
      [9, 0, [4]],
    ])
  })
})

const strict = { discipline: 'priority', ageingMs: Number.POSITIVE_INFINITY } as const
const high = { priority: 1 }
const low = { priority: 2 }

describe('priority_levels', () => {
  const pool = { ms: 10, order: strict, classes: [high, low] }

  test('1 is the highest level; within a level the order is FIFO', () => {
    const coming = { at: [0, 1, 2, 3, 4], classes: [1, 1, 0, 1, 0] }
    expect(batchesOf(coming, pool).map(([, , keys]) => keys)).toEqual([[0], [2], [4], [1], [3]])
  })

  test('a batch mixes levels: the next one fills it where the higher is exhausted', () => {
    const coming = { at: [0, 1, 2, 3, 4], classes: [0, 1, 1, 0, 1] }
    expect(batchesOf(coming, { ...pool, batching: dynamic(3, 0) })).toEqual([
      [0, 0, [0]],
      [10, 0, [1, 2, 3]],
      [20, 0, [4]],
    ])
  })

  test('an arrival of a higher level displaces one of the pending batch', () => {
    const coming = { at: [0, 1, 2, 3], classes: [0, 1, 1, 0] }
    expect(batchesOf(coming, { ...pool, batching: dynamic(2, 0) })).toEqual([
      [0, 0, [0]],
      [10, 0, [1, 3]],
      [20, 0, [2]],
    ])
  })

  test('an arrival of a higher level never displaces one that runs', () => {
    const coming = { at: [0, 1], classes: [1, 0] }
    expect(batchesOf(coming, pool)).toEqual([
      [0, 0, [0]],
      [10, 0, [1]],
    ])
  })

  test('the delay stays that of the oldest, whatever its level', () => {
    const coming = { at: [0, 3], classes: [1, 0] }
    expect(batchesOf(coming, { ...pool, batching: dynamic(4, 5) })).toEqual([[5, 0, [0, 1]]])
  })

  test('levels do not age: a lower one starves while requests of a higher one arrive', () => {
    const at = [0, 1, ...Array.from({ length: 50 }, (_, i) => 10 * i + 2)]
    const coming = { at, classes: [0, 1, ...at.slice(2).map(() => 0)] }
    expect(batchesOf(coming, pool).at(-1)).toEqual([510, 0, [1]])
  })
})

describe('default_timeout_microseconds and timeout_action', () => {
  const pool = { ms: 10, queueTimeoutMs: 4 }

  test('REJECT: a request that has waited so long leaves the queue', () => {
    expect(endsOf({ at: [0, 1, 7] }, pool)).toEqual([
      ['served', 10],
      ['timedOut', 5],
      ['served', 20],
    ])
  })

  test('the batcher wakes for a time-out before the end of the delay', () => {
    expect(endsOf({ at: [0] }, { ...pool, batching: dynamic(4, 9) })).toEqual([['timedOut', 4]])
  })

  test('a request that timed out is in no batch', () => {
    const batching = dynamic(4, 0)
    expect(batchesOf({ at: [0, 1, 7, 8] }, { ...pool, batching })).toEqual([
      [0, 0, [0]],
      [10, 0, [2, 3]],
    ])
  })

  test('DELAY: it waits behind all others of its level', () => {
    const coming = { at: [0, 1, 8, 17] }
    const delayed = { ...pool, timeoutAction: 'delay' } as const
    expect(batchesOf(coming, delayed).map(([, , keys]) => keys)).toEqual([[0], [2], [3], [1]])
  })

  test('DELAY: it stays before those of lower levels', () => {
    const coming = { at: [0, 1, 8, 9], classes: [0, 0, 0, 1] }
    const order = { order: strict, classes: [high, low] }
    const delayed = { ...pool, ...order, timeoutAction: 'delay' } as const
    expect(batchesOf(coming, delayed).map(([, , keys]) => keys)).toEqual([[0], [2], [1], [3]])
  })

  test('DELAY: there is no second time-out, and it may starve', () => {
    const at = [0, 1, ...Array.from({ length: 50 }, (_, i) => 10 * i + 8)]
    const ends = endsOf({ at }, { ...pool, timeoutAction: 'delay' })
    expect(ends[1]).toEqual(['served', 520])
    expect(ends.every(([outcome]) => outcome === 'served')).toBe(true)
  })
})

describe('allow_timeout_override', () => {
  const ends = (queueTimeoutMs: number, pool: object) =>
    endsOf({ at: [0, 1] }, { ms: 10, classes: [{ queueTimeoutMs }], ...pool })[1]
  const allowed = { timeoutOverride: true }

  test('a shorter time-out of the request replaces the default', () => {
    expect(ends(2, { queueTimeoutMs: 4, ...allowed })).toEqual(['timedOut', 3])
  })

  test('a longer one does not', () => {
    expect(ends(6, { queueTimeoutMs: 4, ...allowed })).toEqual(['timedOut', 5])
  })

  test('without it the time-out of the request is ignored', () => {
    expect(ends(2, { queueTimeoutMs: 4 })).toEqual(['timedOut', 5])
  })

  test('a default of 0, which is no time-out, cannot be overridden', () => {
    expect(ends(2, allowed)).toEqual(['served', 20])
  })
})

describe('max_queue_size', () => {
  test('a request is refused on arrival if so many wait', () => {
    expect(endsOf({ at: [0, 1, 2, 3] }, { ms: 10, maxLength: 2 })).toEqual([
      ['served', 10],
      ['served', 20],
      ['served', 30],
      ['shed', 3],
    ])
  })

  test('running requests do not count', () => {
    const full = { ms: 10, maxLength: 1 }
    expect(endsOf({ at: [0, 10, 11] }, full).map(([outcome]) => outcome)).toEqual([
      'served',
      'served',
      'served',
    ])
  })

  test('delayed requests count', () => {
    const pool = { ms: 10, maxLength: 1, queueTimeoutMs: 2, timeoutAction: 'delay' } as const
    expect(endsOf({ at: [0, 1, 5] }, pool)[2]).toEqual(['shed', 5])
  })

  test('a level has its own bound', () => {
    const levels = [{ ...PLAIN_QUEUE, priority: 2, maxLength: 1 }]
    const pool = { ms: 10, order: strict, classes: [high, low], levels }
    const coming = { at: [0, 1, 2, 3, 4], classes: [0, 1, 1, 0, 0] }
    expect(endsOf(coming, pool).map(([outcome]) => outcome)).toEqual([
      'served',
      'served',
      'shed',
      'served',
      'served',
    ])
  })
})

describe('priority_queue_policy', () => {
  test('the policy of a level replaces the default', () => {
    const levels = [{ ...PLAIN_QUEUE, priority: 2, queueTimeoutMs: 3 }]
    const pool = { ms: 10, order: strict, classes: [high, low], levels, queueTimeoutMs: 6 }
    expect(endsOf({ at: [0, 1, 1], classes: [0, 0, 1] }, pool)).toEqual([
      ['served', 10],
      ['timedOut', 7],
      ['timedOut', 4],
    ])
  })
})

describe('cancellation', () => {
  test('a cancelled request is in no batch', () => {
    const hasty = { clientTimeoutMs: 4, cancels: true }
    const pool = { ms: 10, batching: dynamic(4, 0), classes: [{}, hasty] }
    const coming = { at: [0, 1, 2], classes: [0, 1, 0] }
    expect(batchesOf(coming, pool)).toEqual([
      [0, 0, [0]],
      [10, 0, [2]],
    ])
    expect(endsOf(coming, pool)[1]).toEqual(['cancelled', 5])
  })

  test('a running request is not cancelled', () => {
    const pool = { ms: 10, classes: [{ clientTimeoutMs: 4, cancels: true }] }
    expect(endsOf({ at: [0] }, pool)).toEqual([['abandoned', 10]])
  })
})
