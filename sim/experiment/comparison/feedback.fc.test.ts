import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { replay } from '../../../test/manual-world.ts'
import { memorySystem } from '../../../test/random-memory.ts'
import { systemUnder } from '../../../test/random-system.ts'
import { type SmallSystem, serve } from '../../../test/small-system.ts'
import {
  batchPolicies,
  evictionPolicies,
  livePlan,
  logLines,
  parseLog,
} from '../../serving/index.ts'
import { feedBack, feedbackDifferences } from './feedback.ts'

const policies = Object.keys(batchPolicies) as (keyof typeof batchPolicies)[]
const evictions = Object.keys(evictionPolicies) as (keyof typeof evictionPolicies)[]
const worlds = {
  simulated: serve,
  // on a clock set by hand, but with the troubles of a real one
  live: (system: SmallSystem) => replay(system, { restless: true, late: true, failing: true }),
} as const

describe.each(Object.entries(worlds))('a journal of the %s world', (_, run) => {
  test.each(policies)('that is fed back gives the same rows: %s', (policy) => {
    fc.assert(
      fc.property(systemUnder(policy), (system) => {
        const { rows, journal } = run(system)
        const { plan, requests } = system
        const again = feedBack(plan, requests, journal)
        expect(feedbackDifferences(rows, again)).toEqual([])
        expect(again.refused).toBeNull()
      }),
      { numRuns: 100 },
    )
  })

  test('that is fed back gives the same rows where batches that ran out go in halves', () => {
    fc.assert(
      fc.property(memorySystem(evictions), (system) => {
        const { requests } = system
        const plan = livePlan(system.plan)
        const { rows, journal } = run({ ...system, plan })
        expect(feedbackDifferences(rows, feedBack(plan, requests, journal))).toEqual([])
      }),
      { numRuns: 200 },
    )
  })

  test.each(policies)('in which an arrival or an end is shifted does not: %s', (policy) => {
    const shift = fc.record({
      entry: fc.nat(),
      by: fc.constantFrom(-1, -1e-3, 1e-3, 1),
    })
    fc.assert(
      fc.property(systemUnder(policy), shift, ({ plan, requests }, { entry, by }) => {
        const { rows, journal } = run({ plan, requests, work: plan.pools.map(() => WORK) })
        const lines = [...logLines(journal)]
          .join('')
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line))
        // a timer that is late for a queue that has emptied, or the end of the traffic, may be
        // logged at any time: nothing follows from them
        const telling = lines.filter(({ event }) => event === 'arrival' || event === 'done')
        telling[entry % telling.length].now += by
        const shifted = parseLog(
          lines.map((line) => JSON.stringify(line)),
          'shifted',
        )
        expect(feedbackDifferences(rows, feedBack(plan, requests, shifted))).not.toEqual([])
      }),
      { numRuns: 100 },
    )
  })
})

const WORK = { law: 'constant', ms: 3 } as const
