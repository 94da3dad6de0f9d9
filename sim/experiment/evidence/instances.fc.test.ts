import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inFlight } from './in-flight.ts'
import { inFlightByInstance, instancesOf } from './instances.ts'
import { logOf } from './logs.test-helper.ts'

const requests = fc.array(
  fc.record({
    start: fc.integer({ min: 0, max: 60 }),
    ms: fc.integer({ min: 1, max: 30 }),
    instance: fc.constantFrom('a', 'b', 'c'),
  }),
  { minLength: 1, maxLength: 30 },
)

const logOfAll = (all: readonly { start: number; ms: number; instance?: string }[]) =>
  logOf(all.map(({ start, ms, ...rest }) => ({ sentMs: start, endMs: start + ms, ...rest })))

test('what is in flight on an instance is what is in flight in the log of it alone', () => {
  fc.assert(
    fc.property(requests, (all) => {
      const log = logOfAll(all)
      const own = inFlightByInstance(log, instancesOf(log)!)
      for (const instance of new Set(log.instance)) {
        const index = [...log.instance.keys()].filter((i) => log.instance[i] === instance)
        const { sentMs, endMs } = log.columns
        const alone = inFlight(
          logOf(index.map((i) => ({ sentMs: sentMs[i]! + 1, endMs: endMs[i]! + 1 }))),
        )
        expect(index.map((i) => own.before[i])).toEqual([...alone.before])
        expect(index.map((i) => own.alone[i])).toEqual([...alone.alone])
        expect(index.map((i) => own.sinceEndMs[i])).toEqual([...alone.sinceEndMs])
      }
    }),
    { seed: 41 },
  )
})

test('instances at once are at most those that are seen, and one at least', () => {
  fc.assert(
    fc.property(requests, (all) => {
      const { seen, atOnce } = instancesOf(logOfAll(all))!
      expect(seen).toBe(new Set(all.map(({ instance }) => instance)).size)
      expect(atOnce).toBeGreaterThanOrEqual(1)
      expect(atOnce).toBeLessThanOrEqual(seen)
    }),
    { seed: 42 },
  )
})

test('an instance that replaced another one was not there at once with it', () => {
  const times = (instance: string, from: number) =>
    [0, 10, 20].map((at) => ({ start: from + at, ms: 5, instance }))
  const replaced = logOfAll([...times('a', 0), ...times('b', 100), ...times('c', 0)])
  expect(instancesOf(replaced)).toMatchObject({ seen: 3, atOnce: 2 })
})

test('instances are not known where a request has none', () => {
  expect(
    instancesOf(
      logOfAll([
        { start: 0, ms: 5, instance: 'a' },
        { start: 1, ms: 5 },
      ]),
    ),
  ).toBeNull()
})
