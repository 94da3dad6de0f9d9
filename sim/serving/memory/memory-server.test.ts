import { describe, expect, test } from 'vitest'
import type { Mishaps } from '../../../test/memory-world.ts'
import { OUTCOME, REFUSAL } from '../ports.ts'
import { item, lru, roomy, run } from './small-device.test-helper.ts'

describe('the ledger', () => {
  test('cuts a batch to what fits, at the padded length', () => {
    const perToken = { ...item, perItem: 0, perToken: 1 }
    const base = { limitBytes: 60, pools: [{ sums: [perToken] }], at: [0, 1, 2, 3, 4] }
    // 1 runs alone; then 20 and 20 fit 60, and a third of 20 does; of 21 and 20 only two
    expect(run({ ...base, lengths: [1, 20, 20, 20, 20] }).sizes).toEqual([1, 3, 3, 3, 1])
    expect(run({ ...base, lengths: [1, 21, 20, 20, 20] }).sizes).toEqual([1, 2, 2, 2, 2])
  })

  test('counts ragged batches at their mean length', () => {
    const squared = { ...item, perItem: 0, perTokenSquared: 1 }
    const pool = { ragged: true, batching: roomy }
    const base = { limitBytes: 100, pools: [{ sums: [squared], pool }], at: [0, 1, 1, 1] }
    // 9 and 1 take 2 x 25
    expect(run({ ...base, lengths: [1, 9, 1, 9] }).sizes).toEqual([1, 2, 2, 1])
  })

  test('a batch waits if not even one request fits beside the batches on the device', () => {
    const { dispatched, batchWait } = run({
      limitBytes: 25,
      pools: [{ sums: [{ ...item, perItem: 20 }] }, {}],
      at: [0, 3],
    })
    expect(dispatched).toEqual([0, 10])
    expect(batchWait).toEqual([0, 7])
  })

  test('a request is shed if and only if it could never run alone', () => {
    const base = { pools: [{ weightsBytes: 30 }, { weightsBytes: 61 }], at: [0, 1] }
    expect(run({ ...base, limitBytes: 101 }).refusal).toEqual([REFUSAL.none, REFUSAL.none])
    expect(run({ ...base, limitBytes: 100 }).refusal).toEqual([REFUSAL.memory, REFUSAL.memory])
  })

  test('only requests that arrived before the waiting one go first', () => {
    const { dispatched } = run({
      limitBytes: 40,
      // the second needs all of it
      pools: [
        { pool: { replicas: 2, batching: { policy: 'none' } } },
        { sums: [{ ...item, perItem: 40 }] },
      ],
      // turns: first, second, first, …; the one of 1 waits, those after it must not overtake it
      at: [0, 1, 1],
    })
    expect(dispatched).toEqual([0, 10, 20])
  })

  test('when the first waiting request times out, those behind it go at once', () => {
    const { dispatched, outcome } = run({
      limitBytes: 40,
      pools: [
        { pool: { replicas: 2, batching: { policy: 'none' } } },
        { sums: [{ ...item, perItem: 40 }], pool: { queueTimeoutMs: 4 } },
      ],
      at: [0, 1, 2],
    })
    expect(outcome).toEqual([OUTCOME.served, OUTCOME.timedOut, OUTCOME.served])
    expect(dispatched[2]).toBe(5)
  })
})

describe('an arena of buddies', () => {
  const perToken = { ...item, perItem: 0, perToken: 1 }
  // of 1,024 bytes, in chunks of powers of two from 256 on
  const arena = { bytes: 1024, together: [[perToken], [perToken, item]] }

  test('cuts a batch to what fits in its chunks', () => {
    const base = { limitBytes: 2000, pools: [{ arena }], at: [0, 1, 1, 1, 1] }
    // two buffers of 512 and 256 bytes; three of 200 would take 1,024 and 256
    expect(run({ ...base, lengths: [1, 200, 200, 200, 200] }).sizes).toEqual([1, 2, 2, 2, 2])
    expect(run({ ...base, lengths: [1, 128, 128, 128, 128] }).sizes).toEqual([1, 4, 4, 4, 4])
  })

  test('sheds a request that it could never hold, whatever else is free on the device', () => {
    const base = {
      limitBytes: 1e9,
      pools: [{ arena }],
      at: [0, 50, 100],
      lengths: [512, 513, 1025],
    }
    const { none, memory } = REFUSAL
    expect(run(base).refusal).toEqual([none, memory, memory])
  })

  test('is reserved with the weights: other batches use the rest, and its own never wait', () => {
    const otherPool = { sums: [{ ...item, perItem: 30 }] }
    const pools = [{ arena, weightsBytes: 100 }, otherPool]
    const base = { pools, at: [0, 1, 10, 11], lengths: [500, 1, 500, 1] }
    expect(run({ ...base, limitBytes: 1154 }).dispatched).toEqual([0, 1, 10, 11])
    expect(run({ ...base, limitBytes: 1153 }).refusal[1]).toBe(REFUSAL.memory)
  })

  test('is released with its model', () => {
    const pools = [{ arena, weightsBytes: 10 }, { weightsBytes: 900 }]
    const { commands } = run({ residency: lru, pools, limitBytes: 1100, at: [0, 20] })
    expect(commands.slice(2)).toEqual(['20 unload 0', '20 load 1', '25 start 1 1'])
  })
})

