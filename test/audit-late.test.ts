import { describe, expect, test } from 'vitest'
import { feedBack } from '../sim/experiment/index.ts'
import {
  OUTCOME,
  type PoolMemoryPlan,
  type PoolPlan,
  parseLog,
  STATUS,
} from '../sim/serving/index.ts'
import { expectPromisesKept } from './kept-promises.ts'
import { planOf, requestsOf } from './small-system.ts'

const PER_TOKEN = { fixed: 0, perLength: 0, perItem: 0, perToken: 1, perTokenSquared: 0 }

interface LogEntry {
  readonly now: number
  readonly event: 'arrival' | 'timer' | 'done'
  readonly id: number
  readonly status?: number
}

/** The outcomes of a pool on a device of 100 bytes for these events and request lengths. */
function outcomes(
  pool: Partial<PoolPlan> & { readonly outOfMemory: PoolMemoryPlan['outOfMemory'] },
  requests: { readonly at: readonly number[]; readonly lengths: readonly number[] },
  entries: readonly LogEntry[],
) {
  const { outOfMemory, ...rest } = pool
  const memory = { weightsBytes: 0, sums: [PER_TOKEN], arena: null, pinned: false, devices: [0] }
  const plan = planOf([{ ...rest, queueTimeoutMs: 5, memory: { ...memory, outOfMemory } }], {
    devices: [{ name: 'card', limitBytes: 100, residency: null }],
  })
  const list = requestsOf(requests.at, requests)
  const lines = entries.map((event) =>
    JSON.stringify({ started: event.now, ended: event.now, status: 0, ...event }),
  )
  const { rows, refused } = feedBack(plan, list, parseLog(lines, 'late'))
  expect(refused).toBeNull()
  expectPromisesKept({ plan, requests: list, rows })
  return Array.from(rows.columns.outcome, (outcome, key) => [outcome, rows.columns.done[key]])
}

describe('while its timer is late, a request past its time-out waits', () => {
  const { served, timedOut, shed } = OUTCOME

  test('unless memory could never hold it', () => {
    const ended = outcomes({ outOfMemory: [] }, { at: [0, 1, 6.5], lengths: [1, 1, 101] }, [
      { now: 0, event: 'arrival', id: 0 },
      { now: 1, event: 'arrival', id: 1 },
      { now: 6.5, event: 'arrival', id: 2 },
      { now: 7, event: 'timer', id: 0 },
      { now: 9, event: 'done', id: 0 },
    ])
    expect(ended).toEqual([
      [served, 9],
      [timedOut, 7],
      [shed, 6.5],
    ])
  })

  test('unless it is in the first half of a batch whose second half follows', () => {
    const batching = { policy: 'fixed', batch: 2 } as const
    const ended = outcomes(
      { batching, outOfMemory: ['split'] },
      { at: [0, 0, 2], lengths: [1, 1, 1] },
      [
        { now: 0, event: 'arrival', id: 0 },
        { now: 0, event: 'arrival', id: 1 },
        { now: 1, event: 'done', id: 0, status: STATUS.outOfMemory },
        { now: 2, event: 'arrival', id: 2 },
        { now: 8, event: 'done', id: 0 },
        { now: 8.5, event: 'timer', id: 0 },
        { now: 9, event: 'done', id: 0 },
      ],
    )
    expect(ended).toEqual([
      [served, 8],
      [served, 9],
      [timedOut, 8.5],
    ])
  })
})
