import { describe, expect, test } from 'vitest'
import { problemsIn } from './problems.test-helper.ts'

interface Parts {
  /** memory of the only pool */
  readonly memory?: string
  readonly own?: string
  /** its model's keys; the model has 100 MB at fp32 */
  readonly declared?: string
  readonly work?: string
  readonly devices?: string
  readonly pools?: string
  readonly models?: string
}

const text = (parts: Parts) => `spillway: 1
name: s
duration_s: 60
models:
  m:
    work: ${parts.work ?? '{ law: constant, ms: 4 }'}
    ${parts.declared ?? 'memory: { parameters_millions: 25, activations: [{ per_item_kib: 8 }] }'}
${parts.models ?? ''}
traffic:
  - { class: web, arrivals: { process: poisson, rate_rps: 40 } }
devices: [${parts.devices ?? ''}]
pools:
  - { name: central, model: m${parts.own ?? ''}${parts.memory ? `, memory: { ${parts.memory} }` : ''} }
${parts.pools ?? ''}
`
const problems = (parts: Parts) =>
  problemsIn(text(parts)).map((problem) => problem.replace('pools.central.memory', '…'))

const card = (keys = '') => `{ name: card, limit_mib: 1024${keys} }`
const residency = ', residency: { eviction: lru, gib_per_s: 10 }'
const on = 'allocator: bfc, device: card'

describe('load times on a device', () => {
  const lru = (more = '') => card(`, residency: { eviction: lru${more} }`)
  const builtin = '  b: { builtin: mlp }'
  const neighbour = `  - { name: other, model: b, memory: { ${on} } }`
  const none = { memory: on, models: builtin, pools: neighbour }

  test('must be declared for a declared model that is swapped', () => {
    expect(problems({ memory: on, devices: lru() })).toEqual([
      'devices.card.residency: expected the key gib_per_s, as m on card is declared, got nothing',
    ])
    expect(problems({ ...none, devices: lru(', set_up_ms: 3') })).toEqual([
      'devices.card.residency: expected the key gib_per_s, as m on card is declared, got nothing',
    ])
    expect(problems({ ...none, devices: lru(', gib_per_s: 3') })).toEqual([])
  })

  test('are measured for other models, which then need no declaration', () => {
    const pinned = { ...none, memory: `${on}, pinned: true` }
    expect(problems({ ...pinned, devices: lru() })).toEqual([])
    expect(problems({ ...pinned, devices: lru(', set_up_ms: 0') })).toEqual([
      'devices.card.residency.set_up_ms: remove set_up_ms: without gib_per_s loads take the calibrated time',
    ])
    expect(problems({ ...pinned, devices: lru(', gib_per_s: 1, set_up_ms: 3') })).toEqual([])
  })
})

describe('memory of a pool', () => {
  test('has a limit, a device, or neither', () => {
    expect(problems({ memory: 'allocator: bfc' })).toEqual([])
    expect(problems({ memory: 'allocator: bfc, limit_mib: 200' })).toEqual([])
    expect(problems({ memory: on, devices: card() })).toEqual([])
    expect(problems({ memory: `${on}, limit_mib: 9`, devices: card() })).toEqual([
      '….limit_mib: remove limit_mib: device card has one',
    ])
  })

  test('names a device that exists', () => {
    expect(problems({ memory: 'allocator: bfc, device: cart', devices: card() })).toEqual([
      '….device: expected one of the devices card, got "cart"; did you mean card?',
    ])
    expect(problems({ memory: on })).toEqual(['….device: expected an entry of devices, got "card"'])
  })

  test("has an allocator that suits the pool's batching", () => {
    expect(problems({ memory: 'allocator: paged' })).toEqual([
      '….allocator: expected one of bfc, caching, bucket, buddy in a pool without generation, got "paged"',
    ])
  })

  test('needs residency for evict and pinned', () => {
    expect(
      problems({ memory: `${on}, pinned: true, out_of_memory: [split, evict]`, devices: card() }),
    ).toEqual([
      '….pinned: remove pinned: weights stay loaded, as device card has no residency',
      '….out_of_memory.1: remove "evict": weights stay loaded, as device card has no residency',
    ])
    const memory = `${on}, pinned: true, out_of_memory: [evict, shrink]`
    const pools = `  - { name: other, model: m, memory: { ${on} } }`
    expect(problems({ memory, devices: card(residency), pools })).toEqual([])
    expect(problems({ memory: 'allocator: bfc, pinned: true' })).toEqual([
      '….pinned: remove pinned: weights stay loaded, as the pool has no device',
    ])
  })

  test('lists each remedy once', () => {
    const limited = 'allocator: bfc, limit_mib: 200, out_of_memory'
    expect(problems({ memory: `${limited}: [split, shrink, split]` })).toEqual([
      '….out_of_memory.2: remove "split": it is in the list already',
    ])
  })
})

