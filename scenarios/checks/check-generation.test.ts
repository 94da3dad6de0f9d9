import { describe, expect, test } from 'vitest'
import { problemsIn } from './problems.test-helper.ts'

const CHAT = 'output_tokens: { distribution: geometric, mean: 200 }'
const PLAIN = '{ policy: continuous }'

interface Parts {
  readonly process?: string
  readonly traffic?: string
  readonly work?: string
  readonly queue?: string
  readonly pool?: string
  readonly pools?: string
}

/** The problems of a scenario with one class and a pool, without file and position. */
function problemsOf({
  process = 'poisson, rate_rps: 4',
  traffic = CHAT,
  work = 'law: generation, base_ms: 8',
  queue = '',
  pool = `generation: ${PLAIN}`,
  pools = '',
}: Parts): readonly string[] {
  return problemsIn(`spillway: 1
name: s
duration_s: 60
models:
  m: { work: { ${work} } }
traffic:
  - { class: chat, arrivals: { process: ${process} }${traffic && `, ${traffic}`} }
pools:
  - { name: central, model: m, queue: { ${queue} }${pool && `, ${pool}`} }
${pools}`)
}

/** The problem of a pool with this generation; null for none. */
const generating = (more: string, rest: Parts = {}) => {
  const problems = problemsOf({ pool: `generation: { policy: continuous, ${more} }`, ...rest })
  expect(problems.length).toBeLessThanOrEqual(1)
  return problems[0]?.replace('pools.central.generation', '…') ?? null
}

describe('a pool with generation', () => {
  test('has a model with the work law generation', () => {
    expect(problemsOf({})).toEqual([])
    expect(problemsOf({ pool: '' })).toContain(
      'pools.central: expected the key generation, as the work of model m is of law generation, ' +
        'got nothing',
    )
    expect(problemsOf({ work: 'law: constant, ms: 3' })).toEqual([
      'pools.central.generation: remove generation: the work of model m is not of law ' +
        'generation',
    ])
  })

  test('has no batching, and steps that take time', () => {
    expect(problemsOf({ pool: `generation: ${PLAIN}, batching: { policy: none }` })).toEqual([
      'pools.central.batching: remove batching: generation determines which sequences run together',
    ])
    expect(problemsOf({ work: 'law: generation, base_ms: 0' })).toEqual([
      'models.m.work: expected a time above 0, got a step that takes none',
    ])
  })

  test('needs the number of tokens to generate', () => {
    expect(problemsOf({ traffic: '' })).toEqual([
      'traffic.chat: expected the key output_tokens, as the pools generate, got nothing',
    ])
    const recorded = { process: 'trace, file: t.csv, format: azure-llm' }
    expect(problemsOf({ traffic: '', ...recorded })).toEqual([
      'traffic.chat: expected the key output_tokens, as the pools generate (of a trace: { distribution: trace }), got nothing',
    ])
    expect(problemsOf({ work: 'law: constant, ms: 3', pool: '' })).toEqual([
      'traffic.chat.output_tokens: remove output_tokens: no pool has generation',
    ])
    expect(problemsOf({ pool: 'generation: { policy: continuous, max_sequence: 8 }' })).toEqual([
      'pools.central.generation.max_sequence: unknown key; did you ' + 'mean max_sequences?',
    ])
    expect(
      problemsOf({ pools: '  - { name: other, model: n }', work: 'law: generation, base_ms: 8' }),
    ).toContain(
      'pools.other: expected generation in every pool, as other pools have it, got nothing',
    )
  })

  test.each([
    ['max_sequences: 8, token_budget: 8', null],
    [
      'max_sequences: 9, token_budget: 8',
      '….token_budget: expected at least max_sequences 9, a token for each decoding sequence, got 8',
    ],
    ['kv_cache: { blocks: 9 }, preemption: recompute', null],
    [
      'preemption: recompute',
      '….preemption: remove preemption: no sequence is ever preempted, as nothing limits the KV cache',
    ],
    ['kv_cache: { blocks: 9 }, preemption: swap, swap_ms_per_token: 0', null],
    [
      'kv_cache: { blocks: 9 }, preemption: swap',
      '…: expected the key swap_ms_per_token, which preemption swap needs, got nothing',
    ],
    [
      'swap_ms_per_token: 1',
      '….swap_ms_per_token: remove swap_ms_per_token: preemption is recompute',
    ],
    [
      'preempt_by_priority: true',
      '….preempt_by_priority: expected false with discipline fifo, got true',
    ],
  ])('of {%s}', (more, problem) => {
    expect(generating(more)).toBe(problem)
  })
})

describe('admission of a pool with generation', () => {
  const admitting = (admission: string) =>
    problemsOf({
      traffic: `${CHAT}, timeout_ms: 50`,
      pool: `generation: ${PLAIN}, admission: { ${admission} }`,
    })

  test('counts requests in the pool and tokens of a bucket, not batches', () => {
    expect(admitting('concurrency: { limit: 9 }')).toEqual([])
    expect(admitting('token_bucket: { rate_rps: 3, burst: 2 }')).toEqual([])
    expect(admitting('deadline: {}')).toEqual([
      'pools.central.admission.deadline: remove deadline: the prediction counts batches, and the pool has generation',
    ])
    expect(admitting('adaptive_lifo: {}')).toEqual([
      'pools.central.admission.adaptive_lifo: remove adaptive_lifo: pools with generation do not support it',
    ])
  })
})

describe('a KV transfer', () => {
  const to = (name: string, pools = '') => generating(`hand_over: { pool: ${name} }`, { pools })
  const decodePool = (more: string) => `  - { name: other, model: m, ${more} }`

  test('goes to another pool that decodes its requests', () => {
    expect(to('other', decodePool(`generation: ${PLAIN}`))).toBeNull()
    expect(to('central')).toBe('….hand_over.pool: expected another pool, got "central"')
    expect(to('othr', decodePool(`generation: ${PLAIN}`))).toBe(
      '….hand_over.pool: expected one of other, got "othr"',
    )
    expect(to('other', decodePool('generation: { policy: static, max_sequences: 4 }'))).toBe(
      '….hand_over.pool: expected a pool with generation continuous, got "other"',
    )
    const on = 'generation: { policy: continuous, hand_over: { pool: third } }'
    const third = `\n  - { name: third, model: m, generation: ${PLAIN} }`
    expect(to('other', decodePool(on) + third)).toBe(
      '….hand_over.pool: expected a pool that decodes itself, got "other", which has a hand_over too',
    )
  })

  test('is never refused on arrival', () => {
    expect(to('other', decodePool(`generation: ${PLAIN}, queue: { max_length: 4 }`))).toBe(
      'pools.other.queue.max_length: remove max_length: the sequences of this pool were admitted in pool central',
    )
    const admission = 'admission: { concurrency: { limit: 4 } }'
    expect(to('other', decodePool(`generation: ${PLAIN}, ${admission}`))).toBe(
      'pools.other.admission: remove admission: the sequences of this pool were admitted in pool central',
    )
  })
})
