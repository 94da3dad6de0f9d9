import { expect, test } from 'vitest'
import { problemsIn } from './problems.test-helper.ts'

interface Parts {
  readonly top?: string
  readonly networks?: string
  readonly traffic?: string
  readonly pool?: string
}

const NETWORKS =
  'networks: [{ between: [shop, centre], latency_ms: { distribution: fixed, value: 5 } }]'

const problemsOf = ({
  top = 'places: [{ name: shop }, { name: centre }]',
  networks = NETWORKS,
  traffic = 'place: shop, ',
  pool = ', place: centre',
}: Parts = {}) =>
  problemsIn(`spillway: 1
name: s
duration_s: 1
models: { m: { work: { law: constant, ms: 5 } } }
traffic: [{ class: web, ${traffic}arrivals: { process: poisson, rate_rps: 1 } }]
pools: [{ name: central, model: m${pool} }]
${top}
${networks}
`)

test('a class and a pool at two places with a network between them are valid', () => {
  expect(problemsOf()).toEqual([])
  expect(problemsOf({ pool: ', place: shop' })).toEqual([])
})

test('without places nothing has a place, a size or a network', () => {
  expect(problemsOf({ top: '' })).toEqual([
    'traffic.web.place: remove place: the scenario has no places',
    'pools.central.place: remove place: the scenario has no places',
    'networks: remove networks: the scenario has no places',
  ])
  const sized = problemsOf({ top: '', networks: '', traffic: 'answer_kib: 3, ', pool: '' })
  expect(sized).toEqual(['traffic.web.answer_kib: remove answer_kib: the scenario has no places'])
  const router = 'router: { policy: locality, max_load: 2 }'
  expect(problemsOf({ top: '', networks: router, traffic: '', pool: '' })).toEqual([
    'router.policy: expected another policy, or the key places, which gives distances, got "locality"',
  ])
})

test('with places each class and each pool has one of them', () => {
  expect(problemsOf({ traffic: '' })).toEqual([
    'traffic.web: expected the key place, one of shop, centre, got none',
  ])
  expect(problemsOf({ pool: ', place: center' })).toEqual([
    'pools.central.place: expected one of the places (shop, centre), got "center"; did you mean centre?',
    'networks: expected a network between shop, the place of class web, and center, the place of pool central, got none',
  ])
})

test('a network connects two places, once', () => {
  const between = (a: string, b: string) =>
    `{ between: [${a}, ${b}], latency_ms: { distribution: fixed, value: 5 } }`
  const list = (...networks: string[]) => `networks: [${networks.join(', ')}]`
  const own = between('shop', 'centre')
  expect(problemsOf({ networks: list(own, between('centre', 'shop')) })).toEqual([
    'networks.1: expected two places that no other network connects, got networks.0',
  ])
  expect(problemsOf({ networks: list(own, between('shop', 'shop')) })).toEqual([
    'networks.1.between.1: expected another place than the first, got "shop"',
  ])
  expect(problemsOf({ networks: list(own, between('shop', 'moon')) })).toEqual([
    'networks.1.between.1: expected one of the places (shop, centre), got "moon"',
  ])
})

test('a class without a way to a pool is reported with both places', () => {
  expect(problemsOf({ networks: '' })).toEqual([
    'networks: expected a network between shop, the place of class web, and centre, the place of pool central, got none',
  ])
})

test('times of a network are in order', () => {
  const outages = 'outages: [{ at_s: 5, for_s: 3 }, { at_s: 7, for_s: 1 }]'
  const latency = 'latency_ms: { distribution: uniform, min: 5, max: 2 }'
  const network = `networks: [{ between: [shop, centre], ${latency}, ${outages} }]`
  expect(problemsOf({ networks: network })).toEqual([
    'networks.0.latency_ms.max: expected at least min 5, got 2',
    'networks.0.outages.1.at_s: expected at least the 8 s before it, got 7',
  ])
})

test('places and a link exclude each other', () => {
  const link = `${NETWORKS}\nlink: { delay_ms: 3 }`
  expect(problemsOf({ networks: link })).toEqual([
    'link: remove link: places have networks of their own',
  ])
})

test('both pools of a hand-over are at one place', () => {
  const problemsTo = (place: string) =>
    problemsIn(`spillway: 1
name: s
duration_s: 1
models: { m: { work: { law: generation, base_ms: 5 } } }
places: [{ name: shop }, { name: centre }]
${NETWORKS}
traffic: [{ class: web, place: shop, output_tokens: { distribution: fixed, value: 3 }, arrivals: { process: poisson, rate_rps: 1 } }]
pools:
  - { name: prompts, model: m, place: centre, generation: { policy: continuous, hand_over: { pool: decode } } }
  - { name: decode, model: m, place: ${place}, generation: { policy: continuous } }
`)
  expect(problemsTo('centre')).toEqual([])
  expect(problemsTo('shop')).toEqual([
    'pools.prompts.generation.hand_over.pool: expected a pool at centre, as KV transfers stay within a place, got one at shop',
  ])
})
