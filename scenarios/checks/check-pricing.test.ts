import { expect, test } from 'vitest'
import { problemsIn } from './problems.test-helper.ts'

const figure = (value: number) => `{ value: ${value}, confidence: checked, source: a test }`

const price = (tier: string) =>
  `{ usd_per_hour: 2, tier: ${tier}, provider: Cloud, sku: x, source: a test }`

const card = (...tiers: string[]) =>
  `{ accelerator: 1, name: own, title: Own, vendor: Us, memory_gib: ${figure(16)}, bandwidth_gb_s: ${figure(300)}, tflops: { fp16: ${figure(65)} }, power_w: ${figure(70)}, prices: [${tiers.map(price).join(', ')}] }`

const problemsOf = (pool: string) =>
  problemsIn(`spillway: 1
name: priced
duration_s: 1
models: { m: { work: { law: constant, ms: 5 } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 1 } }]
pools: [{ name: cards, model: m, ${pool} }]
`)

test('a price that the catalogue has may be chosen', () => {
  for (const tier of ['on-demand', 'spot']) {
    const pool = `accelerator: ${card('on-demand', 'spot')}, pricing: ${tier}`
    expect(problemsOf(pool)).toEqual([])
  }
})

test('a price that the catalogue has not is an error that names those that it has', () => {
  expect(problemsOf(`accelerator: ${card('spot', 'on-demand')}, pricing: reserved`)).toEqual([
    'pools.cards.pricing: expected on-demand or spot, as own has no other listed price; price_usd_per_hour states one of your own, got reserved',
  ])
  expect(problemsOf(`accelerator: ${card()}, pricing: spot`)).toEqual([
    'pools.cards.pricing: expected the key price_usd_per_hour instead, as own has no listed price, got spot',
  ])
})

test('how accelerators are rented has no effect beside a price, and on this machine', () => {
  const priced = `accelerator: ${card('spot')}, pricing: spot, price_usd_per_hour: 1`
  expect(problemsOf(priced)).toEqual([
    'pools.cards.pricing: remove pricing: the pool states price_usd_per_hour',
  ])
  expect(problemsOf('pricing: spot')).toEqual([
    'pools.cards.pricing: remove pricing: the pool has no accelerator of the catalogue',
  ])
})
