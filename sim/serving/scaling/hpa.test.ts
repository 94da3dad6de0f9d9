import { describe, expect, test } from 'vitest'
import { planOf, unlimited, viewOf } from './scaler.test-helper.ts'
import type { ScalerView } from './scaling-policy.ts'

const metrics = (target: number, settings: object = {}) => [
  { metric: 'concurrency', target, ...settings },
]
/** An HPA that acts at once, for the rules on ratios. */
const AT_ONCE = {
  scale_up: { policies: [{ type: 'pods', value: 10_000, period_s: 15 }] },
  scale_down: { stabilization_s: 0 },
}
const repeated = (count: number, value: number) => Array.from({ length: count }, () => value)
const DOC = 'kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale'
const CALC = 'kubernetes replica_calculator.go, calcPlainMetricReplicas'

describe('the ratio of the metric to its target', () => {
  test.each`
    source                                                               | values                                            | starting | target | replicas
    ${`${DOC}: 200m / 100m doubles`}                                     | ${repeated(3, 200)}                               | ${0}     | ${100} | ${6}
    ${`${DOC}: 50m / 100m halves`}                                       | ${repeated(4, 50)}                                | ${0}     | ${100} | ${2}
    ${`${DOC}: rounds up`}                                               | ${repeated(3, 50)}                                | ${0}     | ${100} | ${2}
    ${`${DOC}: tolerance of 0.1, above`}                                 | ${repeated(10, 110)}                              | ${0}     | ${100} | ${10}
    ${`${DOC}: tolerance of 0.1, below`}                                 | ${repeated(10, 90)}                               | ${0}     | ${100} | ${10}
    ${`${DOC}: beyond the tolerance`}                                    | ${repeated(10, 111)}                              | ${0}     | ${100} | ${12}
    ${`${DOC}: missing is 0 on the way up`}                              | ${[300, 300, Number.NaN]}                         | ${0}     | ${100} | ${6}
    ${`${DOC}: missing is 100 % downwards`}                              | ${[20, 20, Number.NaN, Number.NaN]}               | ${0}     | ${100} | ${3}
    ${`${DOC}: not ready is 0 on the way up`}                            | ${[300, 300]}                                     | ${2}     | ${100} | ${6}
    ${`${CALC}: not ready counts up only`}                               | ${repeated(7, 50)}                                | ${3}     | ${100} | ${4}
    ${`${CALC}: no action where it turns`}                               | ${[150, 150, Number.NaN, Number.NaN, Number.NaN]} | ${0}     | ${100} | ${5}
    ${`${CALC}: within the tolerance, those starting count for nothing`} | ${repeated(7, 95)}                                | ${3}     | ${100} | ${10}
    ${`${CALC}: tolerance after correction`}                             | ${[160, 160]}                                     | ${1}     | ${100} | ${3}
    ${`${CALC}: nothing delivered`}                                      | ${[Number.NaN, Number.NaN]}                       | ${0}     | ${100} | ${2}
  `('$source', ({ values, starting, target, replicas }) => {
    const decide = unlimited(planOf('hpa', { metrics: metrics(target), ...AT_ONCE }))
    const wanted = values.length + starting
    const view = viewOf(wanted, [values], { ready: values.length, starting })
    expect(decide(view).replicas).toBe(replicas)
  })

  test.each`
    total | target | wanted | replicas
    ${50} | ${10}  | ${1}   | ${5}
    ${50} | ${10}  | ${7}   | ${5}
    ${52} | ${10}  | ${5}   | ${5}
    ${56} | ${10}  | ${5}   | ${6}
    ${0}  | ${10}  | ${3}   | ${0}
  `('AverageValue: $total over $target at $wanted is $replicas', (row) => {
    // GetExternalPerPodMetricReplicas: ceil(total / target), unless total / (target * n) is near 1
    const { total, target, wanted, replicas } = row
    const decide = unlimited(
      planOf('hpa', { metrics: metrics(target, { type: 'total' }), ...AT_ONCE, min: 0 }),
    )
    expect(decide(viewOf(wanted, [[total]])).replicas).toBe(replicas)
  })

  test('no action where the number of figures would turn the direction', () => {
    // 4 replicas still serve, of which 2 are wanted: 0.85 of 4 is more than 2
    const decide = unlimited(planOf('hpa', { metrics: metrics(100), ...AT_ONCE }))
    const view = viewOf(2, [[80, 80, 80, Number.NaN]], { ready: 4 })
    expect(decide(view).replicas).toBe(2)
  })

  test('tolerances of the two directions differ where they are set (KEP-4951)', () => {
    const scaleUp = { ...AT_ONCE.scale_up, tolerance: 0 }
    const plan = planOf('hpa', { metrics: metrics(100), ...AT_ONCE, scale_up: scaleUp })
    const replicasAt = (value: number) =>
      unlimited(plan)(viewOf(20, [repeated(20, value)])).replicas
    expect([replicasAt(102), replicasAt(95), replicasAt(89)]).toEqual([21, 20, 18])
  })
})

describe('several metrics', () => {
  const two = [...metrics(100), { metric: 'queue_length', target: 10, type: 'total' }]
  const decide = (wanted: number, concurrency: number, queue: number) =>
    unlimited(planOf('hpa', { metrics: two, ...AT_ONCE }))(
      viewOf(wanted, [repeated(wanted, concurrency), [queue]]),
    )

  test('the one that asks for most decides', () => {
    expect(decide(4, 150, 90)).toMatchObject({
      replicas: 9,
      reason: 'queue_length 90 in all / target 10 each = 9 replicas',
    })
    expect(decide(4, 300, 90).reason).toBe('concurrency 300 / target 100 = 12 replicas')
  })

  test('one that is missing blocks the removal of replicas, not the addition', () => {
    expect(decide(4, 50, Number.NaN)).toMatchObject({
      replicas: 4,
      reason: 'a metric was not delivered, so no replica is removed',
    })
    expect(decide(4, 150, Number.NaN).replicas).toBe(6)
    expect(decide(4, 50, 5).replicas).toBe(2)
  })
})

