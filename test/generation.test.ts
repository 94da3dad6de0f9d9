import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { auditRows } from '../sim/audit/index.ts'
import { feedBack, feedbackDifferences } from '../sim/experiment/index.ts'
import { type Batch, type Ms, type Observer, OUTCOME } from '../sim/serving/index.ts'
import { expectPromisesKept } from './kept-promises.ts'
import { serveOnKnownMachine } from './known-machine.ts'
import { type GenerationOptions, generatingSystem } from './random-generation.ts'
import { serve } from './small-system.ts'

/** The integral of the number in the system over time. */
class InSystem implements Observer {
  integral = 0
  #now: Ms = 0
  #inSystem = 0

  #change(now: Ms, by: number): void {
    this.integral += this.#inSystem * (now - this.#now)
    this.#now = now
    this.#inSystem += by
  }

  arrived(now: Ms): void {
    this.#change(now, 1)
  }

  batch(now: Ms, batch: Batch): void {
    this.#change(now, -batch.size)
  }

  lost(now: Ms): void {
    this.#change(now, -1)
  }
}

/** Every kind of generation: a new one must be added here. */
const kinds: readonly (readonly [string, GenerationOptions])[] = [
  ['continuous', {}],
  ['continuous, prefill and decode apart', { split: true }],
  ['static', { policy: 'static' }],
]

describe.each(kinds)('%s generation', (_, options) => {
  const systems = generatingSystem(options)

  test('keeps every promise', () => {
    fc.assert(
      fc.property(systems, (system) => {
        const { rows } = serve(system, { audited: false })
        expectPromisesKept({ ...system, rows })
      }),
      { numRuns: 200 },
    )
  })

  test('keeps every promise with late timers and longer steps', () => {
    fc.assert(
      fc.property(systems, (system) => expectPromisesKept(serveOnKnownMachine(system))),
      { numRuns: 200 },
    )
  })

  test('repeats its decisions for the same events', () => {
    fc.assert(
      fc.property(systems, (system) => {
        const { rows, journal } = serve(system)
        const fedBack = feedBack(system.plan, system.requests, journal)
        expect(feedbackDifferences(rows, fedBack)).toEqual([])
        expect(serve(system).rows.columns).toEqual(rows.columns)
      }),
      { numRuns: 100 },
    )
  })

  test("Little's law holds on the path: residence times sum up to the integral of N(t)", () => {
    fc.assert(
      fc.property(systems, (system) => {
        let observer: InSystem | null = null
        const observe = () => (observer = new InSystem())
        const { columns } = serve(system, { observe }).rows
        const residence = columns.done.reduce(
          (sum, done, key) => sum + done - columns.sent[key]!,
          0,
        )
        const { integral } = observer! as InSystem
        expect(Math.abs(residence - integral)).toBeLessThanOrEqual(1e-9 * (1 + residence))
      }),
      { numRuns: 100 },
    )
  })

  test('its rules check something', () => {
    const checked = new Map<string, number>()
    for (const system of fc.sample(systems, { numRuns: 100, seed: 1 })) {
      const { columns } = serve(system).rows
      for (const report of auditRows(system.plan, columns, system.requests.columns).rules) {
        checked.set(report.rule, (checked.get(report.rule) ?? 0) + report.checked)
      }
    }
    const ruled =
      options.split === true ? ['kv-cache', 'tokens'] : ['sequence-slots', 'kv-cache', 'tokens']
    for (const rule of ruled) expect(checked.get(rule)).toBeGreaterThan(0)
  })
})

test.each([{}, { split: true }])(
  'first tokens and the gaps after them add up to ends: %o',
  (options) => {
    fc.assert(
      fc.property(generatingSystem(options), (system) => {
        let sum = 0
        const { rows } = serveOnKnownMachine(system, {
          gaps: (_, { fromMs, toMs, steps, sequences }) => {
            sum += (sequences * steps * (fromMs + toMs)) / 2
          },
        })
        const { done, firstToken } = rows.columns
        const expected = done.reduce((ms, end, key) => ms + (end - firstToken[key]! || 0), 0)
        expect(Math.abs(sum - expected)).toBeLessThan(1e-6 * (1 + expected))
      }),
      { numRuns: 100 },
    )
  },
)

test('some served requests were preempted on the way', () => {
  let preempted = 0
  for (const system of fc.sample(generatingSystem(), { numRuns: 100, seed: 1 })) {
    const { columns } = serve(system).rows
    columns.preemptions.forEach((count, key) => {
      if (count > 0 && columns.outcome[key] === OUTCOME.served) preempted++
    })
  }
  expect(preempted).toBeGreaterThan(10)
})
