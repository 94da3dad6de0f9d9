import { afterAll, expect, test } from 'vitest'
import { reportHtml } from '../reports/index.ts'
import { overloadText } from '../reports/tables/summary.ts'
import { loadSystem } from '../runtime/jobs/prepare.ts'
import { simulate } from '../runtime/jobs/simulate.ts'
import { closeSimulations } from '../runtime/jobs/simulations/simulation-processes.ts'

/** A surge that a service never gets over, though it could serve its usual traffic. */

afterAll(closeSimulations)

const simulated = async (...set: string[]) =>
  simulate(await loadSystem('retry-storm', { set }), { replications: 2 })

test('a retry storm that outlasts its surge is metastable, with the load that it could serve', async () => {
  const result = await simulated()
  const { metastable, state } = result.stability
  expect(state).toBe('OVERLOADED')
  expect(metastable!.since_s).toBeGreaterThan(28)
  expect(metastable!.since_s).toBeLessThan(35)
  expect(metastable!.runs).toBe(2)
  // 65 fresh requests/s of 100
  expect(metastable!.load).toBeCloseTo(0.65, 6)
  expect(metastable!.served_share).toBeLessThan(0.1)
  expect(overloadText(result)).toMatch(
    /^METASTABLE: from 3\d s on it stays down .*; OVERLOADED: the backlog grew/,
  )
  expect(
    await reportHtml({ simulated: result, measured: null, comparison: null, command: 'x' }),
  ).toContain('METASTABLE')
})

test.each([
  [
    'without a surge',
    ['traffic.checkout.arrivals.surges=[]', 'traffic.checkout.arrivals.rate_rps=40'],
  ],
  ['that has recovered', ['traffic.checkout.retry=null']],
  ['whose usual load is above the capacity', ['traffic.checkout.arrivals.rate_rps=110']],
  [
    'whose clients never resend, and that works off its queue',
    ['traffic.checkout.retry=null', 'traffic.checkout.timeout_ms=null'],
  ],
])('a service %s is not', async (_, set) => {
  const { stability } = await simulated(...set)
  expect(stability.metastable).toBeUndefined()
})

test('goodput over time is that within the limits, and is absent where there are none', async () => {
  const limited = await simulated(
    'traffic.checkout.arrivals.surges=[]',
    'slo.checkout=["p(50) latency_ms < 20"]',
  )
  const { good_rps: good, served_rps: served } = limited.series
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length
  expect(mean(good!)).toBeLessThan(mean(served))
  expect(mean(good!)).toBeGreaterThan(0.1 * mean(served))
  expect(good!.every((rate, i) => rate <= served[i]!)).toBe(true)
  expect((await simulated()).series.good_rps).toBeUndefined()
})
