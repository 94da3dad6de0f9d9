import fc from 'fast-check'
import { expect, test } from 'vitest'
import { increaseOf, stepsOf } from './counters.ts'
import { counted, seriesOf } from './response.test-helper.ts'

const rises = fc.array(fc.nat(50), { minLength: 2, maxLength: 40 })

test('increases of counters without resets and gaps are what they rose by', () => {
  fc.assert(
    fc.property(rises, fc.nat(1000), (steps, start) => {
      const series = [seriesOf('a', counted(steps, start))]
      const found = increaseOf(series, stepsOf(series, 15))
      expect([...found.steps]).toEqual(steps)
      expect(found.total).toBe(steps.reduce((sum, rise) => sum + rise, 0))
    }),
  )
})

test('whatever is missing or begins again, known steps are at most the truth', () => {
  const event = fc.record({
    rise: fc.nat(20),
    fate: fc.oneof(
      { weight: 8, arbitrary: fc.constant('kept') },
      fc.constantFrom('missing', 'reset'),
    ),
  })
  const server = fc.array(event, { minLength: 12, maxLength: 12 })
  fc.assert(
    fc.property(fc.array(server, { minLength: 1, maxLength: 3 }), (servers) => {
      let truth = 0
      const byStep = Array<number>(12).fill(0)
      const series = servers.map((events, i) => {
        let value = 5
        const values: (number | undefined)[] = [value]
        for (const [step, { rise, fate }] of events.entries()) {
          value = fate === 'reset' ? 0 : value
          value += rise
          truth += rise
          byStep[step]! += rise
          values.push(fate === 'missing' ? undefined : value)
        }
        return seriesOf('a', values, { labels: { i: String(i) } })
      })
      // a counter that begins again and rises above its last sample looks as if it went on
      const restarts = servers.some((events) => events.some(({ fate }) => fate === 'reset'))
      const found = increaseOf(series, stepsOf(series, 15))
      expect(found.total).toBeLessThanOrEqual(truth)
      for (const [step, rise] of found.steps.entries()) {
        if (!Number.isNaN(rise)) expect(rise).toBeLessThanOrEqual(byStep[step]!)
        const isSure = !restarts && found.atLeast[step] === 0 && !Number.isNaN(rise)
        if (isSure) expect(rise).toBe(byStep[step])
      }
    }),
  )
})
