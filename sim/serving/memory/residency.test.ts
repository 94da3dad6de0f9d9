import { describe, expect, test } from 'vitest'
import type { BatchingPlan } from '../batching/batching-plan.ts'
import { OUTCOME } from '../ports.ts'
import { item, lru, run } from './small-device.test-helper.ts'

describe('model swapping', () => {
  const base = { residency: lru, limitBytes: 100, loadMs: 5 }

  test('a model is loaded when a batch is due; waiting for the load is not batch wait', () => {
    const { dispatched, batchWait, commands } = run({ ...base, pools: [{}], at: [0, 1, 30] })
    expect(commands).toEqual(['0 load 0', '5 start 2 0', '30 start 1 0'])
    expect(dispatched).toEqual([5, 5, 30])
    expect(batchWait).toEqual([0, 0, 0])
  })

  test('pinned models are resident from the beginning', () => {
    const { commands } = run({ ...base, pools: [{ pinned: true }], at: [0] })
    expect(commands).toEqual(['0 start 1 0'])
  })

  test('the least recently used model is evicted, but none that runs a batch', () => {
    const pools = Array.from({ length: 3 }, () => ({ weightsBytes: 40 }))
    const { commands } = run({ ...base, pools, at: [0, 1, 7] })
    // at 7 the first works until 15 and the second until 16: then the first goes
    expect(commands).toEqual([
      ...['0 load 0', '1 load 1', '5 start 1 0', '6 start 1 1'],
      ...['15 unload 0', '15 load 2', '20 start 1 2'],
    ])
  })

  test('models with waiting requests are evicted last', () => {
    const batching: BatchingPlan = { policy: 'dynamic', maxBatch: 8, preferred: [], maxDelayMs: 30 }
    const { commands } = run({
      ...base,
      pools: [
        { weightsBytes: 40, pool: { batching } },
        { weightsBytes: 40 },
        { weightsBytes: 40, sums: [{ ...item, perItem: 0, perToken: 1 }] },
      ],
      at: [0, 31, 32, 60, 61, 75],
      // the third is shed
      lengths: [1, 1, 1000, 1, 1, 1],
    })
    // the first was used least recently, but its next batch is due at 90
    expect(commands.slice(4)).toEqual([
      ...['61 start 1 1', '75 unload 1', '75 load 2', '80 start 1 2', '90 start 1 0'],
    ])
  })

  test('a load leads to a batch even if the first waiting server is before later requests', () => {
    const { dispatched } = run({
      ...base,
      limitBytes: 40,
      pools: [
        { pool: { order: { discipline: 'lifo' }, batching: { policy: 'none' } } },
        { sums: [{ ...item, perItem: 35 }] },
      ],
      // the second waits from 1 on; of the first two that wait for the load the last goes first
      at: [0, 1, 2],
    })
    expect(dispatched).toEqual([15, 30, 5])
  })

  test('no model is evicted if all evictions together would not make room', () => {
    const pools = [{ weightsBytes: 40 }, { weightsBytes: 40 }, { weightsBytes: 90 }]
    const { commands } = run({ ...base, pools, at: [0, 20, 22], workMs: 10 })
    // the first is idle from 15 on, but the second works until 35
    expect(commands.slice(4)).toEqual(['35 unload 0', '35 unload 1', '35 load 2', '40 start 1 2'])
  })

  test('a load that found no room shrinks arenas, then evicts, then waits for an end', () => {
    const pools = Array.from({ length: 3 }, () => ({ weightsBytes: 20 }))
    const { commands, outcome } = run({
      ...base,
      pools,
      at: [0, 12, 20],
      workMs: 10,
      loadFails: (executor, call) => executor === 2 && call < 5,
    })
    expect(outcome).toEqual(Array(3).fill(OUTCOME.served))
    expect(commands.slice(3)).toEqual([
      ...['17 start 1 1', '20 load 2', '20 shrink 2', '20 load 2', '20 unload 0', '20 load 2'],
      // the second works until 27
      ...['27 load 2', '32 start 1 2'],
    ])
  })

  test('a load that waits for an end goes on at that end, even if no request is left', () => {
    const impatient = { queueTimeoutMs: 6 }
    const { outcome } = run({
      ...base,
      pools: [{ weightsBytes: 20 }, { weightsBytes: 20, pool: impatient }],
      at: [0, 6, 9, 40],
      loadFails: (executor, call) => executor === 1 && call < 3,
    })
    // the second times out at 12; the last finds its model not resident, and nothing running
    const { served, timedOut } = OUTCOME
    expect(outcome).toEqual([served, timedOut, served, served])
  })

  test('a failed load for requests that left is forgotten: others wait for the next load', () => {
    const perToken = { ...item, perItem: 0, perToken: 1 }
    const { outcome, commands } = run({
      ...base,
      pools: [{ pinned: true }, { pool: { queueTimeoutMs: 7 } }, { sums: [perToken] }],
      at: [0, 1, 2, 20, 50, 51],
      lengths: [1, 1, 1000, 1, 1, 1],
      // the second times out at 8; the third is refused once, and comes while the second is loaded
      loadFails: (executor, call) => call < 2 || (executor === 2 && call < 5),
    })
    const { served, timedOut, shed } = OUTCOME
    expect(outcome).toEqual([served, timedOut, shed, served, served, served])
    expect(commands.slice(-2)).toEqual(['65 load 2', '70 start 1 2'])
  })

  test('other loads wait for a load that is tried again', () => {
    const pools = Array.from({ length: 2 }, () => ({ weightsBytes: 20 }))
    const { outcome, commands } = run({
      ...base,
      pools,
      at: [0, 1],
      // the first once, before its arenas shrink; the second as long as the first is not through
      loadFails: (_, call) => call !== 1 && call < 4,
    })
    expect(outcome).toEqual([OUTCOME.served, OUTCOME.served])
    expect(commands.slice(-2)).toEqual(['15 load 1', '20 start 1 1'])
  })

  test('a batch fails if nothing is left that could make room', () => {
    const { outcome, counts } = run({ ...base, pools: [{}], at: [0, 1], loadFails: () => true })
    expect(outcome).toEqual([OUTCOME.failed, OUTCOME.failed])
    expect(counts).toMatchObject({ failed: 2, shrunk: 2, loaded: 0 })
  })
})
