import fc from 'fast-check'
import { expect, test } from 'vitest'
import { generatingSystem } from '../../../test/random-generation.ts'
import { type SmallSystem, serve } from '../../../test/small-system.ts'
import { REFUSAL } from '../ports.ts'
import { OPEN_ADMISSION } from './admission-plan.ts'

/** The first pool lets in so many requests at a time. */
function limited({ plan, ...rest }: SmallSystem, concurrencyLimit: number): SmallSystem {
  const admission = { ...OPEN_ADMISSION, concurrencyLimit }
  const pools = plan.pools.map((pool, i) => (i === 0 ? { ...pool, admission } : pool))
  return { plan: { ...plan, pools }, ...rest }
}

const limits = fc.integer({ min: 1, max: 6 })

test('a pool that generates holds as many sequences as its limit, and no fewer', () => {
  fc.assert(
    fc.property(generatingSystem(), limits, (system, limit) => {
      const { sent, done, refusal } = serve(limited(system, limit), { audited: false }).rows.columns
      for (const [key, now] of sent.entries()) {
        const admitted = [...sent.keys()].filter(
          (earlier) => earlier < key && refusal[earlier] === REFUSAL.none,
        )
        if (refusal[key] === REFUSAL.none) {
          expect(admitted.filter((earlier) => done[earlier]! > now).length).toBeLessThan(limit)
        } else if (refusal[key] === REFUSAL.concurrency) {
          const most = admitted.filter((earlier) => done[earlier]! >= now).length
          expect(most).toBeGreaterThanOrEqual(limit)
        } else expect(refusal[key]).toBe(REFUSAL.memory)
      }
    }),
  )
})

test('a KV transfer makes room, and no sequence is counted twice', () => {
  fc.assert(
    fc.property(generatingSystem({ split: true }), limits, (system, limit) => {
      const { sent, done, refusal } = serve(limited(system, limit), { audited: false }).rows.columns
      for (const [key, now] of sent.entries()) {
        const before = [...sent.keys()].filter(
          (earlier) => earlier < key && refusal[earlier] === REFUSAL.none,
        )
        const inSystem = before.filter((earlier) => done[earlier]! >= now).length
        if (inSystem < limit) expect([REFUSAL.none, REFUSAL.memory]).toContain(refusal[key])
      }
    }),
  )
})
