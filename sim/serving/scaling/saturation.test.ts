import { describe, expect, test } from 'vitest'
import { saturationOf, variantTargets } from './index.ts'
import { planOf, unlimited, viewOf } from './scaler.test-helper.ts'

/** llm-d/llm-d-workload-variant-autoscaler docs/saturation-analyzer.md @b08b1c7. */
const PLAN = planOf('saturation')

/** Loads as `[kv, queue]`. */
const loads = (...replicas: readonly (readonly [number, number])[]) =>
  replicas.map(([kv, queue]) => ({ kv, queue }))

describe('steps 1 to 5 of the analysis', () => {
  test.each`
    rule                                                     | all                                       | change
    ${'a spare KV of 0.1 and a spare queue of 3 are enough'} | ${loads([0.69, 2], [0.69, 2])}            | ${'none'}
    ${'a spare KV below 0.1 adds one'}                       | ${loads([0.72, 0], [0.71, 0])}            | ${'up'}
    ${'a spare queue below 3 adds one'}                      | ${loads([0.1, 2], [0.1, 3])}              | ${'up'}
    ${'means are over unsaturated replicas alone'}           | ${loads([0.95, 9], [0.3, 0])}             | ${'none'}
    ${'at 0.80 a replica is saturated'}                      | ${loads([0.8, 0], [0.69, 0])}             | ${'none'}
    ${'with a queue of 5 a replica is saturated'}            | ${loads([0.2, 5], [0.3, 2])}              | ${'none'}
    ${'where all are saturated one is added'}                | ${loads([0.9, 0], [0.2, 7])}              | ${'up'}
    ${'the rest holds the load of a removed replica'}        | ${loads([0.3, 0], [0.3, 0])}              | ${'down'}
    ${'0.8 KV over one replica less leaves too little'}      | ${loads([0.4, 0], [0.4, 0])}              | ${'none'}
    ${'three at 0.45 fit on two'}                            | ${loads([0.45, 1], [0.45, 1], [0.45, 0])} | ${'down'}
    ${'three queues of 2 do not fit on two'}                 | ${loads([0.1, 2], [0.1, 2], [0.1, 2])}    | ${'none'}
    ${'the last unsaturated replica stays'}                  | ${loads([0, 0])}                          | ${'none'}
  `('$rule: $change', ({ all, change }) => {
    expect(saturationOf(all, PLAN).change).toBe(change)
  })
})

test('the last unsaturated replica stays, also where no spare is asked for', () => {
  const none = { ...PLAN, kvSpare: 0, queueSpare: 0 }
  expect(saturationOf(loads([0, 0]), none).change).toBe('none')
  expect(saturationOf(loads([0, 0], [0, 0]), none).change).toBe('down')
})

describe('the choice of a variant', () => {
  const up = { change: 'up', reason: '' } as const
  const down = { change: 'down', reason: '' } as const
  const variant = (name: string, cost: number, ready: number, starting = 0) => ({
    name,
    cost,
    ready,
    starting,
  })
  const targetsOf = (...args: Parameters<typeof variantTargets>) =>
    Object.fromEntries(variantTargets(...args))

  test('the cheapest grows and the dearest shrinks (multi-variant example: A100 at 20, H100 at 15)', () => {
    const variants = [variant('variant-1', 20, 2), variant('variant-2', 15, 3)]
    expect(targetsOf(variants, up)).toEqual({ 'variant-1': 2, 'variant-2': 4 })
    expect(targetsOf(variants, down)).toEqual({ 'variant-1': 1, 'variant-2': 3 })
  })

  test('of equal costs the first by name grows and the last shrinks', () => {
    const variants = [variant('b', 10, 2), variant('a', 10, 2)]
    expect(targetsOf(variants, up)).toEqual({ a: 3, b: 2 })
    expect(targetsOf(variants, down)).toEqual({ a: 2, b: 1 })
  })

  test('a variant with a replica that is starting does not grow', () => {
    expect(targetsOf([variant('a', 5, 2, 1), variant('b', 9, 2)], up)).toEqual({ a: 3, b: 3 })
    expect(targetsOf([variant('a', 5, 2, 1)], up)).toEqual({ a: 3 })
  })

  test('no variant falls below one replica', () => {
    expect(targetsOf([variant('a', 5, 2), variant('b', 9, 1)], down)).toEqual({ a: 1, b: 1 })
  })
})

/** Ticks of the HPA every 15 s; `kv` of each replica by the number of the tick. */
function follow(wanted: number, ticks: number, kv: (tick: number) => number) {
  const decide = unlimited(PLAN)
  let replicas = wanted
  return Array.from({ length: ticks }, (_, i) => {
    const each = (value: number) => Array.from({ length: replicas }, () => value)
    replicas = decide(viewOf(replicas, [each(kv(i)), each(0)], { now: 15_000 * i })).replicas
    return replicas
  })
}

test('an addition passes when the HPA has seen it asked for through its window of 240 s', () => {
  // 0.6 asks for no change until the analysis at 60 s; the last such tick is at 45 s
  const steps = follow(4, 60, (tick) => (tick < 4 ? 0.6 : 0.75))
  expect(steps.indexOf(5)).toBe((45 + 240) / 15)
})

test('from 10 replicas on, the tolerance of 0.1 of the HPA swallows a step of one', () => {
  expect(follow(9, 40, () => 0.75).at(-1)).toBe(10)
  expect(follow(10, 40, () => 0.75).at(-1)).toBe(10)
  const exact = planOf('saturation', { scale_up: { tolerance: 0, stabilization_s: 0 } })
  const decide = unlimited(exact)
  const each = Array.from({ length: 10 }, () => 0.75)
  expect(decide(viewOf(10, [each, each.map(() => 0)])).replicas).toBe(11)
})

test('replicas that report nothing decide nothing', () => {
  const decide = unlimited(PLAN)
  const lost = [Number.NaN, Number.NaN]
  expect(decide(viewOf(2, [lost, lost]))).toEqual({ replicas: 2, reason: 'no replica reports' })
})

test('the defaults are those of the chart', () => {
  expect(PLAN).toMatchObject({
    kvThreshold: 0.8,
    queueThreshold: 5,
    kvSpare: 0.1,
    queueSpare: 3,
    intervalS: 60,
    windowS: 60,
    scaleUp: { stabilizationS: 240, policies: [{ type: 'pods', value: 10, periodS: 150 }] },
    scaleDown: { stabilizationS: 240, policies: [{ type: 'pods', value: 10, periodS: 150 }] },
  })
})
