import { describe, expect, test } from 'vitest'
import type { ArenaDocument, ArenaReplica } from '../../sim/documents/index.ts'
import { memoryResult } from '../../sim/experiment/index.ts'
import { scenarioOf } from '../../test/scenarios.ts'
import { measuredSpaces, memoryWarnings } from './measured-spaces.ts'

const MIB = 2 ** 20

const scenarioWith = (memory: string, devices = '') =>
  scenarioOf(`spillway: 1
name: spaces
seed: 1
duration_s: 10
models:
  mlp: { builtin: mlp, layers: 2, width: 64 }
traffic:
  - class: web
    arrivals: { process: poisson, rate_rps: 10 }
${devices}pools:
  - name: central
    model: mlp
    replicas: 2
    memory: ${memory}
`)

/** Each replica runs a batch; the two overlap from 2 s to 3 s. */
function arena(): ArenaDocument {
  const replica = (number: number, mib: number): ArenaReplica => ({
    pool: 'central',
    replica: number,
    pattern: false,
    batches: 1,
    left_out: null,
    reserved_bytes: [MIB / 2],
    apart_bytes: MIB / 2,
    sizes: [4],
    lengths: [1],
    started_ms: [1000 + 1000 * number],
    ended_ms: [3000 + 1000 * number],
    in_use_bytes: [(0.5 + mib) * MIB],
    requested_bytes: [(0.5 + mib / 2) * MIB],
    peak_in_use_bytes: 0,
    extensions: [{ batch: 0, bytes: 2 * mib * MIB }],
    process: { started_mib: 1, loaded_mib: 2, peak_mib: 3, ended_mib: 3 },
  })
  return {
    document: 'spillway-arena',
    format: 1,
    version: '0',
    commit: null,
    requests: 'none',
    scenario: { name: 'spaces', hash: 'none', description: '' },
    replicas: [replica(0, 4), replica(1, 6)],
  }
}

const sizes = (scenario: ReturnType<typeof scenarioWith>) =>
  memoryResult([measuredSpaces(scenario, arena())]).map((space) => ({
    name: space.name,
    shared: space.shared,
    limit: space.limit_mib,
    weights: space.weights_mib,
    requested: space.peak_requested_mib.value,
    inUse: space.peak_in_use_mib.value,
    held: space.peak_held_mib.value,
    internal: space.internal_fragmentation.value,
    external: space.external_fragmentation.value,
    free: space.free_share.value,
    extensions: space.extensions.value,
  }))

describe('measured memory', () => {
  test('of replicas with devices of their own is that of the fullest, and counts are of all', () => {
    const scenario = scenarioWith('{ allocator: bfc, limit_mib: 64 }')
    expect(sizes(scenario)).toEqual([
      {
        name: 'central',
        shared: false,
        limit: 64,
        weights: 1,
        requested: 4,
        inUse: 7,
        held: 13,
        internal: 0.5,
        external: null,
        extensions: 2,
        free: 1 - 6 / 12,
      },
    ])
  })

  test('of a shared device is the sum over its replicas at the same time', () => {
    const devices = 'devices:\n  - { name: card, limit_mib: 100 }\n'
    const scenario = scenarioWith('{ allocator: bfc, device: card }', devices)
    expect(sizes(scenario)).toEqual([
      {
        name: 'card',
        shared: true,
        limit: 100,
        weights: 2,
        requested: 7,
        inUse: 12,
        held: 22,
        internal: 0.5,
        external: null,
        extensions: 2,
        free: 1 - 10 / 20,
      },
    ])
    const [space] = measuredSpaces(scenario, arena())
    const at = (s: number) => space!.series.inUse[Math.floor(s / space!.series.bucketS)]! / MIB
    expect([0.5, 1.5, 2.5, 3.5, 4.5].map(at)).toEqual([2, 6, 12, 8, 2])
  })

  test('warnings name limits without effect and arenas that were not observed', () => {
    const limited = scenarioWith('{ allocator: bfc, limit_mib: 64 }')
    expect(memoryWarnings(limited, arena())).toEqual([expect.stringContaining('takes no limit')])
    const free = scenarioWith('{ allocator: bfc }')
    expect(memoryWarnings(free, arena())).toEqual([])
    const [first, ...rest] = arena().replicas
    const cut = { ...arena(), replicas: [{ ...first!, left_out: 'only the first' }, ...rest] }
    expect(memoryWarnings(free, cut)).toEqual([
      'pool central, replica 1: memory is measured in part: only the first',
    ])
  })
})
