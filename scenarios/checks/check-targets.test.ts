import { expect, test } from 'vitest'
import { problemsIn } from './problems.test-helper.ts'

/** The problems of a scenario whose first pool has a target, without file and position. */
function problemsOf({ target = '', pool = '', model = 'builtin: mlp', others = '' }) {
  return problemsIn(`spillway: 1
name: s
duration_s: 60
models: { m: { ${model} } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 40 } }]
pools:
  - { name: central, model: m, target: { url: 'http://127.0.0.1:8000', ${target} }${pool} }
${others}`)
}

const AT = 'pools.central'

test('a server is the default role of a target, and any number of executors may be', () => {
  expect(problemsOf({})).toEqual([])
  expect(problemsOf({ target: 'role: server, connections: 9' })).toEqual([])
  const others = '  - { name: other, model: m }\n'
  expect(problemsOf({ target: 'role: executor', others })).toEqual([])
})

test.each([
  [
    { others: '  - { name: other, model: m }\n' },
    `${AT}.target.role: expected role executor, as a server is the only pool of a scenario, got role server among 2`,
  ],
  [
    { target: 'role: executor, connections: 4' },
    `${AT}.target.connections: remove connections: an executor has one for each replica`,
  ],
  [
    { pool: ', threads: 2' },
    `${AT}.threads: remove threads: a server runs the batches of this pool`,
  ],
  [
    { model: 'work: { law: linear, base_ms: 1 }' },
    `${AT}.target: expected no target, as declared work states no inputs; name a model that has some`,
  ],
])('%j is refused', (given, problem) => {
  expect(problemsOf(given).join('\n')).toContain(problem)
})
