import fc from 'fast-check'
import { expect, test } from 'vitest'
import { splitError } from './error-split.ts'
import { errorOf } from './verdicts.ts'

const latency = fc.double({ min: 0.01, max: 1000, noNaN: true })
const runs = fc.tuple(latency, latency, latency)
const errors = fc.array(fc.tuple(latency, latency), { minLength: 1, maxLength: 4 }).map((pairs) =>
  pairs.map(([measured, simulated], i) => {
    const error = errorOf(i, measured, simulated)
    return { ...error, low: simulated, high: simulated, verdict: 'PASS' as const }
  }),
)
const figures = fc.record({
  measured: latency,
  simulated: latency,
  structure: errors,
  predictions: runs,
  now: fc.option(runs),
  level: runs,
})

test('parts of any figures add up to the error, and only a known drift is a part', () => {
  fc.assert(
    fc.property(figures, (of) => {
      const { structure, service_model, drift, noise } = splitError(of)!
      const error = of.simulated / of.measured - 1
      const parts = [structure, service_model, drift ?? 0, noise]
      const scale = Math.max(1, ...parts.map(Math.abs))
      expect(Math.abs(parts.reduce((a, b) => a + b) - error) / scale).toBeLessThan(1e-9)
      expect(drift === null).toBe(of.now === null)
    }),
  )
})

test('a latency of 0 has no split', () => {
  fc.assert(
    fc.property(figures, (of) => {
      expect(splitError({ ...of, measured: 0 })).toBeNull()
      expect(splitError({ ...of, level: [0, 1, 1] })).toBeNull()
    }),
  )
})

test('a single cause is all of the error, whatever its size', () => {
  fc.assert(
    fc.property(latency, latency, (measured, simulated) => {
      const structure = [
        { ...errorOf(0, measured, measured), low: 0, high: 0, verdict: 'PASS' as const },
      ]
      const of = { measured, simulated, structure, predictions: [simulated] }
      const drifted = splitError({ ...of, now: [measured], level: [measured] })!
      expect(drifted.drift).toBeCloseTo(simulated / measured - 1, 9)
      const modelled = splitError({ ...of, now: [simulated], level: [measured] })!
      expect(modelled.service_model).toBeCloseTo(simulated / measured - 1, 9)
      expect(modelled.drift).toBe(0)
    }),
  )
})
