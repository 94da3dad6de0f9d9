import { describe, expect, test } from 'vitest'
import type { Batching } from '../../../scenarios/schema.ts'
import { type Mishaps, runWithMemory } from '../../../test/memory-world.ts'
import { planOf, requestsOf } from '../../../test/small-system.ts'
import type { PoolPlan, ServingPlan } from '../plan.ts'
import { OUTCOME, REFUSAL } from '../ports.ts'
import type { PoolMemoryPlan, ResidencyPlan } from './memory-plan.ts'

const item = { fixed: 0, perLength: 0, perItem: 10, perToken: 0, perTokenSquared: 0 }
/** Ten bytes for each request on device 0, and no weights. */
const plain: PoolMemoryPlan = {
  devices: [0],
  weightsBytes: 0,
  sums: [item],
  outOfMemory: [],
  pinned: false,
}
const roomy: Batching = { policy: 'dynamic', max_batch: 8, preferred: [], max_delay_ms: 0 }
const lru: ResidencyPlan = { eviction: 'lru', gibPerS: 1, setUpMs: 1 }

interface Told extends Mishaps {
  readonly limitBytes: number
  readonly residency?: ResidencyPlan
  readonly pools: readonly (Partial<PoolMemoryPlan> & { readonly pool?: Partial<PoolPlan> })[]
  readonly at: readonly number[]
  readonly lengths?: readonly number[]
  readonly workMs?: number
}

/** Requests go to pools by turns; batches take 10 ms. */
function run({
  limitBytes,
  residency = undefined,
  pools,
  at,
  lengths,
  workMs = 10,
  ...rest
}: Told) {
  const plan: ServingPlan = planOf(
    pools.map(({ pool, ...memory }) => ({
      batching: roomy,
      memory: {
        ...plain,
        ...memory,
        devices: Array<number>(pool?.replicas ?? 1).fill(0),
      },
      ...pool,
    })),
    {
      routing: 'round-robin',
      devices: [{ name: 'card', limitBytes, residency: residency ?? null }],
    },
  )
  const requests = requestsOf(at, lengths && { lengths })
  const { rows, told, counts } = runWithMemory({ plan, requests }, () => workMs, rest)
  const { columns } = rows
  return {
    told,
    counts,
    dispatched: [...columns.dispatched],
    started: [...columns.started],
    done: [...columns.done],
    sizes: [...columns.batchSize],
    batchWait: [...columns.batchWait],
    outcome: [...columns.outcome],
    refusal: [...columns.refusal],
  }
}

describe('the ledger', () => {
  test('cuts a batch to what fits, at the padded length', () => {
    const perToken = { ...item, perItem: 0, perToken: 1 }
    const told = { limitBytes: 60, pools: [{ sums: [perToken] }], at: [0, 1, 2, 3, 4] }
    // 1 runs alone; then 20 and 20 fit 60, and a third of 20 does; of 21 and 20 only two
    expect(run({ ...told, lengths: [1, 20, 20, 20, 20] }).sizes).toEqual([1, 3, 3, 3, 1])
    expect(run({ ...told, lengths: [1, 21, 20, 20, 20] }).sizes).toEqual([1, 2, 2, 2, 2])
  })

  test('counts ragged batches at their mean length', () => {
    const squared = { ...item, perItem: 0, perTokenSquared: 1 }
    const pool = { ragged: true, batching: roomy }
    const told = { limitBytes: 100, pools: [{ sums: [squared], pool }], at: [0, 1, 1, 1] }
    // 9 and 1 take 2 x 25
    expect(run({ ...told, lengths: [1, 9, 1, 9] }).sizes).toEqual([1, 2, 2, 1])
  })

  test('makes a batch wait where not even one fits beside those of the device', () => {
    const { dispatched, batchWait } = run({
      limitBytes: 25,
      pools: [{ sums: [{ ...item, perItem: 20 }] }, {}],
      at: [0, 3],
    })
    expect(dispatched).toEqual([0, 10])
    expect(batchWait).toEqual([0, 7])
  })

  test('whoever could never run alone is shed, and so is nobody else', () => {
    const told = { pools: [{ weightsBytes: 30 }, { weightsBytes: 61 }], at: [0, 1] }
    expect(run({ ...told, limitBytes: 101 }).refusal).toEqual([REFUSAL.none, REFUSAL.none])
    expect(run({ ...told, limitBytes: 100 }).refusal).toEqual([REFUSAL.memory, REFUSAL.memory])
  })

  test('those who came before who waits go first, and nobody else does', () => {
    const { dispatched } = run({
      limitBytes: 40,
      // the second needs all of it
      pools: [
        { pool: { replicas: 2, batching: { policy: 'none' } } },
        { sums: [{ ...item, perItem: 40 }] },
      ],
      // turns: first, second, first, …; the one of 1 waits, that of 2 must not overtake it
      at: [0, 1, 2],
    })
    expect(dispatched).toEqual([0, 10, 20])
  })
})