/** Ticks of an HPA whose decisions are followed at once. */
function follow(section: object, wanted: number, values: readonly number[], everyS = 15) {
  const decide = unlimited(planOf('hpa', { metrics: metrics(1, { type: 'total' }), ...section }))
  let replicas = wanted
  return values.map((value, i) => {
    const view: ScalerView = viewOf(replicas, [[value]], { now: 1000 * everyS * i })
    replicas = decide(view).replicas
    return replicas
  })
}

describe('behaviour', () => {
  const slowDown = (policies: object[], select = 'max') => ({
    scale_down: { stabilization_s: 0, policies, select },
  })
  const percent = (value: number, period_s: number) => ({ type: 'percent', value, period_s })
  const pods = (value: number, period_s: number) => ({ type: 'pods', value, period_s })

  test('80 replicas fall by 10 % a minute, rounded up, and by 4 from 40 on (worked example)', () => {
    const section = slowDown([pods(4, 60), percent(10, 60)])
    const steps = follow(section, 80, repeated(12, 10), 60)
    expect(steps).toEqual([72, 64, 57, 51, 45, 40, 36, 32, 28, 24, 20, 16])
  })

  test('Min takes the smallest change: at most 5 a minute (example: limit scale down rate)', () => {
    const section = slowDown([percent(10, 60), pods(5, 60)], 'min')
    expect(follow(section, 80, repeated(3, 10), 60)).toEqual([75, 70, 65])
    expect(follow(section, 30, repeated(2, 10), 60)).toEqual([27, 24])
  })

  test('Disabled turns a direction off (example: disable scale down)', () => {
    const section = { scale_down: { select: 'disabled', stabilization_s: 0 } }
    expect(follow(section, 8, [1, 1, 20])).toEqual([8, 8, 16])
  })

  test('the limits look back over their period, whatever the ticks', () => {
    const section = slowDown([pods(4, 60)])
    // 4 go at once; the next 4 a minute later, not at the ticks between
    expect(follow(section, 20, repeated(6, 1), 15)).toEqual([16, 16, 16, 16, 12, 12])
  })

  test('by default 100 % or 4 replicas are added every 15 s, whichever is more', () => {
    expect(follow({}, 1, repeated(5, 1000))).toEqual([5, 10, 20, 40, 80])
  })

  test('by default the highest recommendation of 300 s holds against removal', () => {
    const values = [10, ...repeated(22, 4)]
    const steps = follow({}, 10, values)
    expect(steps.indexOf(4)).toBe(20)
    expect(steps.slice(0, 20)).toEqual(repeated(20, 10))
  })

  test('ten recommendations, of which the largest holds (KEP-853, stabilization before scaling down)', () => {
    const section = {
      scale_up: { tolerance: 0 },
      scale_down: { stabilization_s: 600, tolerance: 0, policies: [pods(5, 600)] },
    }
    const values = [10, 9, 8, 9, 9, 8, 9, 8, 9, 8, 7]
    expect(follow(section, 10, values, 60)).toEqual([...repeated(10, 10), 9])
  })

  test('a window for adding replicas takes the lowest recommendation', () => {
    const section = { scale_up: { stabilization_s: 60 } }
    expect(follow(section, 2, [2, 8, 8, 8, 8, 8])).toEqual([2, 2, 2, 2, 6, 8])
  })

  test('changes that the pool did not follow do not count towards the limits', () => {
    const decide = unlimited(
      planOf('hpa', {
        metrics: metrics(1, { type: 'total' }),
        scale_up: { policies: [pods(4, 60)] },
      }),
    )
    const at = (now: number, wanted: number) => decide(viewOf(wanted, [[100]], { now })).replicas
    // a budget holds the pool at 2
    expect([at(0, 2), at(15_000, 2), at(30_000, 2)]).toEqual([6, 6, 6])
    expect(at(45_000, 6)).toBe(6)
  })
})

test('an HPA with a min above 0 does not act at 0 replicas', () => {
  const decideWithMin = (min: number) =>
    unlimited(planOf('hpa', { metrics: metrics(1, { type: 'total' }), min }))(viewOf(0, [[3]]))
  expect(decideWithMin(1).replicas).toBe(0)
  expect(decideWithMin(0).replicas).toBe(3)
})

test('the defaults are those of Kubernetes', () => {
  expect(planOf('hpa', { metrics: metrics(1) })).toMatchObject({
    intervalS: 15,
    scaleUp: {
      stabilizationS: 0,
      tolerance: 0.1,
      select: 'max',
      policies: [
        { type: 'percent', value: 100, periodS: 15 },
        { type: 'pods', value: 4, periodS: 15 },
      ],
    },
    scaleDown: {
      stabilizationS: 300,
      tolerance: 0.1,
      select: 'max',
      policies: [{ type: 'percent', value: 100, periodS: 15 }],
    },
  })
})

test('what a pool has at first counts as recommended (horizontal.go, recordInitialRecommendation)', () => {
  const decide = unlimited(planOf('hpa', { metrics: metrics(100) }))
  const at = (seconds: number) => decide(viewOf(6, [repeated(6, 50)], { now: 1000 * seconds }))
  expect(at(15)).toMatchObject({ replicas: 6 })
  expect(at(300).reason).toContain('held at 6 by the stabilization window')
  expect(at(330).replicas).toBe(3)
})
