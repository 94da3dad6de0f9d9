import { describe, expect, test } from 'vitest'
import { planOf, unlimited, viewOf } from './scaler.test-helper.ts'

/** knative/serving pkg/autoscaler/scaling/autoscaler_test.go @01f103ef: its defaults and cases. */
const SOURCE = { target_share: 0.75, max_up_rate: 10, max_down_rate: 10, min: 0, zero_grace_s: 0 }

/** `target` is the value to aim at, as in the source, where the limit of a pod is target / 0.75. */
const planWith = (target: number, targetBurst: number, settings: object = {}) =>
  planOf('knative', { ...SOURCE, target: target / 0.75, target_burst: targetBurst, ...settings })

const both = (stable: number, panic: number) => [[stable], [panic]]

describe('a decision without history', () => {
  test.each`
    source                                                   | target | burst  | ready | stable  | panic   | more                 | replicas
    ${'TestAutoscalerStableModeIncreaseWithConcurrency'}     | ${10}  | ${101} | ${1}  | ${50}   | ${10}   | ${{}}                | ${5}
    ${'TestAutoscalerStableModeIncreaseWithConcurrency'}     | ${10}  | ${101} | ${1}  | ${100}  | ${10}   | ${{}}                | ${10}
    ${'AutoscalerNoDataAtZeroNoAutoscale'}                   | ${10}  | ${100} | ${1}  | ${0}    | ${0}    | ${{}}                | ${0}
    ${'AutoscalerStableModeUnlimitedTBC'}                    | ${181} | ${-1}  | ${1}  | ${21}   | ${26}   | ${{}}                | ${1}
    ${'Autoscaler0TBC'}                                      | ${10}  | ${0}   | ${1}  | ${50}   | ${49}   | ${{}}                | ${5}
    ${'AutoscalerStableModeNoChange'}                        | ${10}  | ${100} | ${1}  | ${50}   | ${50}   | ${{}}                | ${5}
    ${'AutoscalerPanicModeDoublePodCount'}                   | ${10}  | ${84}  | ${1}  | ${50}   | ${100}  | ${{}}                | ${10}
    ${'TestAutoscalerStableModeNoTrafficScaleToZero'}        | ${10}  | ${75}  | ${1}  | ${1}    | ${0}    | ${{}}                | ${1}
    ${'TestAutoscalerActivationScale'}                       | ${10}  | ${75}  | ${1}  | ${1}    | ${0}    | ${{ activation: 2 }} | ${2}
    ${'TestAutoscalerActivationScale, no traffic'}           | ${10}  | ${75}  | ${1}  | ${0}    | ${0}    | ${{ activation: 2 }} | ${0}
    ${'TestAutoscalerRateLimitScaleUp'}                      | ${10}  | ${61}  | ${1}  | ${1000} | ${1001} | ${{}}                | ${10}
    ${'TestAutoscalerUseOnePodAsMinimumIfEndpointsNotFound'} | ${10}  | ${81}  | ${0}  | ${1000} | ${888}  | ${{}}                | ${10}
  `('$source', ({ target, burst, ready, stable, panic, more, replicas }) => {
    const decide = unlimited(planWith(target, burst, more))
    expect(decide(viewOf(ready, both(stable, panic))).replicas).toBe(replicas)
  })

  // beyond one ready replica an autoscaler begins in panic, which the source's cases leave out by
  // their construction; so here panic has ended before the case
  test.each`
    source                                                  | target | ready  | value  | more                      | replicas
    ${'AutoscalerStableModeDecreaseWithSmallScaleDownRate'} | ${10}  | ${100} | ${1}   | ${{ max_down_rate: 1.1 }} | ${90}
    ${'TestAutoscalerRateLimitScaleDown'}                   | ${10}  | ${100} | ${1}   | ${{}}                     | ${10}
    ${'TestAutoscalerRateLimitScaleDown, again'}            | ${10}  | ${10}  | ${1}   | ${{}}                     | ${1}
    ${'AutoscalerStableModeNoChangeAlreadyScaled'}          | ${10}  | ${5}   | ${50}  | ${{}}                     | ${5}
    ${'AutoscalerStableModeIncreaseWithSmallScaleUpRate'}   | ${1}   | ${2}   | ${3}   | ${{ max_up_rate: 1.1 }}   | ${3}
    ${'TestAutoscalerStableModeDecrease'}                   | ${10}  | ${8}   | ${100} | ${{}}                     | ${10}
    ${'TestAutoscalerStableModeDecrease, lower'}            | ${10}  | ${8}   | ${50}  | ${{}}                     | ${5}
  `('$source, out of panic', ({ target, ready, value, more, replicas }) => {
    const decide = unlimited(planWith(target, 100, more))
    decide(viewOf(1, both(0.1, 0.1)))
    expect(decide(viewOf(ready, both(value, value), { now: 2000 })).replicas).toBe(replicas)
  })
})

test.each`
  ready | burst  | panic  | excess
  ${1}  | ${100} | ${50}  | ${-137}
  ${5}  | ${100} | ${50}  | ${-84}
  ${8}  | ${98}  | ${100} | ${-92}
  ${10} | ${0}   | ${500} | ${0}
  ${10} | ${-1}  | ${0}   | ${-1}
  ${60} | ${200} | ${50}  | ${550}
`('excess burst of $ready replicas of 13.3 is $excess', ({ ready, burst, panic, excess }) => {
  // expectedEBC: floor(target / 0.75 * ready - burst - panic)
  const decide = unlimited(planWith(10, burst))
  expect(decide(viewOf(ready, both(50, panic))).excessBurst).toBe(excess)
})

