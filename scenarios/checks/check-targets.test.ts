import { expect, test } from 'vitest'
import { variable } from '../schema/target-headers.ts'
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
  const headers = `headers: { authorization: "Bearer ${variable('API_KEY')}", x-team: planning }`
  expect(problemsOf({ target: headers })).toEqual([])
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
  [
    { target: 'headers: { authorization: Bearer sk-123 }' },
    `${AT}.target.headers.authorization: expected the name of an environment variable, such as \${API_KEY}, as a key is no part of a scenario, got its value`,
  ],
  [
    { target: 'headers: { X-Api-Key: sk-123 }' },
    `${AT}.target.headers.X-Api-Key: expected the name of an environment variable`,
  ],
  [
    { target: 'headers: { x-team: "a\\nb" }' },
    `${AT}.target.headers.x-team: expected printable ASCII, got other characters`,
  ],
  [{ target: 'headers: { Host: other }' }, 'no header that belongs to the protocol'],
  [{ target: 'headers: { "a b": c }' }, 'the name of a header: letters, digits and -'],
  [
    { target: 'vocabulary: 9' },
    `${AT}.target.vocabulary: remove vocabulary: kind oip sends the inputs of the model`,
  ],
  [
    { target: 'kind: openai' },
    `${AT}.target.kind: expected oip, as the model of this pool does not generate: openai is for decoders, and work of law generation`,
  ],
])('%j is refused', (given, problem) => {
  expect(problemsOf(given).join('\n')).toContain(problem)
})

/** The same of a pool that generates. */
function problemsOfEngine({ target = '', pool = '', url = 'http://127.0.0.1:8000' }) {
  const lengths = '{ distribution: uniform, min: 1, max: 9 }'
  return problemsIn(`spillway: 1
name: s
duration_s: 60
models: { m: { work: { law: generation, base_ms: 1 } } }
traffic:
  - class: web
    arrivals: { process: poisson, rate_rps: 40 }
    input_tokens: ${lengths}
    output_tokens: ${lengths}
pools:
  - name: central
    model: m
    generation: { policy: continuous }
    target: { ${target.includes('kind') ? '' : 'kind: openai, '}url: '${url}', ${target} }
${pool}`)
}

test('a server that generates has the beliefs of its pool, and declared work', () => {
  expect(problemsOfEngine({})).toEqual([])
  expect(problemsOfEngine({ target: 'model: llama, vocabulary: 32000' })).toEqual([])
})

test('a pool that generates has no server of another protocol', () => {
  expect(problemsOfEngine({ target: 'kind: oip' }).join('\n')).toContain(
    `${AT}.target.kind: expected openai, as the model of this pool generates, got "oip"`,
  )
})

test.each([
  [
    { target: 'role: executor' },
    `${AT}.target.role: expected role server, as completions are queued and batched by their server, got "executor"`,
  ],
  [{ target: 'version: "1"' }, `${AT}.target.version: remove version: kind openai names a model`],
  [
    { url: 'http://127.0.0.1:8000/v1' },
    `${AT}.target.url: expected an address without /v1, which is added`,
  ],
  [
    { pool: '    threads: 2\n' },
    `${AT}.threads: remove threads: a server runs the batches of this pool`,
  ],
])('of a server that generates, %j is refused', (given, problem) => {
  expect(problemsOfEngine(given).join('\n')).toContain(problem)
})
