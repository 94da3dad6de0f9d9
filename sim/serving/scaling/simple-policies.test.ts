import { describe, expect, test } from 'vitest'
import { allotted, Scaler } from './index.ts'
import { planOf, unlimited, viewOf } from './scaler.test-helper.ts'

test('fixed has its replicas, whatever the view', () => {
  const decide = unlimited(planOf('fixed', { replicas: 4 }))
  expect(decide(viewOf(9, []))).toEqual({ replicas: 4, reason: 'fixed at 4 replicas' })
})

describe('scheduled', () => {
  const steps = [
    { at_s: 0, replicas: 2 },
    { at_s: 28_800, replicas: 12 },
    { at_s: 64_800, replicas: 5 },
  ]
  const at = (section: object, s: number) =>
    unlimited(planOf('scheduled', { steps, ...section }))(viewOf(1, [], { now: 1000 * s }))

  test.each`
    s                  | ofRun | ofDay
    ${0}               | ${2}  | ${2}
    ${28_799.999}      | ${2}  | ${2}
    ${28_800}          | ${12} | ${12}
    ${86_399}          | ${5}  | ${5}
    ${86_400}          | ${5}  | ${2}
    ${86_400 + 30_000} | ${5}  | ${12}
  `('at $s s it has $ofRun of the run and $ofDay of a day', ({ s, ofRun, ofDay }) => {
    expect(at({}, s).replicas).toBe(ofRun)
    expect(at({ every_s: 86_400 }, s).replicas).toBe(ofDay)
  })

  test('the reason names the step', () => {
    expect(at({}, 30_000).reason).toBe('the schedule has 12 replicas from 28800 s on')
  })
})

describe('huggingface (huggingface/hf-endpoints-documentation#32)', () => {
  function follow(wanted: number, utilisation: (s: number) => number, seconds: number) {
    const decide = unlimited(planOf('huggingface'))
    let replicas = wanted
    const steps: number[] = []
    for (let s = 0; s <= seconds; s += 15) {
      replicas = decide(viewOf(replicas, [[utilisation(s)]], { now: 1000 * s })).replicas
      steps.push(replicas)
    }
    return steps
  }

  test('80 % adds one replica every 3 minutes, 79 % none', () => {
    const steps = follow(2, () => 0.8, 375)
    expect([steps[0], steps[11], steps[12], steps[23], steps[24]]).toEqual([3, 3, 4, 4, 5])
    expect(new Set(follow(2, () => 0.79, 1000))).toEqual(new Set([2]))
  })

  test('replicas go when fewer were enough for 5 minutes', () => {
    const steps = follow(4, (s) => (s === 60 ? 0.7 : 0.3), 600)
    // 0.7 of 4 needs 4 replicas at 60 s; 0.3 of 4 needs 2
    expect(steps.indexOf(2)).toBe((60 + 300) / 15)
    expect(new Set(steps)).toEqual(new Set([4, 2]))
  })

  test('without a metric nothing changes', () => {
    expect(new Set(follow(3, () => Number.NaN, 900))).toEqual(new Set([3]))
  })
})

describe('limits of a pool', () => {
  test.each`
    asked | limits                        | wanted | replicas | by
    ${9}  | ${{ max: 8 }}                 | ${4}   | ${8}     | ${'max'}
    ${0}  | ${{ min: 2 }}                 | ${4}   | ${2}     | ${'min'}
    ${9}  | ${{ max_step_up: 3 }}         | ${4}   | ${7}     | ${'max_step_up'}
    ${1}  | ${{ max_step_down: 1 }}       | ${4}   | ${3}     | ${'max_step_down'}
    ${6}  | ${{ max_step_up: 3 }}         | ${4}   | ${6}     | ${null}
    ${9}  | ${{ min: 6, max_step_up: 1 }} | ${4}   | ${6}     | ${'min'}
  `('$asked replicas at $wanted within $limits are $replicas', (row) => {
    const { asked, limits, wanted, replicas, by } = row
    const section = { metrics: [{ metric: 'concurrency', target: 1, type: 'total' }], min: 0 }
    const freely = {
      scale_up: { tolerance: 0, policies: [{ type: 'pods', value: 99, period_s: 1 }] },
      scale_down: { stabilization_s: 0, tolerance: 0 },
    }
    const scaler = new Scaler(planOf('hpa', { ...section, ...freely, ...limits }))
    const decision = scaler.decide(viewOf(wanted, [[asked]]))
    expect(decision.replicas).toBe(replicas)
    if (by === null) expect(decision.reason).not.toContain('limited')
    else expect(decision.reason).toContain(`; limited to ${replicas} by ${by}`)
  })
})

describe('a budget of the fleet', () => {
  const ask = (asked: number, { replicaW = 100, min = 1, warm = 0, rank = 0 } = {}) => ({
    asked,
    min,
    warm,
    replicaW,
    rank,
  })
  const budget = (limits: { replicas?: number; watts?: number }) => ({
    replicas: Number.POSITIVE_INFINITY,
    watts: Number.POSITIVE_INFINITY,
    ...limits,
  })
  const hot = { replicaW: 700 }
  const cool = { replicaW: 72 }

  test.each`
    rule                                        | asks                                                  | limits             | granted
    ${'without one each gets what it asks for'} | ${[ask(5), ask(9)]}                                   | ${{}}              | ${[5, 9]}
    ${'shares are in proportion to the asks'}   | ${[ask(12), ask(6), ask(6)]}                          | ${{ replicas: 8 }} | ${[4, 2, 2]}
    ${'of equal shares the first is served'}    | ${[ask(9), ask(9)]}                                   | ${{ replicas: 9 }} | ${[5, 4]}
    ${'what a pool leaves is for the others'}   | ${[ask(1), ask(9)]}                                   | ${{ replicas: 8 }} | ${[1, 7]}
    ${'each has its min first'}                 | ${[ask(9, { min: 1 }), ask(4, { min: 4 })]}           | ${{ replicas: 6 }} | ${[2, 4]}
    ${'a pool may ask for less than its min'}   | ${[ask(0, { min: 2 }), ask(9)]}                       | ${{ replicas: 6 }} | ${[0, 6]}
    ${'warm pools count'}                       | ${[ask(9, { warm: 2 }), ask(9, { warm: 1 })]}         | ${{ replicas: 9 }} | ${[3, 3]}
    ${'the first rank has all it asks for'}     | ${[ask(6, { rank: 1 }), ask(6), ask(6, { rank: 1 })]} | ${{ replicas: 9 }} | ${[2, 6, 1]}
    ${'watts bind, too'}                        | ${[ask(4, hot), ask(4, cool)]}                        | ${{ watts: 1600 }} | ${[2, 2]}
    ${'a replica of fewer watts may still fit'} | ${[ask(4, hot), ask(4, { ...cool, rank: 1 })]}        | ${{ watts: 1600 }} | ${[2, 2]}
    ${'what is left is used'}                   | ${[ask(2, hot), ask(9, cool)]}                        | ${{ watts: 1000 }} | ${[1, 4]}
  `('$rule', ({ asks, limits, granted }) => {
    expect(allotted(asks, budget(limits))).toEqual(granted)
  })
})
