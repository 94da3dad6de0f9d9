import fc from 'fast-check'
import { batchPolicies, type evictionPolicies, type PoolMemoryPlan } from '../sim/serving/index.ts'
import { disciplinesFor, systemUnder } from './random-system.ts'
import type { SmallSystem } from './small-system.ts'

type Eviction = keyof typeof evictionPolicies

const bytes = (max: number) => fc.integer({ min: 0, max })
const sum = fc.record({
  fixed: bytes(20),
  perLength: fc.constantFrom(0, 1),
  perItem: bytes(20),
  perToken: fc.constantFrom(0, 0.5, 1, 3),
  perTokenSquared: fc.constantFrom(0, 0, 0.1),
})

const pool = fc.record({
  weightsBytes: bytes(60),
  sums: fc.array(sum, { maxLength: 3 }),
  outOfMemory: fc.subarray(['shrink', 'evict', 'split'] as const, { minLength: 0 }),
  pinned: fc.constantFrom(false, false, false, true),
  arena: fc.option(
    fc.record({
      bytes: fc.constantFrom(256, 700, 1024),
      together: fc.array(fc.array(sum, { minLength: 1, maxLength: 3 }), { maxLength: 2 }),
    }),
    { freq: 4 },
  ),
  /** replaces the device that pools share; null for none */
  ownLimitBytes: fc.constantFrom(null, null, 150, 1000, Number.POSITIVE_INFINITY),
})

/**
 * Systems with any batching policy and discipline, and with memory of devices or of replicas.
 * Models are swapped by these eviction policies, if there are any.
 */
export function memorySystem(evictions: readonly Eviction[]): fc.Arbitrary<SmallSystem> {
  const policy = fc.constantFrom(...(Object.keys(batchPolicies) as (keyof typeof batchPolicies)[]))
  const base = policy.chain((kind) =>
    fc
      .constantFrom(...disciplinesFor(kind))
      .chain((discipline) => systemUnder(kind, discipline, 60)),
  )
  const device = fc.record({
    limitBytes: fc.integer({ min: 40, max: 300 }),
    residency:
      evictions.length === 0
        ? fc.constant(null)
        : fc.option(
            fc.record({
              eviction: fc.constantFrom(...evictions),
              gibPerS: fc.constant(1),
              setUpMs: fc.constantFrom(0, 5),
              shrinks: fc.constant(true),
            }),
            { freq: 4 },
          ),
  })
  return fc
    .tuple(base, device, fc.array(pool, { minLength: 2, maxLength: 2 }))
    .map(([{ plan, ...rest }, shared, memories]) => {
      const devices = [{ name: 'shared', ...shared }]
      const pools = plan.pools.map((planned, i) => {
        const { ownLimitBytes, ...drawn } = memories[i]!
        const arenaBytes = drawn.arena?.bytes ?? 0
        // arenas are larger than all else here: all but one of those on a device have room
        if (ownLimitBytes === null) {
          devices[0]!.limitBytes += arenaBytes * Math.max(1, planned.replicas - 1)
        }
        const numbers = Array.from({ length: planned.replicas }, (_, replica) => {
          if (ownLimitBytes === null) return 0
          const name = `${planned.name}/${replica}`
          const limitBytes = ownLimitBytes + arenaBytes
          return devices.push({ name, limitBytes, residency: null }) - 1
        })
        // half of a ragged batch may need more than the whole, since the mean length differs
        const outOfMemory = drawn.outOfMemory.filter(
          (remedy) => remedy !== 'split' || !planned.ragged,
        )
        const memory: PoolMemoryPlan = { ...drawn, outOfMemory, devices: numbers }
        return { ...planned, memory }
      })
      return { plan: { ...plan, pools, devices }, ...rest }
    })
}

/** The same with all models on one device, so that many are evicted to make room. */
export function crowdedSystem(eviction: Eviction): fc.Arbitrary<SmallSystem> {
  const residency = { eviction, gibPerS: 1, setUpMs: 5, shrinks: true }
  return fc.tuple(memorySystem([eviction]), bytes(100)).map(([{ plan, ...rest }, roomBytes]) => {
    const pools = plan.pools.map((planned) => {
      const devices = Array.from({ length: planned.replicas }, () => 0)
      return { ...planned, memory: { ...planned.memory!, devices, pinned: false, arena: null } }
    })
    const largest = Math.max(...pools.map(({ memory }) => memory.weightsBytes))
    const device = { name: 'shared', limitBytes: largest + roomBytes, residency }
    return { plan: { ...plan, pools, devices: [device] }, ...rest }
  })
}
