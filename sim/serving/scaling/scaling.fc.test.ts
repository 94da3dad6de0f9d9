import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ScalerView, type ScalingPlan, scalingPolicies } from './index.ts'
import { planOf, Scaler, unlimited, viewOf } from './scaler.test-helper.ts'

interface Bounds {
  readonly min: number
  readonly max: number
}

const within = ({ min, max }: Bounds, replicas: number) => Math.min(max, Math.max(min, 1, replicas))

/** A section of each policy; a policy that joins the table needs one here. */
const sections: { readonly [P in ScalingPlan['policy']]: (limits: Bounds) => object } = {
  fixed: (limits) => ({ replicas: within(limits, 5) }),
  scheduled: (limits) => ({
    steps: [
      { at_s: 0, replicas: within(limits, 2) },
      { at_s: 60, replicas: within(limits, 9) },
    ],
    every_s: 120,
  }),
  hpa: () => ({
    metrics: [
      { metric: 'concurrency', target: 4 },
      { metric: 'rate_rps', target: 9, type: 'total' },
    ],
  }),
  keda: () => ({ threshold: 5, polling_s: 15 }),
  knative: () => ({ target: 10 }),
  saturation: () => ({}),
  huggingface: () => ({}),
  predictive: () => ({
    capacity_rps: 10,
    lead_s: 60,
    period_s: 1200,
    season_step_s: 60,
    refit_s: 600,
  }),
}
const kinds = Object.keys(scalingPolicies) as ScalingPlan['policy'][]

const figure = fc.oneof(
  { weight: 5, arbitrary: fc.double({ min: 0, max: 200, noNaN: true }) },
  { weight: 1, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.constant(Number.NaN) },
)
const bounds = fc
  .tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 1, max: 20 }))
  .map(([min, more]) => ({ min, max: min + more }))
const loads = fc.array(figure, { minLength: 1, maxLength: 60 })

/** Ticks of a scaler that is followed at once; each figure of a tick is the same. */
function follow(
  kind: ScalingPlan['policy'],
  limits: Bounds,
  figures: readonly number[],
  first: number,
) {
  const scaler = new Scaler(planOf(kind, { ...sections[kind](limits), ...limits }))
  const everyMs = Number.isFinite(scaler.intervalMs) ? scaler.intervalMs : 15_000
  let wanted = first
  return figures.map((value, i) => {
    const view: ScalerView = viewOf(
      wanted,
      scaler.needs.map(({ of }) =>
        of === 'pool' ? [value] : Array.from({ length: wanted }, () => value),
      ),
      { now: everyMs * i },
    )
    const decision = scaler.decide(view)
    wanted = decision.replicas
    return decision
  })
}

describe.each(kinds)('%s', (kind) => {
  test('decides on whole replicas from min to max, with a reason', () => {
    fc.assert(
      fc.property(bounds, loads, fc.integer({ min: 0, max: 30 }), (limits, figures, first) => {
        for (const { replicas, reason } of follow(kind, limits, figures, first)) {
          expect(Number.isInteger(replicas)).toBe(true)
          expect(replicas).toBeGreaterThanOrEqual(limits.min)
          expect(replicas).toBeLessThanOrEqual(limits.max)
          expect(reason).toMatch(/^\w.*\w/)
          expect(reason).not.toMatch(/NaN|undefined|Infinity/)
        }
      }),
    )
  })

  test('decides alike on the same views', () => {
    fc.assert(
      fc.property(bounds, loads, (limits, figures) => {
        expect(follow(kind, limits, figures, 2)).toEqual(follow(kind, limits, figures, 2))
      }),
      { numRuns: 20 },
    )
  })

  test('moves by no more than its step limits, apart from min and max', () => {
    fc.assert(
      fc.property(loads, fc.integer({ min: 1, max: 3 }), (figures, step) => {
        const limits = { min: 0, max: 1000, max_step_up: step, max_step_down: step }
        const counts = [10, ...follow(kind, limits, figures, 10).map(({ replicas }) => replicas)]
        for (const [i, replicas] of counts.entries()) {
          if (i > 0) expect(Math.abs(replicas - counts[i - 1]!)).toBeLessThanOrEqual(step)
        }
      }),
    )
  })

  test('keeps what it has while nothing is delivered', () => {
    if (kind === 'fixed' || kind === 'scheduled') return
    const lost = Array.from({ length: 20 }, () => Number.NaN)
    const decisions = follow(kind, { min: 1, max: 50 }, lost, 7)
    expect(new Set(decisions.map(({ replicas }) => replicas))).toEqual(new Set([7]))
  })
})

