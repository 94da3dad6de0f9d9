import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Rate } from './rate.ts'

const duration = fc.oneof(fc.constant(0), fc.double({ min: 0.01, max: 1000, noNaN: true }))
const rateOf = fc.oneof(fc.constant(0), fc.double({ min: 1e-3, max: 10, noNaN: true }))
const surge = fc.record({
  atMs: fc.double({ min: 0, max: 2000, noNaN: true }),
  factor: fc.double({ min: 0.05, max: 20, noNaN: true }),
  riseMs: duration,
  holdMs: duration,
  decayMs: duration,
})
const steps = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 500 }), rateOf), { minLength: 1, maxLength: 6 })
  .map((parts) => {
    let atMs = 0
    return parts.map(([gap, rate], i) => ({ atMs: i === 0 ? 0 : (atMs += gap), rate }))
  })
const schedule = fc.tuple(steps, fc.array(surge, { maxLength: 4 }))
// a sum of gaps is 0 or at least 2^-32; the inverse would underflow for denormal numbers
const sum = fc.oneof(fc.constant(0), fc.double({ min: 2 ** -32, max: 5000, noNaN: true }))
const sums = fc
  .array(sum, { minLength: 1, maxLength: 40 })
  .map((values) => values.sort((a, b) => a - b))

test('the cumulative rate at the inverse of x is x', () => {
  fc.assert(
    fc.property(schedule, sums, ([base, surges], xs) => {
      const rate = new Rate({ steps: base, surges })
      for (const x of xs) {
        const t = rate.inverse(x)
        const most = rate.cumulative(1e7)
        if (t === Number.POSITIVE_INFINITY) expect(most).toBeLessThanOrEqual(x * (1 + 1e-9) + 1e-9)
        else expect(Math.abs(rate.cumulative(t) - x)).toBeLessThanOrEqual(1e-7 * Math.max(1, x))
      }
    }),
    { numRuns: 500 },
  )
})

test('the inverse never falls', () => {
  fc.assert(
    fc.property(schedule, sums, ([base, surges], xs) => {
      const rate = new Rate({ steps: base, surges })
      let before = 0
      for (const x of xs) {
        const t = rate.inverse(x)
        expect(t).toBeGreaterThanOrEqual(before)
        before = t
      }
    }),
    { numRuns: 500 },
  )
})

test('an arrival is never in an interval with a rate of 0', () => {
  fc.assert(
    fc.property(schedule, sums, ([base, surges], xs) => {
      const rate = new Rate({ steps: base, surges })
      for (const x of xs) {
        const t = rate.inverse(x)
        if (x === 0 || t === Number.POSITIVE_INFINITY) continue
        const near = 1e-4
        expect(rate.cumulative(t + near) - rate.cumulative(t - near)).toBeGreaterThan(0)
      }
    }),
  )
})

test('the rate is the derivative of the expected arrivals', () => {
  fc.assert(
    fc.property(
      schedule,
      fc.double({ min: 0, max: 4000, noNaN: true }),
      fc.double({ min: 0, max: 1000, noNaN: true }),
      ([base, surges], from, length) => {
        const rate = new Rate({ steps: base, surges })
        const steps = 1000
        let sum = 0
        let largest = 0
        for (let i = 0; i < steps; i++) {
          const r = rate.at(from + ((i + 0.5) * length) / steps)
          sum += (r * length) / steps
          largest = Math.max(largest, r)
        }
        const expected = rate.cumulative(from + length) - rate.cumulative(from)
        expect(sum).toBeGreaterThanOrEqual(0)
        // a jump has an error of at most one cell of the midpoint rule
        const cell = (largest * length) / steps
        expect(Math.abs(sum - expected)).toBeLessThanOrEqual(22 * cell + 1e-9)
      },
    ),
    { numRuns: 50 },
  )
})
