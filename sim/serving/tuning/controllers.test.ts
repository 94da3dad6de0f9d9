import { describe, expect, test } from 'vitest'
import { Random } from '../../kernel/index.ts'
import type { WindowView } from './control.ts'
import { controllerOf } from './controller.ts'
import { LatencyWindow } from './latency-window.ts'
import type { TuningPlan } from './tuning-plan.ts'

const shared = {
  name: 'pools.central.admission.concurrency.limit',
  setting: 'concurrency',
  pool: 0,
  everyMs: 1000,
  targetMs: 100,
  whole: true,
  start: 10,
} as const
const range = { min: 1, max: 100, percentile: 95 }

/** A window whose percentiles are all of that length. */
function windowOf(latencyMs: number, { refused = 1, ended = 100, met = 0 } = {}): WindowView {
  return { ended, latencies: ended, met, refused, percentileMs: () => latencyMs }
}

describe('a window of latencies', () => {
  test('has percentiles to 1 %, and counts those within the target', () => {
    const window = new LatencyWindow(50)
    for (let ms = 1; ms <= 100; ms++) window.add(ms)
    expect(window.met).toBe(50)
    for (const percent of [10, 50, 95, 99]) {
      expect(Math.abs(window.percentileMs(percent) / percent - 1)).toBeLessThan(0.01)
    }
    window.add(Number.POSITIVE_INFINITY)
    expect(window.percentileMs(100)).toBe(Number.POSITIVE_INFINITY)
    window.clear()
    expect([window.ended, window.latencies, window.met]).toEqual([0, 0, 0])
  })
})

describe('aimd', () => {
  const plan: TuningPlan = { ...shared, ...range, controller: 'aimd', increase: 2, decrease: 0.5 }

  test('rises by a step within the target, and falls by a factor above it', () => {
    const { decide } = controllerOf(plan)
    const values = [90, 100, 101, 300, 10].map((ms) => decide(windowOf(ms))!.value)
    expect(values).toEqual([12, 14, 7, 3.5, 5.5])
  })

  test('a concurrency limit that refused nothing does not rise, any other setting does', () => {
    const idle = windowOf(1, { refused: 0 })
    expect(controllerOf(plan).decide(idle)!.value).toBe(10)
    expect(controllerOf({ ...plan, setting: 'max-batch' }).decide(idle)!.value).toBe(12)
  })

  test('stays where no request has a latency', () => {
    expect(controllerOf(plan).decide(windowOf(1, { ended: 0 }))).toBeNull()
  })

  test('stays within its bounds', () => {
    const { decide } = controllerOf(plan)
    for (let i = 0; i < 99; i++) decide(windowOf(1))
    expect(decide(windowOf(1))!.value).toBe(100)
    for (let i = 0; i < 99; i++) decide(windowOf(Number.POSITIVE_INFINITY))
    expect(decide(windowOf(Number.POSITIVE_INFINITY))!.value).toBe(1)
  })
})

describe('pid', () => {
  const gains = { proportional: 0.2, integral: 0.1, derivative: 0 }
  const plan: TuningPlan = { ...shared, ...range, controller: 'pid', ...gains }

  /** The last latency of a plant whose latency is `slope` ms a unit of the setting. */
  function settled(tuning: TuningPlan, slope: number, windows = 200): number {
    const { decide } = controllerOf(tuning)
    let value = tuning.start
    for (let i = 0; i < windows; i++) value = decide(windowOf(slope * value))!.value
    return slope * value
  }

  test.each([1.5, 2, 3])('holds the target on a plant of %d ms a unit', (slope) => {
    expect(settled(plan, slope)).toBeCloseTo(100, 3)
  })

  test('negative control: without the integral part it stays away from the target', () => {
    const withoutIntegral: TuningPlan = {
      ...shared,
      ...range,
      controller: 'pid',
      ...gains,
      integral: 0,
    }
    expect(Math.abs(settled(withoutIntegral, 3) - 100)).toBeGreaterThan(5)
  })

  test('does not wind up at a bound: it leaves it with the first window above the target', () => {
    const { decide } = controllerOf(plan)
    for (let i = 0; i < 500; i++) decide(windowOf(1))
    expect(decide(windowOf(1))!.value).toBe(100)
    expect(decide(windowOf(250))!.value).toBeLessThan(90)
  })
})