describe('panic', () => {
  test('ends one stable window after the last tick over the threshold (UnpanicAfterSlowIncrease)', () => {
    const decide = unlimited(planWith(1, 98))
    decide(viewOf(1, both(1, 1)))
    const at = (s: number, ready: number, stable: number, panic: number) =>
      decide(viewOf(ready, both(stable, panic), { now: 1000 * s })).replicas
    expect(at(2, 10, 11, 25)).toBe(25)
    expect(at(32, 40, 30, 41)).toBe(41)
    expect(at(64, 55, 50, 56)).toBe(50)
  })

  test('is renewed by each tick over the threshold (ExtendPanicWindow)', () => {
    const decide = unlimited(planWith(1, 98))
    decide(viewOf(1, both(1, 1)))
    const at = (s: number, ready: number, stable: number, panic: number) =>
      decide(viewOf(ready, both(stable, panic), { now: 1000 * s })).replicas
    expect(at(2, 10, 11, 25)).toBe(25)
    expect(at(32, 40, 30, 80)).toBe(80)
    // 62 s after the first panic, but 32 s after the last one
    expect(at(64, 80, 50, 56)).toBe(80)
    expect(at(93, 80, 50, 56)).toBe(50)
  })

  test('removes no replica (PanicThenUnPanicScaleDown)', () => {
    const decide = unlimited(planWith(10, 93))
    expect(decide(viewOf(1, both(100, 100))).replicas).toBe(10)
    expect(decide(viewOf(10, both(100, 1000))).replicas).toBe(100)
    const held = decide(viewOf(10, both(1, 1), { now: 30_000 }))
    expect(held).toMatchObject({ replicas: 100 })
    expect(held.reason).toBe('stable 1 / target 10 = 1 replica; no replica goes in panic')
    expect(decide(viewOf(10, both(1, 1), { now: 61_000 })).replicas).toBe(1)
  })

  test('takes the stable value where it is more (PanicStableLargerThanPanic)', () => {
    const decide = unlimited(planWith(1, 100))
    expect(decide(viewOf(5, both(50, 30))).replicas).toBe(50)
  })

  test('follows an exponential rise (PanicModeExponentialTrackAndStabilize)', () => {
    const decide = unlimited(planWith(1, 101))
    const steps = [1, 6, 36, 216, 1296].map((ready, i) =>
      decide(viewOf(ready, both(6 ** (i + 1), 6 ** (i + 1)), { now: 1000 * i })),
    )
    expect(steps.map(({ replicas }) => replicas)).toEqual([6, 36, 216, 1296, 7776])
  })

  test('is where a new autoscaler of several replicas begins (StartInPanicMode)', () => {
    const startOf = (ready: number) =>
      unlimited(planWith(10, 11))(viewOf(ready, both(0, 0))).replicas
    expect([0, 1, 2, 7].map(startOf)).toEqual([0, 0, 2, 7])
  })
})

test('a scale-down delay keeps the most of its window (ScaleDownDelay)', () => {
  const decide = unlimited(planWith(10, 0, { down_delay_s: 300, panic_threshold: 10 }))
  const at = (s: number, value: number) =>
    decide(viewOf(1, both(value, value), { now: 1000 * s })).replicas
  expect([at(2, 40), at(300, 0), at(302, 0)]).toEqual([4, 4, 0])
  expect([at(540, 40), at(600, 30), at(660, 0), at(840, 0), at(900, 0)]).toEqual([4, 4, 4, 3, 0])
  // without a delay it is at once (ScaleDownDelayZero)
  const atOnce = unlimited(planWith(10, 0, { panic_threshold: 10 }))
  expect(atOnce(viewOf(1, both(40, 40))).replicas).toBe(4)
  expect(atOnce(viewOf(1, both(20, 20), { now: 500 })).replicas).toBe(2)
})

test('the last replica stays for the grace period; traffic begins it anew', () => {
  const decide = unlimited(planOf('knative'))
  const at = (s: number, value: number) => decide(viewOf(1, both(value, value), { now: 1000 * s }))
  expect([at(0, 0), at(28, 0)].map(({ replicas }) => replicas)).toEqual([1, 1])
  expect(at(28, 0).reason).toContain('the last stays for the grace period')
  expect([at(30, 0), at(32, 9), at(34, 0), at(62, 0), at(64, 0)].map((d) => d.replicas)).toEqual([
    0, 1, 1, 1, 0,
  ])
})

test('without data nothing changes (NoDataNoAutoscale)', () => {
  const decide = unlimited(planWith(10, 100))
  expect(decide(viewOf(3, both(Number.NaN, Number.NaN))).replicas).toBe(3)
})

test('the defaults are those of config-autoscaler', () => {
  // knative/serving config/core/configmaps/autoscaler.yaml @98e5ef90
  expect(planOf('knative')).toMatchObject({
    target: 100,
    targetShare: 0.7,
    intervalS: 2,
    stableS: 60,
    panicShare: 0.1,
    panicThreshold: 2,
    maxUpRate: 1000,
    maxDownRate: 2,
    zeroGraceS: 30,
    targetBurst: 200,
  })
})
