import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { feedBack, feedbackDifferences } from '../sim/experiment/index.ts'
import { batchPolicies, evictionPolicies, livePlan } from '../sim/serving/index.ts'
import { RequestList } from '../sim/traffic/index.ts'
import { replay } from './manual-world.ts'
import { memorySystem } from './random-memory.ts'
import { systemUnder } from './random-system.ts'
import { type SmallSystem, serve } from './small-system.ts'

/**
 * A replay pauses between slices, while the other side of a what-if plays. Its time stands still
 * meanwhile, so that for the control plane there is no pause.
 */

const policies = Object.keys(batchPolicies) as (keyof typeof batchPolicies)[]
const evictions = Object.keys(evictionPolicies) as (keyof typeof evictionPolicies)[]

const times = fc
  .uniqueArray(fc.double({ min: 0, max: 120, noNaN: true }), { minLength: 1, maxLength: 6 })
  .map((drawn) => drawn.sort((a, b) => a - b))

/** Longer than any backlog of these systems takes. */
const GAP_MS = 100_000

/** The same system without requests for a long time before each pause, and the pauses. */
function withGaps({ requests, ...system }: SmallSystem, at: readonly number[]) {
  const { columns } = requests
  const gaps = (time: number) => at.filter((pause) => pause <= time).length
  const shifted = columns.at.map((time) => time + GAP_MS * gaps(time))
  const pauses = at.map((pause, i) => pause + GAP_MS * (i + 1))
  return { pauses, system: { ...system, requests: RequestList.of({ ...columns, at: shifted }) } }
}

describe('a replay that pauses', () => {
  test.each(policies)('makes the decisions of one that does not: %s', (policy) => {
    fc.assert(
      fc.property(systemUnder(policy), times, (drawn, at) => {
        const { system, pauses } = withGaps(drawn, at)
        const unpaused = replay(system)
        const paused = replay(system, { pauses })
        expect(paused.rows.columns).toEqual(unpaused.rows.columns)
        expect(paused.journal).toEqual(unpaused.journal)
        expect(paused.fired).toEqual(unpaused.fired)
        expect(paused.rows.columns.sent).toEqual(serve(system).rows.columns.sent)
      }),
      { numRuns: 100 },
    )
  })

  test('also where models are swapped, which stay loaded', () => {
    fc.assert(
      fc.property(memorySystem(evictions), times, (drawn, at) => {
        const { system, pauses } = withGaps({ ...drawn, plan: livePlan(drawn.plan) }, at)
        const [unpaused, paused] = [replay(system), replay(system, { pauses })]
        expect(paused.rows.columns).toEqual(unpaused.rows.columns)
        expect(paused.moves).toEqual(unpaused.moves)
      }),
      { numRuns: 100 },
    )
  })

  test.each(policies)('keeps every promise, whenever it pauses: %s', (policy) => {
    fc.assert(
      fc.property(systemUnder(policy), times, (system, pauses) => {
        // audited there
        const { rows, journal } = replay(system, { pauses, late: true, restless: true })
        const { plan, requests } = system
        expect(feedbackDifferences(rows, feedBack(plan, requests, journal))).toEqual([])
      }),
      { numRuns: 100 },
    )
  })
})

test('without a gap, requests are sent late: not before executors are idle', () => {
  const late = fc.sample(fc.tuple(systemUnder('dynamic'), times), { numRuns: 100, seed: 1 })
  const counts = late.map(([system, pauses]) => {
    const { sent, at } = replay(system, { pauses }).rows.columns
    return sent.filter((time, key) => time > at[key]!).length
  })
  expect(counts.filter((count) => count > 0).length).toBeGreaterThan(10)
  const unpaused = late.map(([system]) => replay(system).rows.columns)
  expect(unpaused.every(({ sent, at }) => sent.every((time, key) => time === at[key]))).toBe(true)
})
