import { describe, expect, test } from 'vitest'
import { problemsIn } from './problems.test-helper.ts'

const LENGTHS = 'input_tokens: { distribution: fixed, value: 9 }'

interface Parts {
  readonly router?: string
  readonly queue?: string
  readonly traffic?: string
  readonly pools?: readonly string[]
  readonly rest?: string
}

/** Two pools, `near` and `far`, of one model. */
function problemsOf({ router, queue, traffic = LENGTHS, pools, rest = '' }: Parts) {
  const own = queue === undefined ? '' : `, replicas: 2, queue: { mode: per-replica, ${queue} }`
  const all = pools ?? [`name: near, model: enc${own}`, 'name: far, model: enc']
  return problemsIn(`spillway: 1
name: routed
duration_s: 10
models:
  enc: { work: { law: linear, base_ms: 1, per_item_ms: 1, per_token_ms: 0.1 } }
traffic:
  - class: web
    arrivals: { process: poisson, rate_rps: 10 }
    ${traffic}
pools:
${all.map((pool) => `  - { ${pool} }`).join('\n')}
${router === undefined ? '' : `router: { ${router} }`}
${rest}`)
}

const priced = [
  'name: near, model: enc, price_usd_per_hour: 1',
  'name: far, model: enc, price_usd_per_hour: 3',
]

describe('routers', () => {
  test.each([
    { router: 'policy: random' },
    { router: 'policy: p2c, choices: 3, view_age_ms: 50' },
    { router: 'policy: weighted, weights: { near: 3 }' },
    { router: 'policy: peak-ewma, decay_ms: 500' },
    { router: 'policy: least-work' },
    { router: 'policy: spill-over, max_load: 4' },
    { router: 'policy: length-threshold, threshold_tokens: 100, short: near, long: far' },
    { router: 'policy: latency-target, target_ms: 100', pools: priced },
    {
      router: 'policy: latency-target',
      pools: priced,
      rest: 'slo: { web: ["p(99) latency_ms < 90"] }',
    },
    {
      router: 'policy: session-affinity, max_load_factor: 1.25',
      traffic: `${LENGTHS}
    session: { turns: { distribution: fixed, value: 3 }, think_time_s: { distribution: fixed, value: 1 }, carry_context: true }`,
    },
    {
      router: 'policy: prefix-affinity, balance_abs: 8',
      traffic: `${LENGTHS}
    session: { turns: { distribution: fixed, value: 3 }, think_time_s: { distribution: fixed, value: 1 }, carry_context: true }`,
    },
    { router: 'policy: endpoint-picker, scorers: { prefix_cache: 0, running: 1 }' },
    { queue: 'routing: p2c' },
    { queue: 'routing: endpoint-picker' },
    { queue: 'routing: { policy: least-loaded, view_age_ms: 50 }' },
    { queue: 'routing: { policy: p2c, view_age_ms: 50, count_own_sends: true }' },
    { router: 'policy: least-loaded, ties: rotating' },
    { router: 'policy: least-loaded, view_age_ms: 50, count_own_sends: true' },
  ])('of %j are accepted', (parts) => {
    expect(problemsOf(parts)).toEqual([])
  })

  test('need the names of pools', () => {
    expect(problemsOf({ router: 'policy: weighted, weights: { neat: 3 }' })).toEqual([
      'router.weights.neat: expected a pool that requests arrive at (near, far), got "neat"; did you mean near?',
    ])
    const ends = 'policy: length-threshold, threshold_tokens: 9'
    expect(problemsOf({ router: `${ends}, short: near, long: fat` })).toContain(
      'router.long: expected a pool that requests arrive at (near, far), got "fat"; did you mean far?',
    )
    expect(problemsOf({ router: `${ends}, short: near, long: near` })).toContain(
      'router.long: expected another pool than short, which is near, got "near"',
    )
  })

  test('length-threshold needs lengths, and no third pool', () => {
    const router = 'policy: length-threshold, threshold_tokens: 9, short: near, long: far'
    const pools = ['near', 'far', 'other'].map((name) => `name: ${name}, model: enc`)
    expect(problemsOf({ router, pools })).toEqual([
      'pools.other.name: expected one of the two pools of router length-threshold, got "other"',
    ])
  })

  test('latency-target needs prices, and a target for each class', () => {
    expect(problemsOf({ router: 'policy: latency-target' })).toEqual([
      'router: expected the key target_ms, or an objective on latency_ms for class web, got neither',
      'router.policy: expected another policy, or the key price_usd_per_hour in pool near, got "latency-target"',
    ])
  })

  test('session-affinity needs prompts that tell sessions apart', () => {
    const why = 'expected another policy, or a class with carry_context or hash_ids of a trace'
    expect(problemsOf({ router: 'policy: session-affinity' })).toEqual([
      `router.policy: ${why}, got "session-affinity"`,
    ])
    expect(problemsOf({ queue: 'routing: session-affinity' })).toEqual([
      `pools.near.queue.routing: ${why}, got "session-affinity"`,
    ])
  })

  test('prefix-affinity needs prompts that may begin alike', () => {
    expect(problemsOf({ router: 'policy: prefix-affinity' })).toEqual([
      'router.policy: expected another policy, or a class with shared_prefix_tokens, carry_context or hash_ids of a trace, got "prefix-affinity"',
    ])
  })

  // llm-d-inference-scheduler: metrics older than 200 ms are stale
  test('endpoint-picker has metrics of at most 200 ms ago', () => {
    const problems = problemsOf({ router: 'policy: endpoint-picker, view_age_ms: 201' })
    expect(problems[0]).toMatch(/^router.view_age_ms: expected .*200/)
  })

  test('old views are refused where a policy has none', () => {
    expect(problemsOf({ router: 'policy: least-loaded, count_own_sends: true' })).toEqual([
      'router.count_own_sends: remove count_own_sends: without view_age_ms the router sees the ' +
        'loads of the instant, which count them',
    ])
    expect(
      problemsOf({ queue: 'routing: { policy: least-loaded, count_own_sends: true }' })[0],
    ).toMatch(/^pools.near.queue.routing.count_own_sends: remove count_own_sends/)
    expect(problemsOf({ router: 'policy: least-loaded, ties: lowest' })[0]).toMatch(
      /^router.ties: expected one of random, rotating, first/,
    )
    expect(problemsOf({ router: 'policy: p2c, ties: first' })[0]).toMatch(
      /^router.ties: unknown key/,
    )
    expect(problemsOf({ router: 'policy: random, view_age_ms: 50' })[0]).toMatch(
      /^router.view_age_ms: unknown key/,
    )
  })

  test('within a pool, policies about pools are refused', () => {
    expect(problemsOf({ queue: 'routing: { policy: weighted, weights: { near: 1 } }' })[0]).toMatch(
      /^pools.near.queue.routing.policy: expected one of least-loaded, round-robin/,
    )
  })
})
