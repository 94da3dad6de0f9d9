import fc from 'fast-check'
import { expect, test } from 'vitest'
import { KvLedger } from './kv-ledger.ts'

const action = fc.oneof(
  fc.record({ kind: fc.constant('join' as const), context: fc.integer({ min: 1, max: 50 }) }),
  fc.record({ kind: fc.constant('leave' as const), which: fc.nat() }),
  fc.record({ kind: fc.constant('grow' as const), steps: fc.integer({ min: 0, max: 60 }) }),
)

test('counts by phase equal those of single sequences', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 17 }),
      fc.integer({ min: 20, max: 400 }),
      fc.array(action, { maxLength: 40 }),
      (blockTokens, blocks, actions) => {
        const ledger = new KvLedger({ blocks, blockTokens })
        let contexts: number[] = []
        let step = 0
        const heldBlocks = () =>
          contexts.reduce((sum, context) => sum + Math.ceil(context / blockTokens), 0)
        for (const event of actions) {
          if (event.kind === 'join') {
            const needed = ledger.blocksOf(event.context)
            if (needed > ledger.free) continue
            ledger.take(needed)
            ledger.join(event.context, step)
            contexts.push(event.context)
          } else if (event.kind === 'leave' && contexts.length > 0) {
            const [context] = contexts.splice(event.which % contexts.length, 1)
            ledger.leave(context!, step)
            ledger.release(ledger.blocksOf(context!))
          } else if (event.kind === 'grow') {
            const steps = ledger.affords(step, event.steps)
            ledger.take(ledger.growth(step, steps))
            contexts = contexts.map((context) => context + steps)
            step += steps
            if (steps < event.steps) {
              const next = contexts.filter((context) => context % blockTokens === 0).length
              expect(ledger.needs(step)).toBe(next)
              expect(next).toBeGreaterThan(ledger.free)
            }
          }
          expect(ledger.used).toBe(heldBlocks())
          expect(ledger.free).toBe(blocks - heldBlocks())
        }
      },
    ),
  )
})
