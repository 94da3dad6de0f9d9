import { describe, expect, test } from 'vitest'
import { scenarioOf } from '../../../test/scenarios.ts'
import { runReplication } from '../simulation/simulate.ts'
import { withoutFiles } from '../system/prepared-scenario.ts'
import { resolveSystem } from '../system/resolve.ts'
import { simulatedResult } from './result.ts'

const BY = { version: '0', commit: null, profile: null }

function resultOf(own: Readonly<Record<string, unknown>>) {
  const scenario = scenarioOf({ duration_s: 60, ...own })
  const system = resolveSystem(withoutFiles({ scenario, hash: 'none', file: 's.yaml' }), null)
  return simulatedResult(system, [runReplication(system, 0), runReplication(system, 1)], BY)
}

const arriving = (rate_rps: number) => ({
  traffic: [{ class: 'web', arrivals: { process: 'poisson', rate_rps } }],
})

/** Requests of 10 ms, one after another. */
const SINGLE = {
  models: { m: { work: { law: 'constant', ms: 10 } } },
  pools: [{ name: 'p', model: 'm', price_usd_per_hour: 0.36 }],
}

describe('rates of an overload', () => {
  test.each([0, 20])(
    'are those that are served while the traffic lasts, warm-up %d s',
    (warmup) => {
      const { classes, pools, cost } = resultOf({ ...SINGLE, ...arriving(183.4), warmup_s: warmup })
      for (const { throughput_rps, goodput_rps, goodput_share } of [classes[0]!, pools[0]!]) {
        // all are served in the end, long after the traffic
        expect(goodput_share.value).toBe(1)
        expect(goodput_rps.value).toBeLessThanOrEqual(100.1)
        expect(goodput_rps.value).toBeGreaterThan(99.5)
        expect(throughput_rps.value).toBe(goodput_rps.value)
      }
      // a card that is always full serves 360,000 requests for 0.36 USD
      expect(cost!.usd_per_million.value).toBeCloseTo(1, 2)
    },
  )

  test('count requests in time only, and their share is of all arrivals', () => {
    const { classes } = resultOf({
      ...SINGLE,
      ...arriving(200),
      slo: { web: ['p(50) latency_ms < 10000'] },
    })
    const { throughput_rps, goodput_rps, goodput_share } = classes[0]!
    expect(throughput_rps.value).toBeCloseTo(100, 0)
    // the backlog grows by 100 requests/s: those of the first 10 s wait for less than 10 s
    expect(goodput_rps.value! / (2000 / 60)).toBeCloseTo(1, 1)
    expect(goodput_share.value! / (2000 / 12_000)).toBeCloseTo(1, 1)
  })
})

test('rates of long answers are those of the arrivals: what is cut off at the end came before', () => {
  const engine = resultOf({
    models: { m: { work: { law: 'generation', base_ms: 10, per_sequence_ms: 0 } } },
    traffic: [
      {
        class: 'chat',
        arrivals: { process: 'poisson', rate_rps: 20 },
        input_tokens: { distribution: 'fixed', value: 10 },
        output_tokens: { distribution: 'fixed', value: 1000 },
      },
    ],
    pools: [
      {
        name: 'p',
        model: 'm',
        generation: { policy: 'continuous', max_sequences: 1000, kv_cache: { blocks: 100_000 } },
      },
    ],
    slo: { chat: ['p(95) ttft_ms < 1000', 'p(95) tpot_ms < 100'] },
    duration_s: 120,
    warmup_s: 30,
  })
  const { throughput_rps, goodput_rps, goodput_share, counts } = engine.classes[0]!
  expect(goodput_share.value).toBe(1)
  expect(goodput_rps.value).toBe(throughput_rps.value)
  // answers take 10 s, 200 of them at a time
  const arrivedRps = counts.arrived / 2 / 90
  expect(Math.abs(goodput_rps.value! / arrivedRps - 1)).toBeLessThan(0.05)
})

test('over time, a request that its client gave up is completed in vain, and not served', () => {
  const { series, classes, runs } = resultOf({
    ...SINGLE,
    traffic: [
      {
        class: 'web',
        arrivals: {
          process: 'poisson',
          rate_rps: 65,
          surges: [{ at_s: 10, factor: 3, hold_s: 5 }],
        },
        timeout_ms: 200,
        retry: { max_attempts: 4, backoff_ms: 20, jitter: 'full' },
      },
    ],
  })
  const { counts } = classes[0]!
  const total = (rates: readonly number[]) =>
    rates.reduce((sum, rate) => sum + rate, 0) * series.bucket_s
  const late = (rates: readonly number[]) => total(rates.slice(60)) / 30
  // after the surge the server goes on with what was given up
  expect(late(series.served_rps)).toBeLessThan(10)
  expect(late(series.wasted_rps)).toBeGreaterThan(90)
  // the answers to the last arrivals are after the end of the traffic
  expect(Math.abs(total(series.served_rps) - counts.served / runs)).toBeLessThan(20)
  expect(total(series.wasted_rps)).toBeLessThanOrEqual(counts.abandoned / runs)
})
