import { expect, test } from 'vitest'
import { put, temporaryFolder } from '../../../test/spillway.ts'
import {
  inShard,
  isRowOf,
  numbersOf,
  planDifferences,
  planSweep,
  type SweepRequest,
  shardSize,
  sizeOf,
  valuesOf,
} from './sweep-plan.ts'

const folder = temporaryFolder()
const points = put(folder, 'points.csv', 'pools.0.replicas,seed\n1,7\n2,8\n')
const bad = put(folder, 'bad.csv', 'duration_s,seed\n8,1\n9,\n')

const planned = async (request: Partial<SweepRequest>) =>
  (await planSweep({ path: 'overload', replications: 2, ...request })).manifest

const GRID = ['duration_s=60', 'pools.0.replicas=1..3', 'seed=4,5']

test('a grid has all combinations, of which the last value changes first', async () => {
  const plan = await planned({ set: GRID })
  expect(plan).toMatchObject({ set: ['duration_s=60'], paths: ['pools.0.replicas', 'seed'] })
  expect(sizeOf(plan)).toBe(6)
  const all = Array.from({ length: 6 }, (_, i) => valuesOf(plan, i + 1).join())
  expect(all).toEqual(['1,4', '1,5', '2,4', '2,5', '3,4', '3,5'])
})

test('a list has its own order', async () => {
  const plan = await planned({ points })
  expect([sizeOf(plan), valuesOf(plan, 1), valuesOf(plan, 2)]).toEqual([2, ['1', '7'], ['2', '8']])
})

test.each([1, 2, 4, 6, 9])('%i shards partition a plan', async (of) => {
  const plan = await planned({ set: GRID })
  const parts = Array.from({ length: of }, (_, i) => ({ ...plan, shard: { index: i + 1, of } }))
  const numbers = parts.map((part) => [...numbersOf(part)])
  expect(numbers.flat().sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6])
  expect(parts.map(shardSize)).toEqual(numbers.map((own) => own.length))
  for (const [i, part] of parts.entries()) {
    const inside = [1, 2, 3, 4, 5, 6].filter((number) => inShard(part, number))
    expect(inside).toEqual(numbers[i])
  }
})

test('a row is of a plan by its number, its shard and its values', async () => {
  const grid = { ...(await planned({ set: GRID })), shard: { index: 2, of: 2 } }
  const list = await planned({ points })
  const ofGrid = isRowOf(grid)
  const ofList = isRowOf(list)
  expect(ofGrid({ configuration: 4, values: ['2', '5'] })).toBe(true)
  expect(ofList({ configuration: 2, values: ['2', '8'] })).toBe(true)
  for (const values of [['2', '4'], ['2'], ['2', '5', ''], ['2 ', '5'], []]) {
    expect(ofGrid({ configuration: 4, values })).toBe(false)
    expect(ofList({ configuration: 2, values })).toBe(false)
  }
  expect(ofGrid({ configuration: 3, values: ['2', '4'] })).toBe(false)
  for (const configuration of [7, 8, 1e9, 2 ** 53]) {
    expect(ofGrid({ configuration, values: [] })).toBe(false)
    expect(ofList({ configuration, values: [] })).toBe(false)
  }
})

test('the latency of charts is that of the first objective on one, whose limit must not change', async () => {
  const slo = 'slo.checkout=["goodput > 50%", "p(95) latency_ms < 80"]'
  const figure = { class: 'checkout', text: 'p(95) latency_ms', objective: 1 }
  const limits = [80, null]
  const swept = ['seed=1,2', 'slo.checkout.0="goodput > 60%","goodput > 70%"']
  for (const [i, set] of swept.entries()) {
    const plan = await planned({ set: [slo, set] })
    expect(plan.figure).toEqual({ ...figure, limit_ms: limits[i] })
  }
  const none = await planned({ set: ['slo={}', 'seed=1,2'] })
  expect(none.figure).toMatchObject({ text: 'p(99) latency_ms', objective: null, limit_ms: null })
})

test('plans differ by name', async () => {
  const plan = await planned({ set: GRID })
  expect(planDifferences(plan, { ...plan, shard: { index: 1, of: 2 } })).toEqual([])
  const others = [
    await planned({ set: [...GRID, 'warmup_s=1'] }),
    await planned({ set: GRID.map((text) => text.replace('4,5', '4,6')) }),
    await planned({ set: GRID, replications: 3 }),
    await planned({ path: 'overload-deadline', set: GRID }),
    { ...plan, version: '0.0.9', commit: 'abc' },
    { ...plan, profile: { name: 'other', hash: '12' } },
  ]
  const named = others.map((other) =>
    planDifferences(plan, other).map((text) => text.split(':')[0]),
  )
  expect(named).toEqual([
    ['scenario', '--set'],
    ['values'],
    ['replications'],
    ['scenario'],
    ['version', 'commit'],
    ['profile'],
  ])
})

test.each<[Partial<SweepRequest>, number, RegExp]>([
  [{}, 2, /nothing to sweep/],
  [{ set: ['seed=1'] }, 2, /nothing to sweep/],
  [{ set: ['seed=1..3'], points }, 2, /--set seed: several values beside --points/],
  [{ points: bad }, 3, /bad\.csv:3, column 2 \(seed\): expected a value, got none/],
  [{ points: `${folder}/nowhere.csv` }, 3, /nowhere\.csv: no such file/],
  [{ set: ['seed=3..1'] }, 2, /expected a range/],
  [
    { set: ['seed=1,2', 'pools.0.replicas=x'] },
    3,
    /pools\.0\.replicas=x: .*expected a whole number/,
  ],
])('%j is refused', async (request, exitCode, reason) => {
  const refusal = await planned(request).catch((error: unknown) => error)
  expect(refusal).toMatchObject({ exitCode, message: expect.stringMatching(reason) })
})
