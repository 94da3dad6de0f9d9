import { expect, test } from 'vitest'
import { madeUpProfile } from '../../../test/profiles.ts'
import { scenarioOf } from '../../../test/scenarios.ts'
import { simulationInput } from './simulation-input.ts'
import { refuseWeights } from './weights.ts'

const MIB = 2 ** 20

/** The refusal of pools whose models have 10 MiB of weights each, according to a profile. */
function refused(pools: string, devices = ''): string[] {
  const scenario = scenarioOf(`spillway: 1
name: s
duration_s: 1
models: { m: { builtin: mlp, layers: 1, width: 8 } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 10 } }]
devices: [${devices}]
pools: [${pools}]
`)
  const [made] = madeUpProfile(scenario).models
  const model = { ...made!, memory: { weights: [4 * MIB, 6 * MIB], steps: [], inputs: [] } }
  try {
    const { plan } = simulationInput(scenario, { models: scenario.pools.map(() => model) })
    refuseWeights({ scenario, file: 's.yaml' }, plan)
    return []
  } catch (error) {
    return [...(error as { problems: string[] }).problems]
  }
}

const pool = (name: string, memory: string, more = '') =>
  `{ name: ${name}, model: m${more}, memory: { allocator: bfc, ${memory} } }`
const card = (limit: number, more = '') => `{ name: card, limit_mib: ${limit}${more} }`
const lru = ', residency: { eviction: lru, gib_per_s: 1 }'
const expected = (key: string, least: number, limit: number) =>
  `s.yaml ${key}: expected at least ${least} MiB (the weights in the profile), got ${limit}`

test('a replica with a separate limit has room for its weights', () => {
  const memory = 'limit_mib: 10'
  expect(refused(pool('a', memory, ', replicas: 2'))).toEqual([])
  expect(refused(pool('a', 'limit_mib: 9', ', replicas: 2'))).toEqual([
    expected('pools.a.memory.limit_mib', 10, 9),
  ])
})

test('a device has room for all weights; with residency, for pinned weights and the largest others', () => {
  const two = `${pool('a', 'device: card')}, ${pool('b', 'device: card')}`
  expect(refused(two, card(20))).toEqual([])
  expect(refused(two, card(19))).toEqual([expected('devices.card.limit_mib', 20, 19)])
  expect(refused(two, card(10, lru))).toEqual([])
  const pinned = `${pool('a', 'device: card, pinned: true', ', replicas: 2')}, ${pool('b', 'device: card')}`
  expect(refused(pinned, card(30, lru))).toEqual([])
  expect(refused(pinned, card(29, lru))).toEqual([expected('devices.card.limit_mib', 30, 29)])
})

test('an arena that is reserved at the start counts', () => {
  const buddy = (limit: number) =>
    `{ name: a, model: m, memory: { allocator: buddy, arena_mib: 8, limit_mib: ${limit} } }`
  expect(refused(buddy(18))).toEqual([])
  expect(refused(buddy(17))).toEqual([expected('pools.a.memory.limit_mib', 18, 17)])
})
