import { describe, expect, test } from 'vitest'
import { azure, finer, noise, PRESENT, SKIPPED, servegen } from '../../../test/recorded-series.ts'
import { fluid, fluidRegret } from './fluid.test-helper.ts'
import { planOf, unlimited, viewOf } from './scaler.test-helper.ts'

/** An hour as the day: a sine of 60 steps of a minute. */
const HOUR = { period_s: 3600, season_step_s: 60, step_s: 60, interval_s: 60, refit_s: 600 }
const section = { capacity_rps: 10, lead_s: 180, down_delay_s: 0, quantile: 0.9, ...HOUR }
const wave = (step: number) => 200 * (1 + 0.7 * Math.sin((2 * Math.PI * step) / 60))

describe('the decision', () => {
  test('is reactive with the stated headroom before the first season is over, and states it', () => {
    const decide = unlimited(planOf('predictive', section))
    expect(decide(viewOf(1, [[Number.NaN]]))).toMatchObject({ reason: 'no metric was delivered' })
    expect(decide(viewOf(1, [[95]], { now: 60_000 }))).toEqual({
      replicas: 12,
      reason: 'reactive, first forecast in 3540 s: rate 95/s + 20 % / 10 = 12 replicas',
    })
  })

  test('is by a forecast from the start where rates were recorded before the run', () => {
    const before = Array.from({ length: 240 }, (_, i) => wave(i))
    const first = (settings: object) =>
      unlimited(planOf('predictive', { ...section, ...settings }))(
        viewOf(20, [[wave(240)]], { now: 60_000 }),
      )
    const { replicas, reason } = first({ history_rps: before })
    expect(reason).toMatch(/^forecast \d+\/s in 180 s/)
    // the rate of step 240 + 4, which is on the rise
    expect(replicas).toBeGreaterThanOrEqual(Math.ceil(wave(244) / 10))
    expect(first({ history_rps: [] }).reason).toMatch(/^reactive, first forecast in/)
  })

  test('asks before the rise for what is needed when a replica would serve', () => {
    const rates = Array.from({ length: 600 }, (_, i) => wave(i))
    const { paid, reasons } = fluid(planOf('predictive', section), rates, {
      stepS: 60,
      leadSteps: 3,
      first: 20,
    })
    // in the sixth period, on the steepest rise: 3 steps later the rate is 66 higher
    const at = 360
    const [now, then] = [rates[at]!, rates[at + 3]!]
    expect(then - now).toBeGreaterThan(40)
    expect(paid[at]!).toBeGreaterThanOrEqual(Math.ceil(then / 10))
    expect(paid[at]!).toBeLessThanOrEqual(Math.ceil(then / 10) + 2)
    expect(reasons[at]).toMatch(
      /^forecast \d+\/s in 180 s \+ [\d.]+ % \(mean error [\d.]+\/s, without a change [\d.]+\/s\) \/ 10 = \d+ replicas$/,
    )
  })

  test('is mostly reactive on random walks, with the headroom that past changes call for', () => {
    let [reactive, count] = [0, 0]
    for (const seed of [4, 5, 6, 7, 8, 9]) {
      const draw = noise(seed)
      let level = 200
      const rates = Array.from({ length: 600 }, () => (level = Math.max(50, level + 12 * draw())))
      const setting = { stepS: 60, leadSteps: 3, first: 20 }
      const run = fluid(planOf('predictive', section), rates, setting)
      for (const reason of run.reasons.slice(120)) {
        count++
        if (reason.startsWith('reactive, forecasts are no better than the recent rate (mean')) {
          reactive++
        }
      }
      const options = { capacity: 10, stepS: 60, leadSteps: 3, skip: 120 }
      // the quantile of 0.9, which past changes foretell roughly
      expect(fluidRegret(run, rates, options).shortShare).toBeLessThan(0.2)
    }
    expect(reactive / count).toBeGreaterThan(0.8)
  })

  test('replicas that were wanted within the delay are kept', () => {
    const decide = unlimited(planOf('predictive', { ...section, down_delay_s: 120 }))
    const at = (now: number, rate: number) => decide(viewOf(1, [[rate]], { now: 1000 * now }))
    expect([at(60, 100), at(120, 50), at(180, 50)].map(({ replicas }) => replicas)).toEqual([
      12, 12, 6,
    ])
    expect(at(181, 20).reason).toContain('; 6 kept for the scale-down delay')
  })
})

describe.skipIf(!PRESENT)(`recorded rates${SKIPPED}`, () => {
  const DAY_STEPS = 1440
  const pool = { capacity: 20, stepS: 60, leadSteps: 3, skip: 2 * DAY_STEPS }

  /**
   * A pool with a lead of 3 minutes; `refit_s` 1e9 leaves the reactive part of the policy alone.
   */
  function regretOf(rates: readonly number[], quantile: number, settings: object = {}) {
    const plan = planOf('predictive', {
      capacity_rps: pool.capacity,
      lead_s: 180,
      interval_s: 60,
      down_delay_s: 0,
      quantile,
      ...settings,
    })
    const run = fluid(plan, rates, { ...pool, first: Math.ceil(rates[0]! / pool.capacity) })
    const later = run.reasons.slice(pool.skip)
    const reactive = later.filter((reason) => reason.startsWith('reactive')).length / later.length
    return { ...fluidRegret(run, rates, pool), reactive }
  }
  const REACTIVE = { seasonality: 'none', refit_s: 1e9 }

  test('on the waves of ServeGen along lines it is cheaper at no worse attainment', () => {
    const rates = finer(servegen('m-small'), 10).slice(0, 4 * DAY_STEPS)
    const ahead = regretOf(rates, 0.95)
    expect(ahead.reactive).toBeLessThan(0.05)
    expect(ahead.shortShare).toBeLessThan(0.03)
    // reactive runs from seldom to often short; the first that is short as often is still dearer
    const runs = [0.99, 0.98, 0.97, 0.96, 0.95, 0.9].map((quantile) =>
      regretOf(rates, quantile, REACTIVE),
    )
    const behind = runs.find(({ shortShare }) => shortShare >= ahead.shortShare)!
    expect(behind.reactive).toBe(1)
    expect(ahead.shortShare).toBeLessThanOrEqual(behind.shortShare)
    expect(ahead.regretReplicaHours).toBeLessThan(0.5 * behind.regretReplicaHours)
    expect(ahead.regretReplicaHours).toBeGreaterThan(0)
    expect(behind.replicaHours).toBeGreaterThan(1.02 * ahead.replicaHours)
  })

  test('where the same rates jump every 10 minutes it stays reactive, and states it', () => {
    const rates = servegen('m-small')
      .slice(0, 3 * 144 + 72)
      .flatMap((rate) => Array.from({ length: 10 }, () => rate))
    expect(regretOf(rates, 0.98).reactive).toBeGreaterThan(0.95)
  })

  test('on bursts of Azure code it stays reactive, and states it', () => {
    const rates = azure('code', 30)
    const plan = planOf('predictive', {
      capacity_rps: 0.5,
      lead_s: 60,
      step_s: 30,
      interval_s: 30,
      seasonality: 'none',
      period_s: 900,
      refit_s: 300,
      down_delay_s: 0,
    })
    const { reasons } = fluid(plan, rates, { stepS: 30, leadSteps: 2, first: 4 })
    const later = reasons.slice(45)
    expect(later.length).toBeGreaterThan(60)
    const reactive = later.filter((reason) =>
      reason.startsWith('reactive, forecasts are no better'),
    )
    expect(reactive.length / later.length).toBeGreaterThan(0.85)
  })
})
