import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { runWithMemory } from '../../../test/memory-world.ts'
import { memorySystem } from '../../../test/random-memory.ts'
import type { SmallSystem } from '../../../test/small-system.ts'
import { feedBack, feedbackDifferences } from '../../experiment/index.ts'
import { Random } from '../../kernel/index.ts'
import { OUTCOME, REFUSAL } from '../ports.ts'
import { evictionPolicies } from './eviction/index.ts'

interface Mishaps {
  readonly system: SmallSystem
  readonly seed: number
  readonly failing: number
  readonly loadFailing: number
  readonly loadMs: number
}

/** Batches and loads run out of memory now and then, or never. */
function run({ system, seed, failing, loadFailing, loadMs }: Mishaps) {
  const random = new Random(`mishaps ${seed}`)
  return runWithMemory(system, (batch) => 1 + batch.size / 2, {
    fails: () => random.uniform() < failing,
    loadFails: () => random.uniform() < loadFailing,
    loadMs,
  })
}

const cases = (systems: fc.Arbitrary<SmallSystem>): fc.Arbitrary<Mishaps> =>
  fc.record({
    system: systems,
    seed: fc.nat(),
    failing: fc.constantFrom(0, 0.1, 0.6, 1),
    loadFailing: fc.constantFrom(0, 0, 0.3, 1),
    loadMs: fc.constantFrom(0, 1, 20),
  })

describe.each(Object.keys(evictionPolicies) as (keyof typeof evictionPolicies)[])('%s', (kind) => {
  const systems = cases(memorySystem([kind]))

  test('every request ends, and no device ever holds more than its limit', () => {
    fc.assert(
      fc.property(systems, (drawn) => {
        const { rows, counts } = run(drawn)
        const { outcome, batch, refusal } = rows.columns
        const inBatches = [...batch].filter((batchNumber) => batchNumber >= 0).length
        expect(counts.dispatched).toBe(inBatches)
        for (const [key, code] of outcome.entries()) {
          if (code === OUTCOME.failed) expect(batch[key]).toBeGreaterThanOrEqual(0)
          if (refusal[key] === REFUSAL.memory) expect(code).toBe(OUTCOME.shed)
        }
        if (drawn.failing === 0 && drawn.loadFailing === 0) {
          expect(outcome.includes(OUTCOME.failed)).toBe(false)
        }
      }),
      { numRuns: 400 },
    )
  })

  test('a decision log that is fed back gives the same rows', () => {
    fc.assert(
      fc.property(systems, (drawn) => {
        const { rows, journal } = run(drawn)
        const fedBack = feedBack(drawn.system.plan, drawn.system.requests, journal)
        expect(feedbackDifferences(rows, fedBack)).toEqual([])
      }),
      { numRuns: 100 },
    )
  })

  test('the same system gives the same rows', () => {
    fc.assert(
      fc.property(systems, (drawn) => {
        const [first, second] = [run(drawn), run(drawn)]
        expect(first.rows.columns).toEqual(second.rows.columns)
        expect(first.commands).toEqual(second.commands)
      }),
      { numRuns: 50 },
    )
  })
})
