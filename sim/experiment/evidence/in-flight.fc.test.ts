import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inFlight } from './in-flight.ts'
import { logOf } from './logs.test-helper.ts'

const spans = fc.array(
  fc.record({ start: fc.integer({ min: 0, max: 60 }), ms: fc.integer({ min: 1, max: 30 }) }),
  { minLength: 1, maxLength: 30 },
)

test('requests in flight are those that have begun and not ended', () => {
  fc.assert(
    fc.property(spans, (all) => {
      const log = logOf(all.map(({ start, ms }) => ({ sentMs: start, endMs: start + ms })))
      const { sentMs, endMs } = log.columns
      const flight = inFlight(log)
      for (let i = 0; i < log.count; i++) {
        const at = sentMs[i]!
        // of several that begin at once each counts those before it
        const others = [...sentMs.keys()].filter(
          (j) => (sentMs[j]! < at || (sentMs[j] === at && j < i)) && endMs[j]! > at,
        )
        expect(flight.before[i]).toBe(others.length)
        const ends = [...endMs].filter((end) => end <= at)
        const since = ends.length === 0 ? Number.NaN : at - Math.max(...ends)
        expect(flight.sinceEndMs[i]).toBe(since)
      }
    }),
  )
})
