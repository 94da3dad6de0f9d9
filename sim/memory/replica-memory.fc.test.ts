import fc from 'fast-check'
import { expect, test } from 'vitest'
import { poolMemory } from '../../scenarios/schema/schema-memory.ts'
import { type ActivationPlan, type ActivationStep, type Bytes, bytesOf } from './activation-plan.ts'
import { Device } from './device.ts'
import { ReplicaMemory } from './replica-memory.ts'
import { replicaPlan } from './replica-plan.ts'

const MIB = 2 ** 20

const bytes: fc.Arbitrary<Bytes> = fc.record({
  fixed: fc.nat(5000),
  perLength: fc.nat(10),
  perItem: fc.nat(20_000),
  perToken: fc.nat(500),
  perTokenSquared: fc.constantFrom(0, 0, 0.25, 3),
})

/** Buffers, each of which may be freed after some further ones. */
const plan: fc.Arbitrary<ActivationPlan> = fc
  .record({
    weights: fc.array(fc.integer({ min: 1, max: 300_000 }), { maxLength: 4 }),
    apartBytes: fc.constantFrom(undefined, 0, 70_001),
    buffers: fc.array(fc.record({ take: bytes, lives: fc.nat(5), role: fc.nat(9) }), {
      minLength: 1,
      maxLength: 12,
    }),
    inputs: fc.constantFrom([['batch', 'length']], [['batch'], ['batch']], [['batch', 3]]),
  })
  .map(({ weights, apartBytes, buffers, inputs }) => {
    const steps: ActivationStep[] = []
    for (const [i, { take, role }] of buffers.entries()) {
      const last = i === buffers.length - 1
      const kind = role === 0 && i === 0 ? 'input' : role === 1 && last ? 'output' : 'activation'
      steps.push({ take, kind })
      for (const [j, { lives }] of buffers.entries()) {
        // buffers that no step frees are freed by the end of the batch
        if (lives > 0 && lives < 5 && j + lives === i) steps.push({ free: j })
      }
    }
    return { weights, apartBytes, steps, inputs: inputs as ActivationPlan['inputs'] }
  })

const memory = fc.constantFrom(
  { allocator: 'bfc' },
  { allocator: 'bfc', extend: 'same-as-requested' },
  { allocator: 'caching' },
  { allocator: 'bucket' },
  { allocator: 'buddy', arena_mib: 0.5 },
)

const replica = fc.record({ plan, memory, pattern: fc.boolean() })

const act = fc.record({
  replica: fc.nat(2),
  what: fc.constantFrom('run', 'run', 'run', 'end', 'end', 'shrink', 'unload', 'load'),
  size: fc.integer({ min: 1, max: 16 }),
  length: fc.integer({ min: 1, max: 64 }),
})

interface Case {
  readonly replicas: readonly { plan: ActivationPlan; memory: object; pattern: boolean }[]
  readonly acts: readonly { replica: number; what: string; size: number; length: number }[]
  readonly capacity: number
}

const cases: fc.Arbitrary<Case> = fc.record({
  replicas: fc.array(replica, { minLength: 3, maxLength: 3 }),
  acts: fc.array(act, { minLength: 10, maxLength: 40 }),
  capacity: fc.constantFrom(2 * MIB, 12 * MIB, 40 * MIB, Number.POSITIVE_INFINITY),
})

/** Requested bytes and number of buffers after each allocation, and at the end. */
function naiveLive({ steps }: ActivationPlan, size: number, length: number) {
  const live = new Map<number, number>()
  const summaries = new Set<string>()
  let taken = 0
  const summary = () => {
    const sizes = [...live.values()].filter((bytes) => bytes > 0)
    return `${sizes.reduce((sum, bytes) => sum + bytes, 0)} in ${sizes.length}`
  }
  for (const step of steps) {
    if ('free' in step) live.delete(step.free)
    else {
      live.set(taken++, bytesOf(step.take, size, length))
      summaries.add(summary())
    }
  }
  return summaries
}

/** Plays a case, and checks after each act that all bytes are accounted for. */
function play({ replicas, acts, capacity }: Case): string[] {
  const device = new Device(capacity)
  const all = replicas.map(({ plan: activations, memory: how, pattern }) => {
    const parsed = poolMemory.parse({ ...how, pattern })
    return new ReplicaMemory(device, replicaPlan(parsed, activations))
  })
  const log = all.map((memory) => `load ${memory.load()}`)
  for (const { replica: which, what, size, length } of acts) {
    const memory = all[which]!
    if (what === 'load' && !memory.resident) log.push(`load ${memory.load()}`)
    else if (!memory.resident) continue
    else if (what === 'end' && memory.running) memory.end()
    else if (memory.running) expect(memory.shrink()).toBe(0)
    else if (what === 'shrink') log.push(`shrink ${memory.shrink()}`)
    else if (what === 'unload') memory.unload()
    else if (what === 'run') {
      const outcome = memory.run(size, length, true)
      log.push(`run ${outcome} ${memory.state.requestedBytes} ${memory.extensions}`)
      const { pattern, plan: activations } = replicas[which]!
      if (outcome === 0 && !pattern) {
        const owned = memory.layout!.filter(({ owner }) => !/weights|free/.test(owner))
        const asked = memory.state.requestedBytes - memory.weightsBytes
        const naive = naiveLive(activations, size, length)
        if (naive.size > 0 && owned.length > 0) {
          expect(naive).toContain(`${asked} in ${owned.length}`)
        }
      }
    }
    const held = all.reduce((sum, { state }) => sum + state.heldBytes, 0)
    if (!all.some(({ running }) => running)) {
      expect(held).toBe(device.takenBytes)
      for (const { state, weightsBytes, resident } of all) {
        expect(state.requestedBytes).toBe(resident ? weightsBytes : 0)
      }
    }
    expect(device.takenBytes).toBeLessThanOrEqual(capacity)
    for (const { state } of all) {
      expect(state.inUseBytes).toBeGreaterThanOrEqual(state.requestedBytes)
      expect(state.heldBytes).toBeGreaterThanOrEqual(state.inUseBytes)
    }
    const chunks = all.flatMap((each) => each.chunks())
    expect(chunks.reduce((sum, chunk) => sum + chunk.bytes, 0)).toBe(device.takenBytes)
  }
  for (const memory of all) {
    if (memory.running) memory.end()
    if (memory.resident) memory.unload()
  }
  expect(device.takenBytes).toBe(0)
  return log
}

test('all bytes are accounted for: peaks as in a recount, weights alone after batches', () => {
  fc.assert(
    fc.property(cases, (example) => {
      const log = play(example)
      expect(play(example)).toEqual(log)
    }),
    { numRuns: 300 },
  )
})

test('the cases include failures, blocks, and all causes of failure', () => {
  const log = fc.sample(cases, { seed: 1, numRuns: 500 }).flatMap(play)
  for (const cause of [0, -1, -2, -3]) {
    expect(log.filter((text) => text.startsWith(`run ${cause} `)).length).toBeGreaterThan(5)
  }
  expect(log).toContain('load -1')
  expect(log.some((text) => /^shrink [1-9]/.test(text))).toBe(true)
})