describe('a remedy', () => {
  test('must be able to help', () => {
    const remedies = 'out_of_memory: [split, shrink]'
    expect(problems({ memory: `allocator: bfc, limit_mib: 200, ${remedies}` })).toEqual([])
    expect(problems({ memory: `${on}, ${remedies}`, devices: card() })).toEqual([])
    expect(problems({ memory: 'allocator: bfc, out_of_memory: [split]' })).toEqual([])
    expect(problems({ memory: `allocator: bfc, ${remedies}` })).toEqual([
      '….out_of_memory.1: remove "shrink": memory never runs out without a limit_mib or device',
    ])
    expect(
      problems({ memory: `allocator: buddy, arena_mib: 4, limit_mib: 200, ${remedies}` }),
    ).toEqual(['….out_of_memory.1: remove "shrink": the arena of allocator buddy never grows'])
  })
})

describe('a limit', () => {
  test("is at least the weights at the pool's precision, and the arena", () => {
    const half = ', precision: fp16'
    // 100 MB are 95.37 MiB
    expect(problems({ memory: 'allocator: bfc, limit_mib: 96' })).toEqual([])
    expect(problems({ memory: 'allocator: bfc, limit_mib: 95' })).toEqual([
      '….limit_mib: expected at least 95.37 MiB, for the weights of a replica, got 95',
    ])
    expect(problems({ memory: 'allocator: bfc, limit_mib: 48', own: half })).toEqual([])
    const buddy = 'allocator: buddy, arena_mib: 32, limit_mib'
    expect(problems({ memory: `${buddy}: 128` })).toEqual([])
    expect(problems({ memory: `${buddy}: 127` })).toEqual([
      '….limit_mib: expected at least 127.37 MiB, for weights and arena of a replica, got 127',
    ])
  })

  test('can equal the weights, rounded to whole bytes', () => {
    // 4.03 million times 4 bytes is 16,120,000.000000002 in floating point
    const declared = 'memory: { parameters_millions: 4.03 }'
    const memory = `allocator: bfc, limit_mib: ${16_120_000 / 2 ** 20}`
    expect(problems({ declared, memory })).toEqual([])
  })

  test('of a device is at least what must be loaded at the same time', () => {
    const replicas = ', replicas: 11'
    expect(problems({ memory: on, own: ', replicas: 10', devices: card() })).toEqual([])
    expect(problems({ memory: on, own: replicas, devices: card() })).toEqual([
      'devices.card.limit_mib: expected at least 1049.05 MiB, for the weights of all its replicas, got 1024',
    ])
    // with residency, replicas are loaded one after another
    expect(problems({ memory: on, own: replicas, devices: card(residency) })).toEqual([])
    const pinned = `${on}, pinned: true`
    const neighbour = `  - { name: other, model: m, memory: { ${on} } }`
    const ten = { own: ', replicas: 10', devices: card(residency), memory: pinned }
    expect(problems({ ...ten, own: ', replicas: 9', pools: neighbour })).toEqual([])
    expect(problems({ ...ten, pools: neighbour })).toEqual([
      'devices.card.limit_mib: expected at least 1049.05 MiB, for pinned weights and the largest other model, got 1024',
    ])
  })

  test('is not checked if weights are measured by a calibration', () => {
    const models = '  e: { builtin: transformer-encoder }'
    const pools = '  - { name: other, model: e, memory: { allocator: bfc, limit_mib: 1 } }'
    expect(problems({ memory: 'allocator: bfc', models, pools })).toEqual([])
  })
})

