import { describe, expect, test } from 'vitest'
import type { ArenaReplica } from '../../documents/index.ts'
import { type ActivationPlan, BfcArena, Device, ReplicaMemory } from '../../memory/index.ts'
import { compareArenas, memoryCheck, type ObservedArena } from './memory-check.ts'

const MIB = 2 ** 20
const bytes = (perToken: number) => ({
  fixed: 0,
  perLength: 0,
  perItem: 0,
  perTokenSquared: 0,
  perToken,
})
const plan: ActivationPlan = {
  weights: [3 * MIB, 1000],
  steps: [
    { take: bytes(4096), kind: 'activation' },
    { take: bytes(8192), kind: 'activation' },
    { free: 0 },
    { take: bytes(512), kind: 'output' },
    { free: 1 },
  ],
  inputs: [['batch', 'length']],
}
const memory: ObservedArena['memory'] = {
  allocator: 'bfc',
  pattern: false,
  extend: 'next-power-of-two',
  out_of_memory: ['shrink'],
}
const sizes = [1, 4, 8, 2, 16, 32, 8]
const lengths = [64, 32, 128, 96, 100, 64, 8]

/** What an arena would be seen to do that begins with a region of so many bytes. */
function arenaOf(initialChunkBytes: number, of: Partial<ArenaReplica> = {}): ArenaReplica {
  const allocator = (device: Device) => new BfcArena(device, { initialChunkBytes })
  const replica = new ReplicaMemory(new Device(Number.POSITIVE_INFINITY), {
    activations: plan,
    pattern: false,
    arenaBytes: 0,
    allocator,
  })
  replica.load()
  const extensions: ArenaReplica['extensions'] = []
  const states = sizes.map((size, batch) => {
    replica.run(size, lengths[batch]!)
    for (const taken of replica.extensions) extensions.push({ batch, bytes: taken })
    const { state } = replica
    replica.end()
    return state
  })
  return {
    pool: 'central',
    replica: 0,
    pattern: false,
    batches: sizes.length,
    left_out: null,
    reserved_bytes: [...plan.weights],
    apart_bytes: plan.apartBytes ?? 0,
    sizes,
    lengths,
    started_ms: [],
    ended_ms: [],
    in_use_bytes: states.map(({ inUseBytes }) => inUseBytes),
    requested_bytes: states.map(({ requestedBytes }) => requestedBytes),
    peak_in_use_bytes: 0,
    extensions,
    process: { started_mib: 1, loaded_mib: 2, peak_mib: 3, ended_mib: 3 },
    ...of,
  }
}

const compared = (arena: ArenaReplica, known: ActivationPlan | null = plan) =>
  compareArenas([{ arena, memory, plan: known, space: null }])

describe('an arena beside its model', () => {
  test('counts weights that lie apart on both sides, and in no error', () => {
    const apart = { ...plan, apartBytes: 5 * MIB }
    const [row] = compared(arenaOf(MIB, { apart_bytes: 5 * MIB }), apart)
    const [plain] = compared(arenaOf(MIB))
    expect(row!.error).toEqual(plain!.error)
    for (const of of ['held_mib', 'in_use_mib', 'requested_mib'] as const) {
      expect(row!.measured[of]).toBe(plain!.measured[of] + 5)
      expect(row!.driven![of]).toBe(plain!.driven![of] + 5)
    }
  })

  test('that grows by its rules is the same in every figure', () => {
    const rows = compared(arenaOf(MIB))
    const [row] = rows
    expect(row).toMatchObject({
      error: { held: 0, in_use: 0, requested: 0, free_share: 0 },
      other_from: null,
      verdict: 'PASS',
    })
    const { external_fragmentation: external, ...rest } = row!.driven!
    expect({ ...rest, external_fragmentation: null }).toEqual(row!.measured)
    expect(external).toBeGreaterThan(0)
    expect(row!.measured.extensions_mib.length).toBeGreaterThan(3)
    expect(row!.measured.internal_fragmentation).toBeGreaterThan(0)
    expect(memoryCheck(rows)).toMatchObject({ verdict: 'PASS' })
  })

  test('that begins with another region fails, though its weights outweigh it', () => {
    const rows = compared(arenaOf(3 * MIB))
    expect(rows[0]).toMatchObject({ verdict: 'FAIL', other_from: 0 })
    expect(memoryCheck(rows)).toMatchObject({ verdict: 'FAIL' })
    expect(memoryCheck(rows).reason).toContain('central 1')
  })

  test('names the first batch that differs', () => {
    const { extensions } = arenaOf(MIB)
    const last = extensions.at(-1)!
    const shorter = compared(arenaOf(MIB, { extensions: extensions.slice(0, -1) }))
    expect(shorter[0]!.other_from).toBe(last.batch)
    const later = [...extensions.slice(0, -1), { ...last, batch: last.batch + 1 }]
    expect(compared(arenaOf(MIB, { extensions: later }))[0]!.other_from).toBe(last.batch)
  })

  test('the peak requested and the peak in use may be of different batches, as in results', () => {
    const weights = plan.weights.reduce((sum, bytes) => sum + bytes)
    const bytes = (...mib: number[]) => mib.map((own) => weights + own * MIB)
    const states = { in_use_bytes: bytes(8, 10, 9), requested_bytes: bytes(7, 5, 4) }
    const extensions = [
      { batch: 0, bytes: 8 * MIB },
      { batch: 1, bytes: 8 * MIB },
    ]
    const [row] = compared(arenaOf(MIB, { ...states, extensions }))
    expect(row!.measured).toMatchObject({
      in_use_mib: weights / MIB + 10,
      requested_mib: weights / MIB + 7,
      internal_fragmentation: 0.5,
      free_share: 1 - 10 / 16,
    })
  })

  test('is undecided where no plan is known, or no batch was run', () => {
    const unknown = compared(arenaOf(MIB), null)
    expect(unknown[0]).toMatchObject({ driven: null, error: null, verdict: 'UNDECIDED' })
    expect(memoryCheck(unknown).reason).toContain('the profile has no memory')
    const none = { sizes: [], lengths: [], in_use_bytes: [], requested_bytes: [], extensions: [] }
    const idle = compared(arenaOf(MIB, none))
    expect(idle[0]).toMatchObject({ error: { held: 0 }, verdict: 'UNDECIDED' })
    expect(memoryCheck(idle).reason).toContain('ran no batch')
  })

  test('one replica that fails fails all', () => {
    const rows = [...compared(arenaOf(MIB)), ...compared(arenaOf(3 * MIB, { replica: 1 }))]
    expect(memoryCheck(rows)).toMatchObject({ verdict: 'FAIL' })
    expect(memoryCheck(rows).reason).toMatch(/in central 2,/)
  })
})
