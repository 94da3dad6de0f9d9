import { expect, test } from 'vitest'
import { problemsIn } from './problems.test-helper.ts'

const GENERATION = 'law: generation, base_ms: 8'
const POOL = 'generation: { policy: continuous }'

/** The problems of a scenario with an objective, without file and position. */
function problemsOf(objective: string, outputs: string | null): readonly string[] {
  const generates = outputs !== null
  return problemsIn(`spillway: 1
name: s
duration_s: 60
models: { m: { work: { ${generates ? GENERATION : 'law: constant, ms: 4'} } } }
traffic:
  - class: web
    arrivals: { process: poisson, rate_rps: 4 }
${generates ? `    output_tokens: { ${outputs} }` : ''}
pools: [{ name: central, model: m${generates ? `, ${POOL}` : ''} }]
slo: { web: ["goodput > 90%", "${objective}"] }
`)
}

test('objectives on token times need a pool with generation', () => {
  const geometric = 'distribution: geometric, mean: 20'
  for (const kind of ['latency', 'call', 'ttft', 'tpot']) {
    expect(problemsOf(`p(95) ${kind}_ms < 5`, geometric)).toEqual([])
  }
  for (const kind of ['latency', 'call']) {
    expect(problemsOf(`p(95) ${kind}_ms < 5`, null)).toEqual([])
  }
  for (const kind of ['ttft', 'tpot']) {
    expect(problemsOf(`p(95) ${kind}_ms < 5`, null)).toEqual([
      `slo.web.1: remove "p(95) ${kind}_ms < 5": no pool has generation`,
    ])
  }
})

test.each([
  'distribution: fixed, value: 1',
  'distribution: uniform, min: 1, max: 1',
  'distribution: geometric, mean: 1',
])('there is only a first token with output_tokens %s', (outputs) => {
  expect(problemsOf('p(95) ttft_ms < 5', outputs)).toEqual([])
  expect(problemsOf('p(95) tpot_ms < 5', outputs)).toEqual([
    'slo.web.1: remove "p(95) tpot_ms < 5": every answer is one token',
  ])
})

test('windows fit between the warm-up and the end, and are not of calls', () => {
  expect(problemsOf('p(95, worst 1m) latency_ms < 5', null)).toEqual([])
  expect(problemsOf('p(95, worst 61s) latency_ms < 5', null)).toEqual([
    'slo.web.1: expected a window of at most 60 s, from the warm-up to duration_s, got "p(95, worst 61s) latency_ms < 5"',
  ])
  expect(problemsOf('p(95, worst 10s) call_ms < 5', null)).toEqual([
    'slo.web.1: expected windows of latency_ms, ttft_ms or tpot_ms, got "p(95, worst 10s) call_ms < 5"',
  ])
})
