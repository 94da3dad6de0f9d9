import { describe, expect, test } from 'vitest'
import { Random } from '../sim/kernel/index.ts'
import type { PoolPlan } from '../sim/serving/index.ts'
import {
  expectMg1,
  longerBy,
  PRECISE,
  RATE,
  REPLICATIONS,
  REQUESTS,
  SERVERS,
  sessionsOf,
  waitsOf,
} from './router-waits.ts'
import { planOf, requestsOf, serve } from './small-system.ts'

describe('router sandwich of policies that look at prompts', () => {
  // a session has one request at a time: those that wait for an answer send none
  const conversations = { traffic: sessionsOf(20, 20), requests: 12_000 }
  const [best, worst] = [
    waitsOf('central', conversations),
    waitsOf({ policy: 'random' }, conversations),
  ]

  test('session-affinity is a random splitting of sessions of one request', () => {
    const single = { traffic: sessionsOf(1, 20), requests: PRECISE }
    expectMg1(waitsOf({ policy: 'session-affinity' }, single))
  })

  test('with bounded loads it is within the sandwich, also where sessions are long', () => {
    const waits = waitsOf({ policy: 'session-affinity', max_load_factor: 1.25 }, conversations)
    expect(longerBy(best, waits)).toBeGreaterThan(4)
    expect(longerBy(waits, worst)).toBeGreaterThan(4)
  })

  // the pools of 12 sessions that do not wait for answers have other loads, some above 1
  test('with few sessions that send without waiting it is worse than random splitting', () => {
    const fewSessions = (routing: PoolPlan['routing']) =>
      Array.from({ length: REPLICATIONS }, (_, i) => waitOfSessions(12, routing, i))
    const drawn = fewSessions('random')
    expect(longerBy(drawn, fewSessions('session-affinity'))).toBeGreaterThan(4)
    const bounded = fewSessions({ policy: 'session-affinity', maxLoadFactor: 1.25, viewAgeMs: 0 })
    expect(longerBy(bounded, drawn)).toBeGreaterThan(4)
  })

  test('prefix-affinity is within the sandwich where prompts have nothing in common', () => {
    const single = { traffic: sessionsOf(1, 20), requests: 12_000 }
    const waits = waitsOf({ policy: 'prefix-affinity' }, single)
    expect(longerBy(waitsOf('central', single), waits)).toBeGreaterThan(4)
    expect(longerBy(waits, waitsOf({ policy: 'random' }, single))).toBeGreaterThan(4)
  })

  test('of conversations too, where small differences of load count as unequal', () => {
    const waits = waitsOf({ policy: 'prefix-affinity', balance_abs: 2 }, conversations)
    expect(longerBy(best, waits)).toBeGreaterThan(4)
    expect(longerBy(waits, worst)).toBeGreaterThan(4)
  })

  // it goes to the pool that has the conversation, with up to 64 requests more than another
  test('by its defaults it is worse than random splitting of conversations', () => {
    const waits = waitsOf({ policy: 'prefix-affinity' }, conversations)
    expect(longerBy(worst, waits)).toBeGreaterThan(4)
  })

  // of candidates of which equally many blocks are remembered it takes the first
  test('it is worse where all that it may remember of each pool is in use', () => {
    const full = { policy: 'prefix-affinity', lru_blocks: 100 } as const
    const single = { traffic: sessionsOf(1, 20), requests: 12_000 }
    const drawn = waitsOf({ policy: 'random' }, single)
    expect(longerBy(drawn, waitsOf(full, single))).toBeGreaterThan(4)
  })
})

/** Mean wait of requests of equally busy sessions, which come without regard to answers. */
function waitOfSessions(sessions: number, routing: PoolPlan['routing'], number: number): number {
  const random = new Random(`sessions ${number}`)
  let at = 0
  const times = Array.from({ length: REQUESTS }, () => {
    at += random.exponential() / RATE
    return at
  })
  const prompts = Array.from({ length: sessions }, (_, i) => Int32Array.of(100 * number + i))
  const prefixes = times.map(() => prompts[Math.floor(random.uniform() * sessions)]!)
  const { rows } = serve(
    {
      plan: planOf([{ replicas: SERVERS, perReplicaQueues: true, routing }]),
      requests: requestsOf(times, { prefixes }),
      work: [{ law: 'two-point', ms: 0.5, slow_ms: 5.5, slow_share: 0.1 }],
    },
    { audited: false },
  )
  const { dispatched, sent } = rows.columns
  return dispatched.reduce((sum, time, key) => sum + time - sent[key]!, 0) / REQUESTS
}
