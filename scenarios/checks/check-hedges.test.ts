import { expect, test } from 'vitest'
import { problemsIn } from './problems.test-helper.ts'

const own = 'replicas: 3, queue: { mode: per-replica }'

/** The problems of a scenario with one hedged class, without file and position. */
function problemsOf(hedge: string, pool = own, more = '', rest = '') {
  return problemsIn(`spillway: 1
name: s
duration_s: 60
models: { m: { work: { law: linear, base_ms: 1 } } }
traffic:
  - { class: web, arrivals: { process: poisson, rate_rps: 40 }, hedge: { ${hedge} }${more} }
pools: [{ name: central, model: m, ${pool} }]
${rest}`)
}

test.each([
  'policy: hedged, after_ms: 20',
  'policy: hedged, after_percentile: 95, max_attempts: 3, budget: { ratio: 0.05 }',
  'policy: hedged, after_ms: 20, throttling: { max_tokens: 10, token_ratio: 0.125 }',
  'policy: tied',
  'policy: tied, delay_ms: 2',
])('hedge { %s } is fine', (hedge) => {
  expect(problemsOf(hedge)).toEqual([])
})

test('non_fatal is rejected over a link', () => {
  const hedge = 'policy: hedged, after_ms: 20, non_fatal: [failed]'
  expect(problemsOf(hedge, own, '', 'link: { delay_ms: 1 }\n')).toEqual([
    expect.stringContaining('remove non_fatal: over networks'),
  ])
  expect(problemsOf(hedge)).toEqual([])
})

test.each([
  ['policy: hedged', own, '', 'expected after_ms or after_percentile'],
  ['policy: hedged, after_ms: 2, after_percentile: 95', own, '', 'remove after_percentile'],
  ['policy: tied', 'replicas: 3', '', 'the replicas of pool central share a queue'],
  ['policy: hedged, after_ms: 2, max_attempts: 4', own, '', 'has 3 replicas for 4 copies'],
  ['policy: tied', own, ', retry: { max_attempts: 2 }', 'remove retry: a class has either'],
])('hedge { %s } is rejected', (hedge, pool, more, text) => {
  expect(problemsOf(hedge, pool, more)).toEqual([expect.stringContaining(text)])
})
