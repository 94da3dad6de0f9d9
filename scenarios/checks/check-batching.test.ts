import { describe, expect, test } from 'vitest'
import { problemsIn } from './problems.test-helper.ts'

const BY_LENGTH = 'work: { law: linear, base_ms: 1, per_token_ms: 1 }'

/** The problems of a scenario with two classes and a pool, without file and position. */
function problemsOf({ pool = '', model = BY_LENGTH, first = '', second = '' }): readonly string[] {
  return problemsIn(`spillway: 1
name: s
duration_s: 60
models:
  m: { ${model} }
traffic:
  - { class: web, arrivals: { process: poisson, rate_rps: 40 }${first} }
  - { class: batch, arrivals: { process: poisson, rate_rps: 40 }${second} }
pools:
  - { name: central, model: m, ${pool} }
`)
}

const CORK = 'batching: { policy: cork, max_batch: 8, max_latency_ms: 50 }'
const SLACK = 'batching: { policy: deadline-aware, max_batch: 8 }'
const buckets = (edges: string) =>
  `batching: { policy: length-bucketed, max_batch: 8, edges: [${edges}] }`

describe('keys that batching policies need', () => {
  test.each([
    ['batching: { policy: aimd, max_batch: 8, target_ms: 20 }', []],
    [CORK, []],
    [`${CORK}, replicas: 2, queue: { mode: per-replica }`, []],
    [
      `${CORK}, replicas: 2`,
      [
        'queue.mode: expected mode per-replica with 2 replicas, as cork has one batch in flight ' +
          'for each queue, got mode shared',
      ],
    ],
    [
      `${CORK}, queue: { timeout_ms: 9, timeout_action: delay }`,
      [
        'queue.timeout_action: expected reject, as cork drops requests that are too late, got "delay"',
      ],
    ],
    [buckets('16, 64'), []],
    [buckets('16, 16'), ['batching.edges.1: expected more than 16, the edge before, got 16']],
    [
      `${buckets('16')}, queue: { discipline: virtual-token-counter }`,
      [
        'queue.discipline: expected another discipline with policy length-bucketed, as each bucket is a queue of its own, which is not fair among tenants, got "virtual-token-counter"',
      ],
    ],
  ])('%s', (pool, problems) => {
    expect(problemsOf({ pool })).toEqual(problems.map((text) => `pools.central.${text}`))
  })

  test('policies by length and ragged batches need a model whose work depends on length', () => {
    const model = 'work: { law: constant, ms: 1 }'
    expect(problemsOf({ model, pool: buckets('16') })).toEqual([
      'pools.central.batching.policy: expected another policy, as requests of m have no length (of the declared laws, linear (with per_token_ms), length-table, generation, the transformers and operations (with keys per token) take lengths), got "length-bucketed"',
    ])
    expect(problemsOf({ model: `${BY_LENGTH}, ragged: true` })).toEqual([])
    expect(problemsOf({ model: `${model}, ragged: true` })).toEqual([
      'models.m.ragged: expected false, as the work of m does not depend on lengths, got true',
    ])
    const generation = 'work: { law: generation, base_ms: 1 }, ragged: true'
    expect(problemsOf({ model: generation })).toContain(
      'models.m.ragged: expected false, as the work of m is in steps, got true',
    )
  })

  test('a model that runs live needs padding', () => {
    const model = 'builtin: transformer-encoder, ragged: true'
    expect(problemsOf({ model })[0]).toMatch(/^models\.m\.ragged: unknown key; expected one of/)
  })

  test('policy deadline-aware needs a deadline in every class', () => {
    const given = { first: ', deadline_ms: 50', second: ', timeout_ms: 90' }
    expect(problemsOf({ pool: SLACK, ...given })).toEqual([])
    expect(problemsOf({ pool: SLACK, first: given.first })).toEqual([
      'traffic.batch: expected deadline_ms or a fixed timeout_ms, which policy deadline-aware needs, got neither',
    ])
    const drawn = ', timeout_ms: { distribution: exponential, mean: 90 }'
    expect(problemsOf({ pool: SLACK, first: given.first, second: drawn })).toEqual([
      'traffic.batch: expected deadline_ms or a fixed timeout_ms, which policy deadline-aware needs, got a timeout_ms that is drawn',
    ])
  })
})
