import { expect, test } from 'vitest'
import { scenarioOf } from '../../../test/scenarios.ts'
import { RequestList } from '../requests/request-list.ts'
import { trafficSource } from '../source.ts'
import type { TraceData } from '../trace/trace-feed.ts'
import { expectedRequests } from './expected-requests.ts'

const CAPACITY_RPS = 200

const scenarioWith = (traffic: string) =>
  scenarioOf(`spillway: 1
name: expected
duration_s: 100
models: { m: { work: { law: constant, ms: 1 } } }
traffic: [{ class: web, ${traffic} }]
pools: [{ name: p, model: m, replicas: 4, queue: { mode: per-replica } }]
`)

const expectedOf = (traffic: string, traces: ReadonlyMap<number, TraceData> = new Map()) =>
  expectedRequests(scenarioWith(traffic), { capacityRps: CAPACITY_RPS, traces })[0]!

test.each([
  'arrivals: { process: deterministic, rate_rps: 50 }',
  'arrivals: { process: poisson, load: 0.5 }',
  'arrivals: { process: gamma, cv: 2, schedule: [{ at_s: 0, load: 0 }, { at_s: 40, rate_rps: 90 }] }',
  'arrivals: { process: poisson, rate_rps: 20, surges: [{ at_s: 10, factor: 9, hold_s: 20 }, { at_s: 20, factor: 5, hold_s: 30 }] }',
  'arrivals: { process: poisson, rate_rps: 80, waves: [{ period_s: 50, amplitude: 1 }] }',
  'arrivals: { process: on-off, on_s: 0.1, off_s: 0.1, rate_rps: 60 }',
  'arrivals: { process: sum, of: [{ process: poisson, rate_rps: 30 }, { process: poisson, load: 0.2 }] }',
])('expected requests match those of the source: %s', (traffic) => {
  const { before, most } = expectedOf(traffic)
  const scenario = scenarioWith(traffic)
  const list = RequestList.collect(
    trafficSource(scenario, {
      seed: 3,
      replication: 0,
      capacityRps: CAPACITY_RPS,
      traces: new Map(),
    }),
  )
  expect(most).toBe(before(100_000))
  // counts of the burstiest case have a variance of about four times their mean
  const apart = 4 * Math.sqrt(4 * most)
  expect(Math.abs(list.count - most)).toBeLessThan(apart)
  const half = list.columns.at.findIndex((at) => at >= 50_000)
  expect(Math.abs(half - before(50_000))).toBeLessThan(apart)
})

test('parts, turns and attempts are counted', () => {
  const poisson = 'arrivals: { process: poisson, rate_rps: 10 }'
  expect(expectedOf(`${poisson}, fan_out: 4`).most).toBe(4000)
  expect(expectedOf('arrivals: { process: poisson, load: 0.1 }, fan_out: 4').most).toBe(2000)
  expect(expectedOf(`${poisson}, retry: { max_attempts: 3 }`).most).toBe(3000)
  const budget = 'retry: { max_attempts: 9, budget: { ratio: 0.5 } }'
  expect(expectedOf(`${poisson}, ${budget}`).most).toBe(1500)
  const think = 'think_time_s: { distribution: fixed, value: 1 }'
  const most = (turns: string) =>
    expectedOf(`${poisson}, session: { turns: { distribution: ${turns} }, ${think} }`).most
  expect(most('fixed, value: 3')).toBe(3000)
  // of 20,000 draws with a standard deviation of 1.4, within four standard errors
  expect(Math.abs(most('uniform, min: 1, max: 5') - 3000)).toBeLessThan(40)
})

test('users send as fast as they think, or as they are served', () => {
  const users = (think: string) =>
    expectedOf(`arrivals: { process: closed-loop, users: 50, think_time_s: ${think} }`)
  expect(users('{ distribution: exponential, mean: 2 }').most).toBe(50 + 2500)
  const busy = users('{ distribution: fixed, value: 0 }')
  expect(busy.most).toBe(50 + 100 * CAPACITY_RPS)
  // closed loops have no expected backlog
  expect(busy.before(100_000)).toBe(0)
  // each part of a request is served by one replica
  const parted = 'process: closed-loop, users: 50, think_time_s: { distribution: fixed, value: 0 }'
  expect(expectedOf(`arrivals: { ${parted} }, fan_out: 4`).most).toBe(200 + 100 * CAPACITY_RPS)
})

test('a trace counts its rows up to the end of the run', () => {
  const trace = { taken: 5000, spanMs: 200_000 } as TraceData
  const arrivals = 'process: trace, file: t, format: azure-llm'
  expect(expectedOf(`arrivals: { ${arrivals} }`, new Map([[0, trace]])).most).toBe(2500)
  const scaled = expectedOf(`arrivals: { ${arrivals}, load: 0.1 }`, new Map([[0, trace]]))
  expect(scaled.most).toBe(2000)
  const short = { taken: 5000, spanMs: 50_000 } as TraceData
  expect(expectedOf(`arrivals: { ${arrivals} }`, new Map([[0, short]])).most).toBe(5000)
})
