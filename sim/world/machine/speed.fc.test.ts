import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Steps } from './speed.ts'
import { idealSpeed, SpeedField } from './speed.ts'

/** Some steps are stalls; the last is not, so that all work ends. */
const speed = fc.oneof(
  fc.constant(0),
  fc.constant(1),
  fc.double({ min: 0.05, max: 3, noNaN: true }),
)
const steps: fc.Arbitrary<Steps> = fc
  .tuple(
    fc.double({ min: 0, max: 50, noNaN: true }),
    fc.array(fc.tuple(fc.double({ min: 0.01, max: 30, noNaN: true }), speed), { maxLength: 20 }),
    fc.double({ min: 0.05, max: 3, noNaN: true }),
  )
  .map(([first, parts, last]) => {
    let at = first
    const times = [first, ...parts.map(([gap]) => (at += gap))]
    return { times, speeds: [...parts.map(([, speed]) => speed), last] }
  })
const start = fc.double({ min: 0, max: 400, noNaN: true })
const amount = fc.double({ min: 1e-3, max: 200, noNaN: true })

/** Work done between two times, summed over all steps. */
function workBetween({ times, speeds }: Steps, from: number, to: number): number {
  return speeds.reduce((sum, speed, i) => {
    const begin = i === 0 ? Number.NEGATIVE_INFINITY : times[i]!
    const end = times[i + 1] ?? Number.POSITIVE_INFINITY
    return sum + speed * Math.max(0, Math.min(end, to) - Math.max(begin, from))
  }, 0)
}

test('between a start and its finish exactly the work is done', () => {
  fc.assert(
    fc.property(steps, start, amount, (field, from, work) => {
      const end = new SpeedField([field]).finish(0, from, work)
      expect(end).toBeGreaterThan(from)
      expect(Math.abs(workBetween(field, from, end) - work)).toBeLessThanOrEqual(1e-9 * (1 + work))
    }),
  )
})

test('split work ends when the whole does', () => {
  fc.assert(
    fc.property(steps, start, amount, amount, (field, from, first, second) => {
      const atOnce = new SpeedField([field]).finish(0, from, first + second)
      const split = new SpeedField([field])
      const end = split.finish(0, split.finish(0, from, first), second)
      const slowest = Math.min(...field.speeds.filter((speed) => speed > 0))
      // work left by rounding may have to wait for the end of a stall
      const slack = 1e-9 * (1 + atOnce)
      const between = workBetween(field, Math.min(end, atOnce), Math.max(end, atOnce))
      expect(between).toBeLessThanOrEqual(slack * Math.max(1, 1 / slowest))
    }),
  )
})

test('a later start, or more work, never ends earlier', () => {
  fc.assert(
    fc.property(steps, start, start, amount, amount, (field, a, b, work, extraWork) => {
      const finish = (from: number, size: number) => new SpeedField([field]).finish(0, from, size)
      const [early, late] = [Math.min(a, b), Math.max(a, b)]
      expect(finish(late, work)).toBeGreaterThanOrEqual(finish(early, work) - 1e-9)
      expect(finish(a, work + extraWork)).toBeGreaterThanOrEqual(finish(a, work))
    }),
  )
})

test('earlier calls change no answer, as long as starts rise', () => {
  fc.assert(
    fc.property(steps, fc.array(fc.tuple(start, amount), { minLength: 1 }), (field, calls) => {
      const reused = new SpeedField([field])
      for (const [from, work] of calls.sort((a, b) => a[0] - b[0])) {
        expect(reused.finish(0, from, work)).toBe(new SpeedField([field]).finish(0, from, work))
      }
    }),
  )
})

test('a field of speed 1 is ideal', () => {
  fc.assert(
    fc.property(start, amount, (from, work) => {
      const field = new SpeedField([{ times: [0], speeds: [1] }])
      expect(field.finish(0, from, work)).toBe(idealSpeed.finish(0, from, work))
    }),
  )
})

test('before the first time the first speed holds', () => {
  const field = new SpeedField([{ times: [10, 20], speeds: [0.5, 1] }])
  expect(field.finish(0, 0, 5)).toBe(10)
  expect(field.finish(0, 5, 10)).toBe(22.5)
})

test('no work is done in a stall, and work that ends as it begins is done', () => {
  const field = new SpeedField([{ times: [0, 10, 15], speeds: [1, 0, 2] }])
  expect(field.finish(0, 8, 2)).toBe(10)
  expect(field.finish(0, 8, 3)).toBe(15.5)
  expect(field.finish(0, 12, 2)).toBe(16)
})

test('executors have fields of their own', () => {
  const field = new SpeedField([
    { times: [0], speeds: [1] },
    { times: [0], speeds: [0.5] },
  ])
  expect([field.finish(0, 0, 3), field.finish(1, 0, 3)]).toEqual([3, 6])
})