test('a policy without the limits of its pool exceeds them', () => {
  const section = { metrics: [{ metric: 'rate_rps', target: 1, type: 'total' }], min: 2, max: 6 }
  const decide = unlimited(planOf('hpa', section))
  expect(decide(viewOf(4, [[50]])).replicas).toBe(8)
  expect(new Scaler(planOf('hpa', section)).decide(viewOf(4, [[50]])).replicas).toBe(6)
})

/** The first decision of a policy on one load of the pool, with its replicas all ready. */
const onceOf = (
  kind: ScalingPlan['policy'],
  section: Readonly<Record<string, unknown>>,
  needs: number,
) => {
  const plan = planOf(kind, section)
  return (wanted: number, value: number) =>
    unlimited(plan)(
      viewOf(
        wanted,
        Array.from({ length: needs }, () => [value]),
      ),
    ).replicas
}
const policiesByLoad = {
  hpa: onceOf('hpa', { metrics: [{ metric: 'rate_rps', target: 5, type: 'total' }] }, 1),
  keda: onceOf('keda', { threshold: 5 }, 1),
  knative: onceOf('knative', { target: 10 }, 2),
  huggingface: (wanted: number, value: number) => onceOf('huggingface', {}, 1)(wanted, value / 200),
  predictive: onceOf('predictive', { capacity_rps: 5, lead_s: 60 }, 1),
}

test.each(Object.entries(policiesByLoad))(
  '%s never asks for fewer replicas at a higher load',
  (_, replicasAt) => {
    const load = fc.double({ min: 0, max: 200, noNaN: true })
    fc.assert(
      fc.property(load, load, fc.integer({ min: 1, max: 30 }), (a, b, wanted) => {
        expect(replicasAt(wanted, Math.max(a, b))).toBeGreaterThanOrEqual(
          replicasAt(wanted, Math.min(a, b)),
        )
      }),
    )
  },
)

test('saturation never asks for fewer replicas at a higher load of one of them', () => {
  const share = fc.double({ min: 0, max: 0.79, noNaN: true })
  const replicasFor = (shares: readonly number[]) =>
    unlimited(planOf('saturation', { scale_up: { tolerance: 0 }, scale_down: { tolerance: 0 } }))(
      viewOf(shares.length, [shares, shares.map(() => 0)]),
    ).replicas
  fc.assert(
    fc.property(fc.array(share, { minLength: 1, maxLength: 9 }), share, (shares, raised) => {
      const higher = [Math.max(shares[0]!, raised), ...shares.slice(1)]
      expect(replicasFor(higher)).toBeGreaterThanOrEqual(replicasFor(shares))
    }),
  )
})

/** Recommendations of an HPA that is followed at once, by one metric of target 1 in all. */
function hpaSteps(stabilization_s: number, values: readonly number[], first: number) {
  const decide = unlimited(
    planOf('hpa', {
      metrics: [{ metric: 'rate_rps', target: 1, type: 'total' }],
      scale_up: { tolerance: 0, policies: [{ type: 'pods', value: 9999, period_s: 15 }] },
      scale_down: { stabilization_s, tolerance: 0 },
    }),
  )
  let wanted = first
  return values.map((value, i) => {
    wanted = decide(viewOf(wanted, [[value]], { now: 15_000 * i })).replicas
    return wanted
  })
}

describe('stabilization', () => {
  const values = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 2, maxLength: 40 })
  const window = fc.integer({ min: 1, max: 10 })
  const highestOf = (recommended: readonly number[], i: number, ticks: number) =>
    Math.max(...recommended.slice(Math.max(0, i - ticks + 1), i + 1))

  test('an HPA never scales below the highest recommendation of its window, nor keeps more', () => {
    fc.assert(
      fc.property(values, window, (recommended, ticks) => {
        for (const [i, replicas] of hpaSteps(15 * ticks, recommended, recommended[0]!).entries()) {
          expect(replicas).toBe(highestOf(recommended, i, ticks))
        }
      }),
    )
  })

  test('without its window it does', () => {
    const recommended = [40, 40, 5, 40]
    expect(hpaSteps(0, recommended, 40)).toEqual(recommended)
    expect(hpaSteps(300, recommended, 40)).toEqual([40, 40, 40, 40])
  })

  test('so does the scale-down delay of Knative', () => {
    fc.assert(
      fc.property(values, window, (recommended, ticks) => {
        const decide = unlimited(
          planOf('knative', {
            target: 1,
            target_share: 1,
            panic_threshold: 10,
            max_down_rate: 1e6,
            down_delay_s: 2 * ticks,
          }),
        )
        for (const [i, value] of recommended.entries()) {
          // many ready replicas that never panic
          const view = viewOf(i === 0 ? 1 : 60, [[value], [0]], { now: 2000 * i })
          expect(decide(view).replicas).toBe(highestOf(recommended, i, ticks))
        }
      }),
    )
  })
})