describe('bandit', () => {
  const values = [4, 8, 16, 32]
  const MEANS = [0.2, 0.5, 0.8, 0.4]
  const plan: TuningPlan = { ...shared, controller: 'bandit', values, discount: 1, start: 4 }

  /** Regret after each window, against always the best value: windows of one request. */
  function regrets(
    tuning: TuningPlan,
    windows: number,
    seed: number,
    means = () => MEANS,
  ): number[] {
    const random = new Random(`bandit ${seed}`)
    const { decide } = controllerOf(tuning)
    let arm = 0
    let regret = 0
    return Array.from({ length: windows }, () => {
      const now = means()
      regret += Math.max(...now) - now[arm]!
      const met = random.uniform() < now[arm]! ? 1 : 0
      arm = values.indexOf(decide(windowOf(1, { ended: 1, met }))!.value)
      return regret
    })
  }

  test('tries each value once, then the one with the highest upper confidence bound', () => {
    const { decide } = controllerOf(plan)
    const tried = [0.1, 0.9, 0.2].map((share) => decide(windowOf(1, { met: 100 * share }))!.value)
    expect(tried).toEqual([8, 16, 32])
    // four windows, one each: the bounds differ by the rewards alone
    expect(decide(windowOf(1, { met: 30 }))!.value).toBe(8)
  })

  // Auer, Cesa-Bianchi and Fischer 2002, theorem 1: regret is at most Σ 8 ln n / Δ + (1 + π²/3) Σ Δ
  test('its regret on a stationary system grows like a logarithm, within the bound', () => {
    const gaps = MEANS.map((mean) => 0.8 - mean).filter((gap) => gap > 0)
    const bound = (n: number) =>
      gaps.reduce((sum, gap) => sum + (8 * Math.log(n)) / gap + (1 + Math.PI ** 2 / 3) * gap, 0)
    const runs = Array.from({ length: 20 }, (_, seed) => regrets(plan, 8000, seed))
    const mean = (n: number) => runs.reduce((sum, run) => sum + run[n - 1]!, 0) / runs.length
    expect(mean(8000)).toBeLessThan(bound(8000))
    // from 2000 to 8000 a logarithm grows by 18 %; regret in proportion would grow by 300 %
    expect(mean(8000) / mean(2000)).toBeLessThan(1.5)
  })

  test('Thompson sampling regrets less than half of that', () => {
    const thompson: TuningPlan = { ...plan, controller: 'thompson' }
    const total = (tuning: TuningPlan) =>
      Array.from({ length: 20 }, (_, seed) => regrets(tuning, 8000, seed).at(-1)!).reduce(
        (sum, regret) => sum + regret,
        0,
      )
    expect(total(thompson)).toBeLessThan(0.5 * total(plan))
    expect(total(thompson)).toBeGreaterThan(0)
  })

  test('negative control: a discount costs regret in proportion where nothing changes', () => {
    const discounted: TuningPlan = {
      ...shared,
      controller: 'bandit',
      values,
      discount: 0.9,
      start: 4,
    }
    const run = regrets(discounted, 8000, 1)
    expect(run[7999]! / run[1999]!).toBeGreaterThan(3)
  })

  test('with a discount it follows a best value that moves, and regrets less than without', () => {
    const moving = () => {
      let n = 0
      return () => (n++ < 3000 ? [0.2, 0.5, 0.9, 0.4] : [0.2, 0.5, 0.1, 0.4])
    }
    const discounted: TuningPlan = {
      ...shared,
      controller: 'bandit',
      values,
      discount: 0.998,
      start: 4,
    }
    const total = (tuning: TuningPlan) =>
      [1, 2, 3, 4, 5].reduce((sum, seed) => sum + regrets(tuning, 6000, seed, moving()).at(-1)!, 0)
    expect(total(discounted)).toBeLessThan(total(plan))
    const drawn = { ...discounted, controller: 'thompson' } as const
    expect(total(drawn)).toBeLessThan(total(discounted))
    expect(total(drawn)).toBeLessThan(total({ ...drawn, discount: 1 }))
  })

  test('Thompson sampling tries each value once, and repeats its draws', () => {
    const thompson: TuningPlan = { ...plan, controller: 'thompson' }
    const tried = () => {
      const { decide } = controllerOf(thompson)
      return Array.from({ length: 50 }, (_, i) => decide(windowOf(1, { met: 50 + (i % 7) }))!.value)
    }
    expect(tried().slice(0, 3)).toEqual([8, 16, 32])
    expect(tried()).toEqual(tried())
    expect(new Set(tried().slice(3)).size).toBe(4)
  })
})
