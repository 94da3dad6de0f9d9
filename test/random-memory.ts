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
  /** in place of the device that pools share; null for none */
  ownLimitBytes: fc.constantFrom(null, null, 150, 1000, Number.POSITIVE_INFINITY),
})

/**
 * Systems of any batching policy and discipline, with the memory of devices or of replicas; models
 * come and go by those policies, where there are any.
 */
export function memorySystem(evictions: readonly Eviction[]): fc.Arbitrary<SmallSystem> {
  const policy = fc.constantFrom(...(Object.keys(batchPolicies) as (keyof typeof batchPolicies)[]))
  const base = policy.chain((own) =>
    fc.constantFrom(...disciplinesFor(own)).chain((discipline) => systemUnder(own, discipline, 60)),
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
      const pools = plan.pools.map((own, i) => {
        const { ownLimitBytes, ...drawn } = memories[i]!
        const arenaBytes = drawn.arena?.bytes ?? 0
        // arenas are larger than all else here: of those that share a device all but one have room
        if (ownLimitBytes === null) {
          devices[0]!.limitBytes += arenaBytes * Math.max(1, own.replicas - 1)
        }
        const numbers = Array.from({ length: own.replicas }, (_, replica) => {
          if (ownLimitBytes === null) return 0
          const name = `${own.name}/${replica}`
          const limitBytes = ownLimitBytes + arenaBytes
          return devices.push({ name, limitBytes, residency: null }) - 1
        })
        // half of a ragged batch may ask for more than the whole, by the mean of its lengths
        const outOfMemory = drawn.outOfMemory.filter((one) => one !== 'split' || !own.ragged)
        const memory: PoolMemoryPlan = { ...drawn, outOfMemory, devices: numbers }
        return { ...own, memory }
      })
      return { plan: { ...plan, pools, devices }, ...rest }
    })
}

/** The same, with all models on one device, where they come and go: many go to make room. */
export function crowdedSystem(eviction: Eviction): fc.Arbitrary<SmallSystem> {
  const residency = { eviction, gibPerS: 1, setUpMs: 5, shrinks: true }
  return fc.tuple(memorySystem([eviction]), bytes(100)).map(([{ plan, ...rest }, roomBytes]) => {
    const pools = plan.pools.map((own) => {
      const devices = Array.from({ length: own.replicas }, () => 0)
      return { ...own, memory: { ...own.memory!, devices, pinned: false, arena: null } }
    })
    const largest = Math.max(...pools.map(({ memory }) => memory.weightsBytes))
    const device = { name: 'shared', limitBytes: largest + roomBytes, residency }
    return { plan: { ...plan, pools, devices: [device] }, ...rest }
  })
}
