import { describe, expect, test } from 'vitest'
import { problemsIn } from './problems.test-helper.ts'

const POOL = 'batching: { policy: dynamic, max_batch: 8 }, admission: { concurrency: { limit: 9 } }'

const problemsOf = (tuning: string, { pool = POOL, rest = '' } = {}) =>
  problemsIn(`spillway: 1
name: tuned
duration_s: 10
models:
  enc: { work: { law: linear, base_ms: 1, per_item_ms: 1, per_token_ms: 0.1 } }
traffic:
  - class: web
    arrivals: { process: poisson, rate_rps: 10 }
    input_tokens: { distribution: fixed, value: 9 }
pools: [{ name: near, model: enc, ${pool} }]
tuning: [${tuning}]
${rest}`)

const aimd = (setting: string, rest = 'min: 1, max: 8') =>
  `{ setting: ${setting}, controller: aimd, every_s: 1, target_ms: 50, ${rest} }`
const bandit = (setting: string, values: string) =>
  `{ setting: ${setting}, controller: bandit, every_s: 1, target_ms: 50, values: ${values} }`
const LIMIT = 'pools.near.admission.concurrency.limit'
const BATCH = 'pools.near.batching.max_batch'

describe('tuning', () => {
  test.each([
    aimd(LIMIT),
    aimd(BATCH),
    aimd('pools.near.batching.max_delay_ms', 'min: 0, max: 3.5'),
    bandit(BATCH, '[2, 8]'),
    `{ setting: ${LIMIT}, controller: pid, every_s: 1, target_ms: 50, min: 1, max: 99, integral: 0.1 }`,
  ])('of %s is accepted', (tuning) => {
    expect(problemsOf(tuning)).toEqual([])
  })

  test('needs a setting that can be tuned', () => {
    expect(problemsOf(aimd('pools.near.replicas'))[0]).toMatch(
      /^tuning.0.setting: expected pools.NAME.KEY with KEY one of batching.max_batch, /,
    )
    expect(problemsOf(aimd('router.threshold_tokens'))).toEqual([
      'tuning.0.setting: expected a setting of another part, as the router has no policy length-threshold, got "router.threshold_tokens"',
    ])
  })

  test('needs the setting in the scenario', () => {
    const pool = 'batching: { policy: none }'
    expect(problemsOf(aimd(LIMIT), { pool })).toEqual([
      `tuning.0.setting: expected another setting, or admission.concurrency.limit in pool near, got "${LIMIT}"`,
    ])
    expect(problemsOf(aimd(BATCH), { pool })).toEqual([
      `tuning.0.setting: expected a setting of a pool with batching of policy dynamic; near has another, got "${BATCH}"`,
    ])
  })

  const BLOCKS = 'pools.near.generation.kv_cache.blocks'
  const engine = (kv: string, rest = '') => ({
    pool: `generation: { policy: continuous, kv_cache: ${kv} ${rest} }`,
  })

  test('of a KV cache needs its size, and stays within it', () => {
    const within = problemsOf(aimd(BLOCKS, 'min: 10, max: 90'), engine('{ blocks: 90 }'))
    expect(within.filter((text) => text.startsWith('tuning'))).toEqual([])
    expect(problemsOf(aimd(BLOCKS, 'min: 10, max: 91'), engine('{ blocks: 90 }'))).toContain(
      'tuning.0.max: expected at most kv_cache.blocks 90 of pool near, got 91',
    )
    expect(problemsOf(bandit(BLOCKS, '[10, 91]'), engine('{ blocks: 90 }'))).toContain(
      'tuning.0.values.1: expected at most kv_cache.blocks 90 of pool near, got 91',
    )
    expect(problemsOf(aimd(BLOCKS), engine('{ watermark: 0 }'))).toContain(
      `tuning.0.setting: expected another setting, or generation.kv_cache.blocks in pool near, got "${BLOCKS}"`,
    )
    const apart = engine('{ blocks: 90 }', ', hand_over: { pool: far }')
    expect(problemsOf(aimd(BLOCKS), apart)).toContain(
      `tuning.0.setting: expected a setting of a pool that computes prompts and decodes; near does one of both, got "${BLOCKS}"`,
    )
  })

  test('keeps batches within max_batch, and limits whole', () => {
    expect(problemsOf(aimd(BATCH, 'min: 1, max: 9'))).toEqual([
      'tuning.0.max: expected at most max_batch 8 of pool near, got 9',
    ])
    expect(problemsOf(bandit(BATCH, '[4, 16]'))).toEqual([
      'tuning.0.values.1: expected at most max_batch 8 of pool near, got 16',
    ])
    expect(problemsOf(aimd(LIMIT, 'min: 0, max: 9'))).toEqual([
      `tuning.0.min: expected a whole number of at least 1 for ${LIMIT}, got 0`,
    ])
  })

  test('has rising values, bounds in order, and one entry a setting', () => {
    expect(problemsOf(bandit(LIMIT, '[8, 2]'))[0]).toMatch(/^tuning.0.values.1: expected more than/)
    expect(problemsOf(aimd(LIMIT, 'min: 8, max: 8'))).toEqual([
      'tuning.0.min: expected less than max 8, got 8',
    ])
    expect(problemsOf(`${aimd(LIMIT)}, ${aimd(LIMIT)}`)).toEqual([
      `tuning.1.setting: expected a setting that no entry before it tunes, got "${LIMIT}"`,
    ])
  })

  test('has a target that is shorter than its window', () => {
    const late = aimd(LIMIT).replace('target_ms: 50', 'target_ms: 1000')
    expect(problemsOf(late)).toEqual([
      'tuning.0.target_ms: expected less than every_s, which is 1000 ms, got 1000',
    ])
  })

  test('of batches is refused where admission predicts them', () => {
    const pool = POOL.replace('admission: {', 'admission: { deadline: {},')
    const [problem] = problemsOf(aimd(BATCH), { pool }).filter((text) => text.startsWith('tuning'))
    expect(problem).toMatch(/^tuning.0.setting: expected another setting, as admission.deadline/)
  })
})
