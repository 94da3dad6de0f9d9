import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type ActivationPlan,
  type ActivationStep,
  BuddyAllocator,
  bytesOf,
  Device,
  heldSums,
  heldTogether,
  OUT_OF_MEMORY,
  ReplicaMemory,
} from '../../memory/index.ts'
import { requestedOfArena } from './arena.ts'

const buffer = fc.record({
  fixed: fc.constantFrom(0, 0, 300, 5000),
  perLength: fc.constant(0),
  perItem: fc.constantFrom(0, 100, 700),
  perToken: fc.constantFrom(0, 1, 40),
  perTokenSquared: fc.constantFrom(0, 0, 1),
})

/** Buffers that are taken in turn; each is given back when so many further ones were, or never. */
const plan: fc.Arbitrary<ActivationPlan> = fc
  .array(fc.tuple(buffer, fc.integer({ min: 1, max: 5 })), { minLength: 1, maxLength: 8 })
  .map((buffers) => {
    const steps: ActivationStep[] = []
    for (const [i, [take]] of buffers.entries()) {
      steps.push({ take, kind: 'activation' })
      for (const [j, [, lives]] of buffers.entries()) if (j + lives === i) steps.push({ free: j })
    }
    return { weights: [], steps, inputs: [] }
  })

const shape = fc.record({
  size: fc.integer({ min: 1, max: 12 }),
  length: fc.integer({ min: 1, max: 60 }),
})

/** What a batch finds in an arena of its own, and what the ledger says of that. */
function run(activations: ActivationPlan, arenaBytes: number, size: number, length: number) {
  const device = new Device(arenaBytes)
  const replica = new ReplicaMemory(device, {
    activations,
    arenaBytes,
    pattern: false,
    allocator: () => new BuddyAllocator(device, { arenaBytes }),
  })
  replica.load()
  const failed = replica.run(size, length)
  replica.end()
  const asked = requestedOfArena(
    { bytes: arenaBytes, together: heldTogether(activations) },
    size,
    length,
  )
  return { failed, asked }
}

const arenas = fc.constantFrom(1000, 4096, 10_000, 24_576, 65_536)

test('an admitted batch fails only by external fragmentation; a rejected one could never run', () => {
  const counts = { ran: 0, halves: 0, over: 0, oversize: 0 }
  fc.assert(
    fc.property(plan, arenas, shape, (activations, arenaBytes, { size, length }) => {
      const { failed, asked } = run(activations, arenaBytes, size, length)
      if (failed === OUT_OF_MEMORY.oversize) expect(asked).toBe(Number.POSITIVE_INFINITY)
      if (asked > arenaBytes) expect(failed).toBeLessThan(0)
      else expect([0, OUT_OF_MEMORY.fragmentation]).toContain(failed)
      if (failed === 0) counts.ran++
      else if (asked <= arenaBytes) counts.halves++
      else if (asked < Number.POSITIVE_INFINITY) counts.over++
      else counts.oversize++
    }),
    { numRuns: 3000 },
  )
  for (const count of Object.values(counts)) expect(count).toBeGreaterThan(2)
})

test('plain sums would admit batches that need a longer chunk than there is', () => {
  const needs = { fixed: 700, perLength: 0, perItem: 0, perToken: 0, perTokenSquared: 0 }
  const activations: ActivationPlan = {
    weights: [],
    steps: [{ take: needs, kind: 'activation' }],
    inputs: [],
  }
  expect(Math.max(...heldSums(activations).map((sum) => bytesOf(sum, 1, 1)))).toBeLessThan(1000)
  expect(run(activations, 1000, 1, 1)).toEqual({
    failed: OUT_OF_MEMORY.oversize,
    asked: Number.POSITIVE_INFINITY,
  })
})