describe('a batch that runs out of memory', () => {
  const four = [0, 1, 2, 3, 4]
  const base = { limitBytes: 1000, at: four }

  test('fails if no remedy is configured', () => {
    const { outcome, counts } = run({ ...base, pools: [{}], fails: ({ size }) => size > 1 })
    expect(outcome).toEqual([OUTCOME.served, ...Array(4).fill(OUTCOME.failed)])
    expect(counts).toMatchObject({ failed: 1, split: 0, shrunk: 0, dispatched: 5 })
  })

  test('runs in halves one after the other, down to one request, and counts as dispatched once', () => {
    const { outcome, started, dispatched, sizes, counts } = run({
      ...base,
      pools: [{ outOfMemory: ['split'] }],
      fails: ({ size }) => size > 1,
    })
    expect(outcome).toEqual(Array(5).fill(OUTCOME.served))
    expect(dispatched).toEqual([0, 10, 10, 10, 10])
    expect(started).toEqual([0, 10, 20, 30, 40])
    expect(sizes).toEqual([1, 1, 1, 1, 1])
    expect(counts).toMatchObject({ split: 3, failed: 0, dispatched: 5 })
  })

  test('each half has its own end, and only requests that cannot run alone fail', () => {
    const { outcome, done } = run({
      ...base,
      lengths: [1, 1, 9, 1, 1],
      pools: [{ outOfMemory: ['split'] }],
      fails: ({ length }) => length === 9,
    })
    const { served, failed } = OUTCOME
    expect(outcome).toEqual([served, served, failed, served, served])
    // 1 ends at 20, 2 fails then and there, 3 and 4 go together
    expect(done).toEqual([10, 20, 20, 30, 30])
  })

  test('runs again once the arenas have shrunk, and fails the second time', () => {
    const pools = [{ outOfMemory: ['shrink'] as const }]
    const once = run({ ...base, pools, fails: (_, call) => call === 1 })
    expect(once.counts).toMatchObject({ shrunk: 1, failed: 0 })
    expect(once.sizes).toEqual([1, 4, 4, 4, 4])
    const twice = run({ ...base, pools, fails: (_, call) => call === 1 || call === 2 })
    expect(twice.counts).toMatchObject({ shrunk: 1, failed: 1 })
  })

  test('each half tries the remedies from the first', () => {
    const { counts, outcome } = run({
      ...base,
      pools: [{ outOfMemory: ['shrink', 'split'] }],
      // the whole twice, then each half once
      fails: (_, call) => [1, 2, 3, 5].includes(call),
    })
    expect(outcome).toEqual(Array(5).fill(OUTCOME.served))
    expect(counts).toMatchObject({ shrunk: 3, split: 1, failed: 0 })
  })

  test('remedies that a world does not support are skipped', () => {
    const pools = [{ outOfMemory: ['shrink', 'evict', 'split'] as const }]
    const fails: Mishaps['fails'] = ({ size }) => size > 1
    const { counts } = run({ ...base, pools, fails, without: ['shrink', 'unload'] })
    expect(counts).toMatchObject({ shrunk: 0, evicted: 0, split: 3, failed: 0 })
  })

  test('evicts idle models one by one, but no pinned model', () => {
    const { counts, commands } = run({
      limitBytes: 1000,
      residency: lru,
      pools: [{ outOfMemory: ['evict'] }, {}, { pinned: true }, {}],
      at: [0, 1, 2, 3, 100],
      // those before run; then it never does
      fails: (_, call) => call >= 4,
    })
    expect(counts).toMatchObject({ evicted: 2, failed: 1, loaded: 3 })
    expect(commands.filter((text) => text.includes('unload'))).toEqual([
      '100 unload 1',
      '100 unload 3',
    ])
  })
})
