import { describe, expect, test } from 'vitest'
import { planOf, Scaler, unlimited, viewOf } from './scaler.test-helper.ts'

/** keda.sh/docs/2.19/reference/scaledobject-spec; kedacore/keda scale_scaledobjects.go. */

const QUEUE = { threshold: 5 }
/** Removes replicas at once, for the rules of KEDA itself. */
const AT_ONCE = { scale_down: { stabilization_s: 0 } }

/**
 * Runs a scaler on `[seconds, queue]`, following each decision, and lists `[seconds, replicas]`.
 */
function follow(section: object, wanted: number, queues: readonly (readonly [number, number])[]) {
  const decide = unlimited(planOf('keda', { ...QUEUE, ...section }))
  let replicas = wanted
  return queues.map(([s, queue]) => {
    replicas = decide(viewOf(replicas, [[queue]], { now: 1000 * s })).replicas
    return replicas
  })
}

describe('0 to 1 and back', () => {
  test.each`
    rule                                                   | section                   | queue | from | to
    ${'an active pool starts with one replica'}            | ${{}}                     | ${1}  | ${0} | ${1}
    ${'it starts with minReplicaCount where that is more'} | ${{ min: 3, idle: 0 }}    | ${1}  | ${0} | ${3}
    ${'idleReplicaCount 0, min 10: straight to min (doc)'} | ${{ min: 10, idle: 0 }}   | ${1}  | ${0} | ${10}
    ${'no activity, no start'}                             | ${{}}                     | ${0}  | ${0} | ${0}
    ${'at the activation value it is not active'}          | ${{ activation: 50 }}     | ${50} | ${0} | ${0}
    ${'above it, it is'}                                   | ${{ activation: 50 }}     | ${51} | ${0} | ${1}
    ${'min is restored in an inactive pool'}               | ${{ min: 2 }}             | ${0}  | ${1} | ${2}
    ${'min above 0 without idle: never to 0 (doc)'}        | ${{ min: 1, ...AT_ONCE }} | ${0}  | ${3} | ${1}
  `('$rule', ({ section, queue, from, to }) => {
    expect(follow(section, from, [[0, queue]])).toEqual([to])
  })

  test('a pool that was active stops when the cooldown after its last activity is over', () => {
    const ticks = [0, 30, 60, 90, 330, 345, 360].map((s) => [s, s <= 30 ? 4 : 0] as const)
    // active at 30 for the last time; the first poll after 330 is at 360
    expect(follow(AT_ONCE, 0, ticks)).toEqual([1, 1, 1, 1, 1, 1, 0])
  })

  test('a pool that was never active stops after the initial cooldown alone', () => {
    const section = { ...AT_ONCE, initial_cooldown_s: 120 }
    expect(
      follow(section, 2, [
        [0, 0],
        [60, 0],
        [120, 0],
        [150, 0],
      ]),
    ).toEqual([1, 1, 1, 0])
  })

  test('activity is looked for at polls alone, which govern 0 to 1 only', () => {
    expect(
      follow({ polling_s: 60 }, 0, [
        [0, 0],
        [15, 9],
        [30, 9],
        [45, 9],
        [60, 9],
        [75, 60],
      ]),
    ).toEqual([0, 0, 0, 0, 1, 5])
  })

  test('the interval serves both loops', () => {
    const intervalOf = (polling_s: number, interval_s: number) =>
      new Scaler(planOf('keda', { ...QUEUE, polling_s, interval_s })).intervalMs
    expect([intervalOf(30, 15), intervalOf(20, 15), intervalOf(7, 15)]).toEqual([15000, 5000, 1000])
  })
})

describe('1 to N, by the HPA', () => {
  test.each`
    type         | value | from | to
    ${'average'} | ${20} | ${2} | ${4}
    ${'average'} | ${20} | ${3} | ${4}
    ${'average'} | ${21} | ${4} | ${4}
    ${'average'} | ${23} | ${4} | ${5}
    ${'value'}   | ${10} | ${2} | ${4}
    ${'value'}   | ${10} | ${3} | ${6}
    ${'average'} | ${2}  | ${1} | ${1}
  `('$type: a metric of $value at $from replicas is $to', ({ type, value, from, to }) => {
    expect(follow({ type }, from, [[0, value]])).toEqual([to])
  })

  test('Value looks at ready replicas alone', () => {
    // 2 of 4 are ready: ceil(2 * 10.5 / 5); those that start do not dampen it
    const decide = unlimited(planOf('keda', { ...QUEUE, type: 'value' }))
    expect(decide(viewOf(4, [[10.5]], { ready: 2, starting: 2 })).replicas).toBe(5)
  })

  test('the HPA never removes the last replica; KEDA does', () => {
    const decide = unlimited(planOf('keda', { ...QUEUE, ...AT_ONCE, initial_cooldown_s: 1000 }))
    expect(decide(viewOf(4, [[0]]))).toMatchObject({ replicas: 1 })
  })
})

test('metrics that fail more than three times in a row give six replicas (worked example)', () => {
  const fallback = { failures: 3, replicas: 6 }
  const lost = [0, 15, 30, 45, 60].map((s) => [s, Number.NaN] as const)
  expect(follow({ fallback, min: 1 }, 2, lost)).toEqual([2, 2, 2, 6, 6])
  expect(follow({ fallback, min: 1, type: 'value' }, 2, lost)).toEqual([2, 2, 2, 6, 6])
  // without a fallback nothing changes
  expect(follow({ min: 1 }, 2, lost)).toEqual([2, 2, 2, 2, 2])
  // one that is delivered between begins anew
  const between = lost.map(([s], i) => [s, i === 2 ? 10 : Number.NaN] as const)
  expect(follow({ fallback, min: 1 }, 2, between)).toEqual([2, 2, 2, 2, 2])
})

test('the defaults are those of KEDA', () => {
  expect(planOf('keda', { threshold: 1, max: undefined })).toMatchObject({
    pollingS: 30,
    intervalS: 15,
    cooldownS: 300,
    initialCooldownS: 0,
    activation: 0,
    min: 0,
    max: 100,
  })
})