describe('devices', () => {
  test('have unique names, and a pool that names each', () => {
    const two = `${card()}, { name: other, limit_mib: 5 }, ${card()}`
    expect(problems({ memory: on, devices: two })).toEqual([
      'devices.other: expected a pool with memory.device other, got none',
      expect.stringMatching(/^devices.*name: expected a name of its own, got "card" as in/),
    ])
  })
})

test('need a model that can be swapped, if they have residency', () => {
  const pinned = { memory: `${on}, pinned: true`, devices: card(residency) }
  expect(problems(pinned)).toEqual([
    'devices.card.residency: remove residency: all models on card are pinned',
  ])
  const pools = `  - { name: other, model: m, memory: { ${on} } }`
  expect(problems({ ...pinned, pools })).toEqual([])
})

describe('memory of a model', () => {
  test('has a size for each buffer', () => {
    const of = (declared: string) =>
      problems({ memory: 'allocator: bfc', declared: `memory: { ${declared} }` })
    expect(of('input: { kib: 0 }, activations: [{ per_item_kib: 1, lives: 2 }]')).toEqual([])
    const none = 'expected the key kib or per_item_kib or per_token_kib or per_token_squared_kib'
    expect(of('output: {}, activations: [{ kib: 1 }, { lives: 2 }]')).toEqual([
      `models.m.memory.output: ${none}, got none of them`,
      `models.m.memory.activations.1: ${none}, got none of them`,
    ])
  })

  test('is declared if a pool has memory, and only then', () => {
    expect(problems({})).toEqual(['models.m.memory: remove memory: no pool of model m has memory'])
    expect(problems({ memory: 'allocator: bfc', declared: 'ragged: false' })).toEqual([
      'models.m: expected the key memory, as pool central has memory, got nothing',
    ])
    expect(problems({ declared: 'ragged: false' })).toEqual([])
  })

  test('has only a KV cache if a pool generates', () => {
    const cache = 'kv_cache: { layers: 4, heads: 2, head_size: 64 }'
    const declared = `memory: { parameters_millions: 1, ${cache} }`
    expect(problems({ memory: 'allocator: bfc', declared })).toEqual([
      'models.m.memory.kv_cache: remove kv_cache: no pool of model m has generation',
    ])
  })

  test('can depend on length although work does not', () => {
    const declared = 'memory: { activations: [{ per_token_kib: 8 }] }'
    const traffic = text({ memory: 'allocator: bfc', declared }).replace(
      '40 } }',
      '40 }, input_tokens: { distribution: fixed, value: 9 } }',
    )
    expect(problemsIn(traffic)).toEqual([])
    expect(problemsIn(traffic.replace('per_token_kib', 'per_item_kib'))).toHaveLength(1)
  })

  test('allows a precision for a declared model', () => {
    const precision = ', precision: int8'
    expect(problems({ memory: 'allocator: bfc', own: precision })).toEqual([])
    expect(problems({ declared: 'ragged: false', own: precision })).toEqual([
      'pools.central.precision: expected fp32 for declared work without memory, got "int8"',
    ])
  })
})

describe('a pool with generation', () => {
  const generating = (declared: string, memory: string) =>
    problemsIn(
      text({
        work: '{ law: generation, base_ms: 8 }',
        own: ', generation: { policy: continuous }',
        declared,
        memory,
      }).replace('40 } }', '4 }, output_tokens: { distribution: fixed, value: 9 } }'),
    ).map((problem) => problem.replace('pools.central.memory', '…'))
  const cache = 'kv_cache: { layers: 4, heads: 2, head_size: 64 }'

  test('has paged or contiguous memory, and the geometry of its KV cache', () => {
    const paged = 'allocator: paged, limit_mib: 512'
    expect(generating(`memory: { parameters_millions: 1, ${cache} }`, paged)).toEqual([])
    expect(generating('memory: { parameters_millions: 1 }', paged)).toEqual([
      'models.m.memory: expected the key kv_cache, as pool central has memory and generation, got nothing',
    ])
    expect(
      generating(`memory: { ${cache}, output: { kib: 1 } }`, 'allocator: bfc, limit_mib: 512'),
    ).toEqual([
      'models.m.memory.output: remove output: a pool of model m has generation, which uses kv_cache',
      '….allocator: expected one of paged, contiguous in a pool with generation, got "bfc"',
    ])
  })
})
