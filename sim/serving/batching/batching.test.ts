import { describe, expect, test } from 'vitest'
import { batchesOf } from '../batches-of.test-helper.ts'
import type { BatchingPlan } from './batching-plan.ts'
import { Batcher, batchPolicies } from './index.ts'
import { viewOf } from './view.test-helper.ts'

/** What is taken of a queue, or when to ask again: windows close at 10. */
function decide(config: BatchingPlan, length: number, now = 0, ending = false): number | string {
  const out = { take: 0, group: 0, wakeAt: Number.POSITIVE_INFINITY }
  new Batcher(config).decide(viewOf({ length, windowCloses: 10, ending }), now, out)
  return out.take > 0 ? out.take : `until ${out.wakeAt}`
}

describe('no batching', () => {
  test('every request is a batch of its own', () => {
    expect(decide({ policy: 'none' }, 9)).toBe(1)
    expect(new Batcher({ policy: 'none' }).maxBatch).toBe(1)
  })
})

describe('fixed batches', () => {
  const config: BatchingPlan = { policy: 'fixed', batch: 3 }

  test('start when they are full and not before, however long that takes', () => {
    expect([1, 2, 3, 4, 7].map((length) => decide(config, length, 1e9))).toEqual([
      'until Infinity',
      'until Infinity',
      3,
      3,
      3,
    ])
  })

  test('the remaining requests are a batch when the traffic ends', () => {
    expect(decide(config, 2, 0, true)).toBe(2)
    expect(batchesOf({ at: [0, 1, 2, 10, 11] }, { ms: 1, batching: config })).toEqual([
      [2, 0, [0, 1, 2]],
      [11, 0, [3, 4]],
    ])
  })

  test('the remaining requests are one batch if an executor was busy when the traffic ended', () => {
    expect(batchesOf({ at: [0, 1, 2, 3] }, { ms: 9, batching: config })).toEqual([
      [2, 0, [0, 1, 2]],
      [11, 0, [3]],
    ])
  })
})

test('each policy is in a frozen table under its own kind', () => {
  for (const [name, policy] of Object.entries(batchPolicies)) expect(policy.kind).toBe(name)
  expect(Object.isFrozen(batchPolicies)).toBe(true)
})
