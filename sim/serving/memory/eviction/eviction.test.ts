import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Random } from '../../../kernel/index.ts'
import { type CacheOptions, ModelCache } from '../model-cache.test-helper.ts'
import { evictionPolicies } from './index.ts'

type Eviction = CacheOptions['eviction']

/** Which models are evicted, where models are requested in that order. */
function evicted(options: CacheOptions, models: readonly number[]): number[] {
  const cache = new ModelCache(options)
  for (const model of models) cache.ask(model, options.weights[model]!)
  return cache.evicted
}

/** The rules once more, on a map from each model that is there to what it has. */
const NAIVE: {
  readonly [E in Eviction]: (all: {
    readonly time: number
    readonly uses: number
    readonly cost: number
    readonly aged: number
  }) => number
} = {
  lru: ({ time }) => time,
  lfu: ({ uses }) => uses,
  'cost-aware': ({ cost, aged }) => aged + cost,
}

function naive(
  { eviction, limitBytes, weights, setUpMs = 0 }: CacheOptions,
  models: readonly number[],
) {
  const resident = new Map<number, { value: number; time: number }>()
  const uses = new Map<number, number>()
  const gone: number[] = []
  let aged = 0
  for (const [time, model] of models.entries()) {
    const used = () =>
      [...resident.keys()].reduce((sum, residentModel) => sum + weights[residentModel]!, 0)
    while (!resident.has(model) && used() + weights[model]! > limitBytes) {
      const [victim, { value }] = [...resident].sort(
        ([, a], [, b]) => a.value - b.value || a.time - b.time,
      )[0]!
      resident.delete(victim)
      aged = Math.max(aged, value)
      gone.push(victim)
    }
    uses.set(model, (uses.get(model) ?? 0) + 1)
    const cost = (setUpMs + weights[model]!) / weights[model]!
    const value = NAIVE[eviction]({ time, uses: uses.get(model)!, cost, aged })
    resident.set(model, { value, time })
  }
  return gone
}

describe.each(Object.keys(evictionPolicies) as Eviction[])('%s', (eviction) => {
  test('evicts the model that the same rule evicts on a list', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 6 }),
        fc.constantFrom(0, 4, 40),
        fc.array(fc.nat(), { minLength: 1, maxLength: 60 }),
        (weights, setUpMs, draws) => {
          const models = draws.map((draw) => draw % weights.length)
          const options = { eviction, limitBytes: 12, weights, setUpMs }
          expect(evicted(options, models)).toEqual(naive(options, models))
        },
      ),
      { numRuns: 500 },
    )
  })
})

test('each policy evicts the model that its rule names, and the policies differ', () => {
  const options = { limitBytes: 30, weights: [10, 10, 10, 10], setUpMs: 1 }
  // the first was used most, and not for the longest time; the second least
  const models = [0, 0, 0, 1, 2, 2, 1, 2, 3]
  expect(evicted({ ...options, eviction: 'lru' }, models)).toEqual([0])
  expect(evicted({ ...options, eviction: 'lfu' }, models)).toEqual([1])
  // of 20 and 5 bytes the larger is cheaper to load again, for each of its bytes
  const uneven = { limitBytes: 25, weights: [5, 20, 20], setUpMs: 10 }
  expect(evicted({ ...uneven, eviction: 'cost-aware' }, [0, 1, 2])).toEqual([1])
  expect(evicted({ ...uneven, eviction: 'lru' }, [0, 1, 2])).toEqual([0, 1])
})

test('GreedyDual-Size evicts unused models in the end, however expensive their loads', () => {
  const options = { eviction: 'cost-aware', limitBytes: 3, weights: [1, 2, 2], setUpMs: 1 } as const
  // the first is worth 2 a byte, the others 1.5 at first and 1.5 more with every turn
  expect(evicted(options, [0, 1, 2, 1])).toEqual([1, 0, 2])
})

/** Share of hits where models are asked for at random, each independently of those before. */
function hitRate(eviction: Eviction, shares: readonly number[], room: number, draws: number) {
  const random = new Random('independent references')
  const cache = new ModelCache({ eviction, limitBytes: room, weights: shares.map(() => 1) })
  let hits = 0
  for (let i = 0; i < draws; i++) {
    let left = random.uniform()
    const model = shares.findIndex((share) => (left -= share) <= 0)
    if (cache.ask(model < 0 ? shares.length - 1 : model, 1)) hits++
  }
  return hits / draws
}

describe('independent references', () => {
  const shares = [0.5, 0.3, 0.2]

  test("LRU has King's hit rate with two of three models resident", () => {
    // W. F. King, Analysis of Demand Paging Algorithms (1971): i was asked for last, j before it
    let exact = 0
    for (const [i, p] of shares.entries()) {
      for (const [j, q] of shares.entries()) if (i !== j) exact += ((p * q) / (1 - p)) * (p + q)
    }
    expect(exact).toBeCloseTo(0.7193, 4)
    expect(Math.abs(hitRate('lru', shares, 2, 100_000) - exact)).toBeLessThan(0.005)
    // another policy has another share
    expect(hitRate('lfu', shares, 2, 100_000)).toBeGreaterThan(exact + 0.03)
  })

  test('LFU keeps the most popular model; the other place has the last requested of the others', () => {
    const [first, ...others] = shares as [number, ...number[]]
    const exact = first + others.reduce((sum, p) => sum + p * p, 0) / (1 - first)
    expect(Math.abs(hitRate('lfu', shares, 2, 100_000) - exact)).toBeLessThan(0.005)
  })

  test("LRU has the hit rate of Che's approximation with 12 of 60 models resident", () => {
    const weights = Array.from({ length: 60 }, (_, i) => (i + 1) ** -0.8)
    const sum = weights.reduce((a, b) => a + b)
    const zipf = weights.map((weight) => weight / sum)
    const residentAt = (time: number) => zipf.reduce((n, p) => n + 1 - Math.exp(-p * time), 0)
    let [low, high] = [0, 1e6]
    for (let i = 0; i < 100; i++) {
      const middle = (low + high) / 2
      if (residentAt(middle) < 12) low = middle
      else high = middle
    }
    const che = zipf.reduce((rate, p) => rate + p * (1 - Math.exp(-p * low)), 0)
    expect(Math.abs(hitRate('lru', zipf, 12, 60_000) - che)).toBeLessThan(0.01)
    expect(Math.abs(hitRate('lfu', zipf, 12, 60_000) - che)).toBeGreaterThan(0.05)
  })
})
