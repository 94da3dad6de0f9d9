import { expect, test } from 'vitest'
import { problemsIn } from './problems.test-helper.ts'

const figure = (value: number) => `{ value: ${value}, confidence: checked, source: a test }`

const accelerator = (name: string) =>
  `{ accelerator: 1, name: ${name}, title: Own, vendor: Us, memory_gib: ${figure(16)}, bandwidth_gb_s: ${figure(300)}, tflops: { fp16: ${figure(65)} }, power_w: ${figure(70)} }`

interface Parts {
  readonly a?: string
  readonly b?: string
  readonly cards?: string
  readonly models?: string
  readonly rate?: string
}

const problemsOf = ({
  a = '',
  b = '',
  cards = '[{ name: gpu-0 }]',
  models = '{ m: { work: { law: constant, ms: 5 } } }',
  rate = 'rate_rps: 1',
}: Parts) =>
  problemsIn(`spillway: 1
name: sliced
duration_s: 1
models: ${models}
traffic: [{ class: web, arrivals: { process: poisson, ${rate} } }]
cards: ${cards}
pools:
  - { name: a, model: m, card: gpu-0${a} }
  - { name: b, model: m, card: gpu-0${b} }
`)

test('pools with declared work may share a card', () => {
  expect(problemsOf({})).toEqual([])
  const on = `, accelerator: ${accelerator('own')}, price_usd_per_hour: 2`
  expect(problemsOf({ a: on, b: on })).toEqual([])
  const power = ', power: { idle_w: 5, curve: [{ batch: 1, power_w: 9 }] }'
  expect(problemsOf({ a: power, b: power })).toEqual([])
})

test('a card has a name of its own, and a pool', () => {
  expect(problemsOf({ cards: '[{ name: gpu-0 }, { name: gpu-1 }, { name: gpu-0 }]' })).toEqual([
    'cards.gpu-1: expected a pool with card gpu-1, got none',
    'cards.2.name: expected a name of its own, got "gpu-0" as in cards.0',
  ])
  expect(problemsOf({ cards: '[{ name: gpu-O }]' })).toEqual([
    'cards.gpu-O: expected a pool with card gpu-O, got none',
    'pools.a.card: expected one of the cards gpu-O, got "gpu-0"; did you mean gpu-O?',
    'pools.b.card: expected one of the cards gpu-O, got "gpu-0"; did you mean gpu-O?',
  ])
})

test('what is not simulated on a shared card is refused by name', () => {
  const on = `, accelerator: ${accelerator('own')}`
  const heat = 'heat: { resistance_k_per_w: 1, time_constant_s: 60 }'
  const power = 'power: { limit_w: 20 }'
  expect(problemsOf({ a: `${on}, partition: 0.5, ${heat}, ${power}`, b: on })).toEqual([
    'pools.a.partition: remove partition: the replicas of card gpu-0 share one whole accelerator',
    'pools.a.heat: remove heat: heat is not simulated on a shared card, as gpu-0 is',
    'pools.a.power.limit_w: remove limit_w: a power limit is not simulated on a shared card, as gpu-0 is',
  ])
})

test('the pools of a card agree on the accelerator and its idle power', () => {
  const own = accelerator('own')
  expect(
    problemsOf({ a: `, accelerator: ${own}`, b: `, accelerator: ${accelerator('other')}` }),
  ).toEqual(['pools.b.accelerator: expected own, as of pool a on the same card gpu-0, got other'])
  const power = (watts: number) =>
    `, power: { idle_w: ${watts}, curve: [{ batch: 1, power_w: 9 }] }`
  expect(problemsOf({ a: power(5), b: power(4) })).toEqual([
    'pools.b.power.idle_w: expected idle_w 5, as of pool a on the same card gpu-0, got 4',
  ])
  expect(problemsOf({ a: power(5) })).toEqual([
    'pools.b: expected the key power, as of pool a on the same card gpu-0, got nothing',
  ])
  expect(problemsOf({ b: power(5) })).toEqual([
    'pools.b.power: remove power: pool a on the same card has none',
  ])
})

test('calibrated times have no time slicing', () => {
  const why = 'the times of model m are calibrated; time slicing needs declared work in every pool'
  expect(problemsOf({ models: '{ m: { builtin: mlp } }' })).toEqual([
    `pools.a.card: remove card: ${why}`,
    `pools.b.card: remove card: ${why}`,
  ])
})

test('a load is refused, as the capacity depends on the other pools of the card', () => {
  expect(problemsOf({ rate: 'load: 0.5' })).toEqual([
    'traffic.web.arrivals.load: expected rate_rps in place of load: the capacity is undefined where replicas share a card, as those of a do, got "load"',
  ])
})
