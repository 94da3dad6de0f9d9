import { expect, test } from 'vitest'
import type { TrafficClass } from '../../../scenarios/schema/schema.ts'
import { scenarioOf } from '../../../test/scenarios.ts'
import { RequestList } from '../requests/request-list.ts'
import { trafficSource } from '../source.ts'
import type { TraceData } from '../trace/trace-feed.ts'
import { meanRate } from './mean-rate.ts'

const DURATION_S = 400

function scenarioWith(traffic: object) {
  return scenarioOf({
    duration_s: DURATION_S,
    models: { any: { work: { law: 'constant', ms: 1 } } },
    traffic: [{ class: 'own', ...traffic }],
    pools: [{ name: 'only', model: 'any' }],
  })
}

interface Recorded {
  readonly trace?: TraceData
  readonly clients?: Parameters<typeof meanRate>[1]['clients']
}

function rateOf(traffic: object, { trace, clients }: Recorded = {}): number {
  const own: TrafficClass = scenarioWith(traffic).traffic[0]!
  return meanRate(own, { seed: 1, endMs: 1000 * DURATION_S, trace, clients })
}

/** Requests/s of the source over the run, with a capacity of 1 request/s. */
function sentRps(traffic: object, { trace, clients }: Recorded = {}): number {
  const source = trafficSource(scenarioWith(traffic), {
    seed: 1,
    replication: 0,
    capacityRps: 1,
    traces: new Map(trace ? [[0, trace]] : []),
    clients: new Map(clients ? [[0, clients]] : []),
  })
  return RequestList.collect(source).count / DURATION_S
}

const traceOf = (times: readonly number[], spanMs: number): TraceData => ({
  taken: times.length,
  spanMs,
  held: { times: Float64Array.from(times), lengths: null, outputs: null },
})
const every = (ms: number, count: number) => Array.from({ length: count }, (_, i) => i * ms)
const CV = { distribution: 'fixed', value: 1 }
const trace = { process: 'trace', file: 't', format: 'azure-llm' }
const servegen = { process: 'servegen', file: 'folder', from_s: 100 }
const clients = [
  [
    { at_s: 0, rate_rps: 90, family: 'Gamma', shape: 1 },
    { at_s: 200, rate_rps: 20, family: 'Gamma', shape: 1 },
  ],
  [{ at_s: 0, rate_rps: 5, family: 'Weibull', shape: 1 }],
] as const

test.each<[string, object, number, Recorded?]>([
  ['poisson', { process: 'poisson', rate_rps: 40 }, 40],
  ['a load, of one request a second', { process: 'poisson', load: 30 }, 30],
  [
    'a schedule over all of its steps',
    {
      process: 'poisson',
      schedule: [
        { at_s: 0, rate_rps: 10 },
        { at_s: 100, rate_rps: 50 },
      ],
    },
    40,
  ],
  [
    'a surge',
    { process: 'poisson', rate_rps: 20, surges: [{ at_s: 10, factor: 6, hold_s: 40 }] },
    30,
  ],
  ['the mean of on and off', { process: 'on-off', rate_rps: 40, on_s: 1, off_s: 4 }, 40],
  ['all clients together', { process: 'clients', rate_rps: 40, clients: 50, cv: CV }, 40],
  [
    'a sum of two',
    {
      process: 'sum',
      of: [
        { process: 'poisson', rate_rps: 10 },
        { process: 'deterministic', rate_rps: 30 },
      ],
    },
    40,
  ],
  ['rows of a trace', trace, 10, { trace: traceOf(every(100, 4000), 400_000) }],
  [
    'the rows of a longer trace before the end',
    trace,
    10,
    { trace: traceOf(every(100, 9000), 900_000) },
  ],
  ['a trace that ends before the run', trace, 5, { trace: traceOf(every(100, 2000), 200_000) }],
  ['a trace at a load', { ...trace, load: 20 }, 20, { trace: traceOf(every(100, 9000), 900_000) }],
  [
    'a trace that grows',
    { ...trace, growth: 1.5 },
    15,
    { trace: traceOf(every(100, 4000), 400_000) },
  ],
  [
    'a trace at a load with a surge',
    { ...trace, load: 20, surges: [{ at_s: 10, factor: 6, hold_s: 40 }] },
    30,
    { trace: traceOf(every(100, 9000), 900_000) },
  ],
  ['recorded clients', servegen, 42.5, { clients }],
  ['recorded clients at a rate', { ...servegen, rate_rps: 30 }, 30, { clients }],
])('the mean rate is that of the source: %s', (_, arrivals, rps, recorded) => {
  expect(rateOf({ arrivals }, recorded)).toBeCloseTo(rps, 9)
  // four standard errors of a Poisson process of 40 requests/s, with some room for bursts
  expect(Math.abs(sentRps({ arrivals }, recorded) / rps - 1)).toBeLessThan(0.1)
})

test('a streamed trace counts its mean rate', () => {
  const times = every(100, 9000)
  const streamed = { ...traceOf(times, 900_000), held: null }
  expect(rateOf({ arrivals: trace }, { trace: streamed })).toBeCloseTo(10, 9)
})

test('a stated rate is multiplied by the parts of a fan-out and the mean turns of sessions', () => {
  const arrivals = { process: 'poisson', rate_rps: 3 }
  expect(rateOf({ arrivals, fan_out: 4 })).toBeCloseTo(12, 9)
  expect(rateOf({ arrivals: { process: 'poisson', load: 0.5 }, fan_out: 4 })).toBeCloseTo(0.5, 9)
  const session = {
    turns: { distribution: 'fixed', value: 5 },
    think_time_s: { distribution: 'fixed', value: 1 },
  }
  expect(rateOf({ arrivals, session })).toBeCloseTo(15, 9)
})

test('users of a closed loop send one request per think time', () => {
  const think_time_s = { distribution: 'fixed', value: 0.5 }
  expect(rateOf({ arrivals: { process: 'closed-loop', users: 20, think_time_s } })).toBeCloseTo(40)
})
