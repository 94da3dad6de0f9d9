import { describe, expect, test } from 'vitest'
import { acceleratorSchema } from '../../../scenarios/schema/schema-accelerator.ts'
import { scenarioOf } from '../../../test/scenarios.ts'
import { costOf, hourlyCost } from './cost.ts'

const figure = (value: number) => ({ value, confidence: 'checked', source: 'test' })

const price = (tier: string, usd_per_hour: number) => ({
  usd_per_hour,
  tier,
  provider: 'Cloud',
  sku: 'x',
  source: 'test',
})

const card = acceleratorSchema.parse({
  accelerator: 1,
  name: 'own',
  title: 'Own',
  vendor: 'Us',
  memory_gib: figure(16),
  bandwidth_gb_s: figure(300),
  tflops: { fp16: figure(65) },
  power_w: figure(70),
  prices: [price('on-demand', 3), price('on-demand', 2.5), price('spot', 1), price('reserved', 2)],
})

const poolsOf = (own: Readonly<Record<string, unknown>>) =>
  scenarioOf({ pools: [{ name: 'cards', model: 'm', replicas: 2, ...own }] })

describe('the price of a pool', () => {
  test('is that of the cheapest card of its tier, for every card of every replica', () => {
    const hour = (own: Readonly<Record<string, unknown>>) =>
      hourlyCost(poolsOf({ accelerator: card, ...own }).pools)
    expect(hour({})).toBe(2 * 2.5)
    expect(hour({ pricing: 'on-demand' })).toBe(2 * 2.5)
    expect(hour({ pricing: 'reserved' })).toBe(2 * 2)
    expect(hour({ pricing: 'spot', tensor_parallel: 4 })).toBe(2 * 4 * 1)
    expect(hour({ price_usd_per_hour: 7 })).toBe(2 * 7)
  })

  test('on a shared card is its part of one card, and all parts are one card', () => {
    const pool = { model: 'm', accelerator: card, card: 'gpu-0' }
    const { pools } = scenarioOf({
      cards: [{ name: 'gpu-0' }],
      pools: [
        { ...pool, name: 'a', replicas: 3 },
        { ...pool, name: 'b' },
      ],
    })
    expect(hourlyCost(pools)).toBe(2.5)
    // a stated price is that of a replica
    expect(hourlyCost([{ ...pools[0]!, price_usd_per_hour: 1 }, pools[1]!])).toBe(3 + 2.5 / 4)
  })

  test('is not known of this machine, nor of a card without a price on demand', () => {
    expect(hourlyCost(poolsOf({}).pools)).toBeNull()
    const spot = { ...card, prices: card.prices.filter(({ tier }) => tier === 'spot') }
    expect(hourlyCost(poolsOf({ accelerator: spot }).pools)).toBeNull()
    expect(costOf(poolsOf({}), [100], [1000])).toBeNull()
  })
})

describe('the cost of a million', () => {
  const scenario = poolsOf({ price_usd_per_hour: 1.8 })

  test('requests and tokens is the price of an hour over what an hour serves', () => {
    const cost = costOf(scenario, [10, 10], [500, 500])!
    expect(cost.usd_per_hour).toBe(3.6)
    expect(cost.usd_per_million.value).toBeCloseTo(100, 9)
    expect(cost.usd_per_million_tokens!.value).toBeCloseTo(2, 9)
    // 5 % less served costs 5 % more
    expect(costOf(scenario, [9.5], [])!.usd_per_million.value).toBeCloseTo(100 / 0.95, 9)
  })

  test('tokens is null where nothing is generated', () => {
    expect(costOf(scenario, [10])!.usd_per_million_tokens).toBeNull()
    expect(costOf(scenario, [10, 10], [0, 0])!.usd_per_million_tokens).toBeNull()
  })
})
