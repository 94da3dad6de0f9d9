import { describe, expect, test } from 'vitest'
import { problemsIn } from './problems.test-helper.ts'

interface Parts {
  readonly generation?: string
  readonly memory?: string
  readonly pools?: string
  readonly devices?: string
  /** token lengths of the only class */
  readonly tokens?: string
}

/** The problems of one pool with a model of 16 MB and 2 KiB of KV cache per token. */
function problemsOf({ generation = '', memory = '', pools = '', devices = '', tokens }: Parts) {
  return problemsIn(`spillway: 1
name: s
duration_s: 60
models:
  m:
    work: { law: generation, base_ms: 8 }
    memory: { parameters_millions: 8, kv_cache: { layers: 4, heads: 2, head_size: 64 } }
traffic:
  - class: chat
    arrivals: { process: poisson, rate_rps: 4 }
    ${tokens ?? 'output_tokens: { distribution: geometric, mean: 200 }'}
${devices && `devices: [${devices}]`}
pools:
  - name: central
    model: m
    precision: fp16
    generation: { policy: continuous${generation && `, ${generation}`} }
    ${memory && `memory: { ${memory} }`}
${pools}`).map((problem) => problem.replace('pools.central.', '…'))
}

const paged = (where: string) => `allocator: paged, ${where}`

describe('blocks of a KV cache', () => {
  const unused = expect.stringMatching(/^models.m.memory: remove memory: no pool of model m/)

  test('are declared, or follow from memory', () => {
    expect(problemsOf({ generation: 'kv_cache: { blocks: 9 }' })).toEqual([unused])
    expect(problemsOf({ memory: paged('limit_mib: 64') })).toEqual([])
    const generation = 'kv_cache: { block_tokens: 32 }, preemption: recompute'
    expect(problemsOf({ memory: paged('limit_mib: 64'), generation })).toEqual([])
    expect(problemsOf({ generation })).toEqual([
      unused,
      '…generation.kv_cache: expected blocks, or memory of the pool, which determines their number, got neither',
    ])
    expect(
      problemsOf({ memory: paged('limit_mib: 64'), generation: 'kv_cache: { blocks: 9 }' }),
    ).toEqual([
      '…generation.kv_cache.blocks: remove blocks: their number follows from the limit ' +
        'of memory',
    ])
    expect(problemsOf({ memory: 'allocator: paged' })).toContain(
      '…memory: expected limit_mib or device, which limits the KV cache, got neither',
    )
  })

  test('do not apply to reservations', () => {
    const memory = 'allocator: contiguous, limit_mib: 64, reservation_tokens: 100'
    expect(problemsOf({ memory })).toEqual([])
    expect(problemsOf({ memory, generation: 'kv_cache: { watermark: 0 }' })).toContain(
      '…generation.kv_cache: remove kv_cache: with allocator contiguous a sequence has ' +
        'one reservation, not blocks',
    )
  })

  test('are at least one, after the weights', () => {
    // 16,000,000 bytes are 15.26 MiB
    expect(problemsOf({ memory: paged('limit_mib: 15.3') })).toEqual([])
    expect(problemsOf({ memory: paged('limit_mib: 15.28') })).toEqual([
      '…memory.limit_mib: expected at least 15.3 MiB, for the weights and a block of 0.03 MiB, got 15.28',
    ])
    const memory = 'allocator: contiguous, reservation_tokens: 2048, limit_mib'
    expect(problemsOf({ memory: `${memory}: 20` })).toEqual([])
    expect(problemsOf({ memory: `${memory}: 19` })).toEqual([
      '…memory.limit_mib: expected at least 19.26 MiB, for the weights and a block of 4 MiB, got 19',
    ])
  })
})

describe('a limit that no request fits', () => {
  const tokens = `input_tokens: { distribution: uniform, min: 300, max: 900 }
    output_tokens: { distribution: fixed, value: 51 }`
  const shortest = 'as the shortest request of this pool has 350 tokens'
  const decode =
    '  - { name: decode, model: m, precision: fp16, generation: { policy: continuous }, memory: { allocator: paged, limit_mib: 64 } }'

  test('is refused for reservations', () => {
    const memory = (most: number) =>
      `allocator: contiguous, limit_mib: 64, reservation_tokens: ${most}`
    expect(problemsOf({ memory: memory(350), tokens })).toEqual([])
    expect(problemsOf({ memory: memory(349), tokens })).toEqual([
      `…memory.reservation_tokens: expected at least 350, ${shortest}, got 349`,
    ])
    const generation = 'hand_over: { pool: decode }'
    expect(problemsOf({ memory: memory(300), tokens, generation, pools: decode })).toEqual([])
    expect(problemsOf({ memory: memory(1) })).toEqual([])
  })

  test('is refused for a KV cache', () => {
    const blocks = (most: number) =>
      problemsOf({ generation: `kv_cache: { blocks: ${most} }`, tokens }).filter(
        (problem) => !problem.startsWith('models'),
      )
    expect(blocks(22)).toEqual([])
    expect(blocks(21)).toEqual([
      `…generation.kv_cache.blocks: expected at least 22, ${shortest}, got 21`,
    ])
  })
})

describe('a device of pools with generation', () => {
  const neighbour =
    '  - { name: other, model: m, precision: fp16, replicas: 3, ' +
    'generation: { policy: continuous }, memory: { allocator: paged, device: card } }'

  test('has room for one block of each replica after all weights', () => {
    const memory = paged('device: card')
    expect(problemsOf({ memory, devices: '{ name: card, limit_mib: 16 }' })).toEqual([])
    expect(
      problemsOf({ memory, devices: '{ name: card, limit_mib: 64 }', pools: neighbour }),
    ).toEqual([])
    expect(
      problemsOf({ memory, devices: '{ name: card, limit_mib: 61.1 }', pools: neighbour }),
    ).toContain(
      '…memory.device: expected a device of at least 61.17 MiB, for all weights and a block of ' +
        '0.03 MiB for each replica, got "card" of 61.1',
    )
  })

  test('keeps all weights loaded', () => {
    const residency = 'residency: { eviction: lru, gib_per_s: 10 }'
    expect(
      problemsOf({
        memory: paged('device: card'),
        devices: `{ name: card, limit_mib: 64, ${residency} }`,
      }),
    ).toEqual([
      '…memory.device: expected a device without residency, as pools with generation keep their weights loaded, got "card"',
    ])
  })
})
