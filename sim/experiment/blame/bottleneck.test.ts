import { describe, expect, test } from 'vitest'
import { loadScenario } from '../../../scenarios/index.ts'
import { ENCODER, scenarioOf } from '../../../test/scenarios.ts'
import { executorWork } from '../simulation/hardware.ts'
import { keptReplication } from '../simulation/simulate.ts'
import { simulationInput } from '../system/simulation-input.ts'
import { blameOf } from './blame.ts'
import { bottleneckName, bottleneckOf, LATENCY_PARTS } from './bottleneck.ts'
import type { LengthGroup } from './length-groups.ts'
import { nextChanges, overrideText } from './next-changes.ts'

type Own = Readonly<Record<string, unknown>>

function found(scenario: ReturnType<typeof scenarioOf>) {
  const input = simulationInput(scenario, { capacityRps: 100 })
  const runs = [keptReplication(input, 0)]
  const { plan } = input
  const blame = blameOf({ scenario, plan, work: executorWork(input), runs, top: 0 })
  const bottleneck = bottleneckOf(input, runs, blame.waits)!
  return { blame, bottleneck, name: bottleneckName(scenario, bottleneck) }
}

const pool = (rest: Own) => [{ name: 'central', model: 'm', ...rest }]
const dynamic = { policy: 'dynamic', max_batch: 64, max_delay_ms: 50 }
const crash = { kind: 'crash', at_s: [1], restart_s: { distribution: 'fixed', value: 5 } }

const fromZero = {
  policy: 'scheduled',
  min: 0,
  initial: 0,
  max: 4,
  start_s: { distribution: 'fixed', value: 4 },
  steps: [
    { at_s: 0, replicas: 0 },
    { at_s: 0.5, replicas: 4 },
  ],
}

/** Systems whose slowest requests wait for one thing, by its name. */
const SYSTEMS: Readonly<Record<string, Own>> = {
  service: { traffic: [{ class: 'web', arrivals: { process: 'poisson', rate_rps: 2 } }] },
  queue: { traffic: [{ class: 'web', arrivals: { process: 'poisson', rate_rps: 240 } }] },
  'batch-wait': { pools: pool({ batching: dynamic }) },
  link: { link: { delay_ms: 30, per_request_ms: 0 } },
  'lost-replicas': { failures: [crash] },
  'cold-start': {
    traffic: [{ class: 'web', arrivals: { process: 'poisson', rate_rps: 60 } }],
    pools: pool({ scaling: fromZero }),
  },
}

describe('bottleneck', () => {
  test.each(Object.entries(SYSTEMS))('%s is found where it is built in', (wanted, own) => {
    const { bottleneck, name } = found(scenarioOf(own))
    expect(name).toBe(wanted)
    expect(bottleneck.bound).toBeNull()
  })

  test('parts are at least 0 and add up to the mean latency of the tail, which is above its percentile', () => {
    const { bottleneck } = found(scenarioOf(SYSTEMS.queue!))
    const { parts, latencyMs, level, requests } = bottleneck
    const values = LATENCY_PARTS.map((part) => parts[part])
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-1e-9)
    expect(values.reduce((a, b) => a + b, 0)).toBeGreaterThanOrEqual(latencyMs)
    expect(level).toBe(0.95)
    expect(requests).toBeGreaterThan(30)
  })

  test('negative control: the wait for others is not the largest part at low load', () => {
    expect(found(scenarioOf(SYSTEMS.service!)).name).not.toBe('queue')
  })

  test('described work has the side of its roofline as a name', async () => {
    const load = async (...set: string[]) =>
      loadScenario({ file: 'encoder.yaml', text: ENCODER, directory: '.' }, { set })
    const own = ['pools.gpu.replicas=8', 'pools.gpu.batching.max_delay_ms=0']
    const long = 'traffic.web.input_tokens={ distribution: fixed, value: 2000 }'
    const slow = 'traffic.web.arrivals.rate_rps=20'
    const large = found((await load(...own, long, slow)).scenario)
    expect(large.bottleneck.bound).toBe('compute')
    expect(large.name).toBe('compute')
    // a pass over few tokens reads all weights for little arithmetic
    const short = 'traffic.web.input_tokens={ distribution: fixed, value: 4 }'
    const small = found((await load(...own, short)).scenario)
    expect(small.bottleneck.bound).not.toBe('compute')
    expect(small.bottleneck.bound).not.toBeNull()
  })
})

describe('next changes', () => {
  const texts = (scenario: ReturnType<typeof scenarioOf>, groups: LengthGroup[] = []) =>
    nextChanges(scenario, 0, groups).flatMap(({ values }) => values.map(overrideText))

  test('are of what the pool has, each with a value as --set takes it', () => {
    expect(texts(scenarioOf({}))).toEqual(['pools.central.replicas=2'])
    const batched = scenarioOf({ pools: pool({ batching: dynamic }), link: { delay_ms: 4 } })
    const groups = [10, 50].map((to) => ({ class: 0, from: 1, to }))
    expect(texts(batched, groups)).toEqual([
      'pools.central.replicas=2',
      'pools.central.batching.max_delay_ms=0',
      'pools.central.batching.max_batch=128',
      'pools.central.batching.max_batch=32',
      'pools.central.batching.max_batch=1',
      'pools.central.batching={"policy":"length-bucketed","max_batch":64,"max_delay_ms":50,"edges":[10]}',
      'pools.central.queue.discipline=shortest-job',
      'link.delay_ms=2',
    ])
  })

  test('that need lengths are left out where all are equal', () => {
    const batched = scenarioOf({ pools: pool({ batching: dynamic }) })
    const one = texts(batched, [{ class: 0, from: 1, to: 1 }])
    expect(one.some((text) => /length|shortest/.test(text))).toBe(false)
  })
})
