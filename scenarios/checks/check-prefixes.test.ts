import { describe, expect, test } from 'vitest'
import { problemsIn } from './problems.test-helper.ts'

interface Parts {
  readonly traffic?: string
  readonly arrivals?: string
  readonly cache?: string
  readonly generation?: string
  readonly pools?: string
}

const TRACE = 'process: trace, file: t.jsonl, format: mooncake'
const SHARED = 'shared_prefix_tokens: 600'
const SESSION =
  'session: { turns: { distribution: fixed, value: 4 }, ' +
  'think_time_s: { distribution: exponential, mean: 9 }, carry_context: true }'

function problemsOf({
  traffic = SHARED,
  arrivals = 'process: poisson, rate_rps: 4',
  cache = 'prefix_cache: true',
  generation = 'policy: continuous',
  pools = '',
}: Parts) {
  const hasLengths = arrivals.startsWith(TRACE) || traffic.includes('input_tokens')
  const lengths = hasLengths ? '' : 'input_tokens: { distribution: geometric, mean: 700 }'
  return problemsIn(`spillway: 1
name: s
duration_s: 60
models:
  m: { work: { law: generation, base_ms: 8 } }
traffic:
  - class: chat
    arrivals: { ${arrivals} }
    output_tokens: { distribution: fixed, value: 20 }
    ${lengths}
    ${traffic}
pools:
  - { name: central, model: m, generation: { ${generation}, kv_cache: { blocks: 99, ${cache} } } }
${pools}`).map((problem) => problem.replace('pools.central.generation.kv_cache', '…'))
}

describe('a prefix cache', () => {
  test('needs declared or recorded prefixes', () => {
    expect(problemsOf({})).toEqual([])
    expect(problemsOf({ traffic: SESSION })).toEqual([])
    expect(problemsOf({ traffic: `${SESSION}\n    ${SHARED}` })).toEqual([])
    expect(problemsOf({ traffic: '', arrivals: TRACE })).toEqual([])
    const nothing =
      '….prefix_cache: expected false, as no class has shared_prefix_tokens, carry_context or hash_ids of a trace, got true'
    expect(problemsOf({ traffic: '' })).toEqual([nothing])
    const drawn = 'input_tokens: { distribution: fixed, value: 9 }'
    expect(problemsOf({ traffic: drawn, arrivals: TRACE })).toEqual([nothing])
  })

  test('needs a pool that prefills prompts one by one', () => {
    expect(problemsOf({ generation: 'policy: static, max_sequences: 4' })).toEqual([
      '….prefix_cache: expected false with policy static, got true',
    ])
    const pools =
      '  - { name: prompts, model: m, generation: { policy: continuous, hand_over: { pool: central } } }'
    expect(problemsOf({ pools })).toEqual([
      '….prefix_cache: expected false, as prompts are computed in pool prompts, got true',
    ])
  })

  test('has blocks that fit the resolution of known prefixes', () => {
    const cache = 'prefix_cache: true, block_tokens: 24'
    expect(problemsOf({ cache })).toEqual([])
    const text =
      '….block_tokens: expected a divisor of 512, the tokens of a prefix number of class chat, got 24'
    expect(problemsOf({ cache, traffic: SESSION })).toEqual([text])
    expect(problemsOf({ cache, traffic: '', arrivals: TRACE })).toEqual([text])
  })

  test('uses the lengths of a trace with hash_ids unchanged', () => {
    const arrivals = `${TRACE}, length_scale: 0.5`
    expect(problemsOf({ traffic: '', arrivals })).toEqual([
      'traffic.chat.arrivals.length_scale: expected 1 with a prefix_cache, as hash_ids depend on the lengths in the file, got 0.5',
    ])
    expect(problemsOf({ traffic: '', arrivals, cache: 'block_tokens: 24' })).toEqual([])
  })
})

test('a shared prefix has at least a block, and is no longer than prompts', () => {
  const of = (shared: number, lengths: string) =>
    problemsOf({
      traffic: `shared_prefix_tokens: ${shared}\n    input_tokens: { distribution: ${lengths} }`,
    })
  const lognormal = 'lognormal, median: 300, p99: 900, max: 1000'
  expect(of(16, lognormal)).toEqual([])
  expect(of(15, lognormal)).toEqual([
    'traffic.chat.shared_prefix_tokens: expected at least the 16 tokens of a block, as only whole blocks are shared, got 15',
  ])
  const tooLong =
    'traffic.chat.shared_prefix_tokens: expected at most the 1000 tokens of the longest prompt, got 1001'
  for (const lengths of [
    lognormal,
    'fixed, value: 1000',
    'uniform, min: 1, max: 1000',
    'quantiles, quantiles: [[0, 1], [1, 1000]]',
  ]) {
    expect(of(1000, lengths)).toEqual([])
    expect(of(1001, lengths)).toEqual([tooLong])
  }
  expect(of(1001, 'geometric, mean: 10')).toEqual([])
  // added to turns, and part of the carried context
  const turns = 'input_tokens: { distribution: fixed, value: 20 }'
  for (const shared of [5, 600]) {
    const traffic = `${SESSION}\n    shared_prefix_tokens: ${shared}\n    ${turns}`
    expect(problemsOf({ traffic })).toEqual([])
  }
})

test('a shared prefix needs a cache, and contradicts hash_ids', () => {
  expect(problemsOf({ cache: 'block_tokens: 16' })).toEqual([
    'traffic.chat.shared_prefix_tokens: remove shared_prefix_tokens: no pool has prefix_cache',
  ])
  expect(problemsOf({ cache: 'prefix_cache: false' })).toEqual([])
  expect(problemsOf({ arrivals: TRACE })).toEqual([
    'traffic.chat.shared_prefix_tokens: remove shared_prefix_tokens: hash_ids of the trace replace it',
  ])
})