describe('a batch that runs out of memory', () => {
  const four = [0, 1, 2, 3, 4]
  const told = { limitBytes: 1000, at: four }

  test('fails where nothing is to be tried', () => {
    const { outcome, counts } = run({ ...told, pools: [{}], fails: ({ size }) => size > 1 })
    expect(outcome).toEqual([OUTCOME.served, ...Array(4).fill(OUTCOME.failed)])
    expect(counts).toMatchObject({ failed: 1, split: 0, shrunk: 0, dispatched: 5 })
  })

  test('goes in halves one after the other, down to one, and counts as dispatched once', () => {
    const { outcome, started, dispatched, sizes, counts } = run({
      ...told,
      pools: [{ outOfMemory: ['split'] }],
      fails: ({ size }) => size > 1,
    })
    expect(outcome).toEqual(Array(5).fill(OUTCOME.served))
    expect(dispatched).toEqual([0, 10, 10, 10, 10])
    expect(started).toEqual([0, 10, 20, 30, 40])
    expect(sizes).toEqual([1, 1, 1, 1, 1])
    expect(counts).toMatchObject({ split: 3, failed: 0, dispatched: 5 })
  })

  test('of halves each has its own end, and only those fail that cannot run alone', () => {
    const { outcome, done } = run({
      ...told,
      lengths: [1, 1, 9, 1, 1],
      pools: [{ outOfMemory: ['split'] }],
      fails: ({ length }) => length === 9,
    })
    const { served, failed } = OUTCOME
    expect(outcome).toEqual([served, served, failed, served, served])
    // 1 ends at 20, 2 fails then and there, 3 and 4 go together
    expect(done).toEqual([10, 20, 20, 30, 30])
  })

  test('runs again as it is once the arenas have shrunk, and fails the second time', () => {
    const pools = [{ outOfMemory: ['shrink'] as const }]
    const once = run({ ...told, pools, fails: (_, call) => call === 1 })
    expect(once.counts).toMatchObject({ shrunk: 1, failed: 0 })
    expect(once.sizes).toEqual([1, 4, 4, 4, 4])
    const twice = run({ ...told, pools, fails: (_, call) => call === 1 || call === 2 })
    expect(twice.counts).toMatchObject({ shrunk: 1, failed: 1 })
  })

  test('what a world cannot do is passed over', () => {
    const pools = [{ outOfMemory: ['shrink', 'evict', 'split'] as const }]
    const fails: Mishaps['fails'] = ({ size }) => size > 1
    const { counts } = run({ ...told, pools, fails, without: ['shrink', 'unload'] })
    expect(counts).toMatchObject({ shrunk: 0, evicted: 0, split: 3, failed: 0 })
  })

  test('has idle models go one by one, but no pinned one', () => {
    const { counts, told: commands } = run({
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

describe('residency', () => {
  const told = { residency: lru, limitBytes: 100, loadMs: 5 }

  test('a model is loaded when a batch is due; the wait for it is none for an executor', () => {
    const { dispatched, batchWait, told: commands } = run({ ...told, pools: [{}], at: [0, 1, 30] })
    expect(commands).toEqual(['0 load 0', '5 start 2 0', '30 start 1 0'])
    expect(dispatched).toEqual([5, 5, 30])
    expect(batchWait).toEqual([0, 0, 0])
  })

  test('pinned models are there from the beginning', () => {
    const { told: commands } = run({ ...told, pools: [{ pinned: true }], at: [0] })
    expect(commands).toEqual(['0 start 1 0'])
  })

  test('the least recently used makes room; one that works does not', () => {
    const pools = Array.from({ length: 3 }, () => ({ weightsBytes: 40 }))
    const { told: commands } = run({ ...told, pools, at: [0, 1, 7] })
    // at 7 the first works until 15 and the second until 16: then the first goes
    expect(commands).toEqual([
      ...['0 load 0', '1 load 1', '5 start 1 0', '6 start 1 1'],
      ...['15 unload 0', '15 load 2', '20 start 1 2'],
    ])
  })

  test('nobody goes where even that would not make room', () => {
    const pools = [{ weightsBytes: 40 }, { weightsBytes: 40 }, { weightsBytes: 90 }]
    const { told: commands } = run({ ...told, pools, at: [0, 20, 22], workMs: 10 })
    // the first is idle from 15 on, but the second works until 35
    expect(commands.slice(4)).toEqual(['35 unload 0', '35 unload 1', '35 load 2', '40 start 1 2'])
  })

  test('a load for which there was no room shrinks arenas, then evicts, then waits for an end', () => {
    const pools = Array.from({ length: 3 }, () => ({ weightsBytes: 20 }))
    const { told: commands, outcome } = run({
      ...told,
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

  test('a load that waits for an end is woken by it though nobody is left to wait', () => {
    const impatient = { queueTimeoutMs: 6 }
    const { outcome } = run({
      ...told,
      pools: [{ weightsBytes: 20 }, { weightsBytes: 20, pool: impatient }],
      at: [0, 6, 9, 40],
      loadFails: (executor, call) => executor === 1 && call < 3,
    })
    // the second times out at 12; the last finds its model not resident, and nothing running
    const { served, timedOut } = OUTCOME
    expect(outcome).toEqual([served, timedOut, served, served])
  })

  test('loads that failed for requests that left count no more: others wait for the next one', () => {
    const perToken = { ...item, perItem: 0, perToken: 1 }
    const { outcome, told: commands } = run({
      ...told,
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

  test('the batch fails for which nothing is left that could make room', () => {
    const { outcome, counts } = run({ ...told, pools: [{}], at: [0, 1], loadFails: () => true })
    expect(outcome).toEqual([OUTCOME.failed, OUTCOME.failed])
    expect(counts).toMatchObject({ failed: 2, shrunk: 2, loaded: 0 })
  })
})
