import { expect, test } from 'vitest'
import { problemsIn } from './problems.test-helper.ts'

const text = (outputs: string) => `spillway: 1
name: s
duration_s: 60
models: { m: { work: { law: generation, base_ms: 1 } } }
traffic:
  - class: web
    arrivals:
      { process: trace, file: a, format: csv, time_unit: s, columns: { time: t, output_tokens: o } }
    output_tokens: { ${outputs} }
pools: [{ name: central, model: m, generation: { policy: continuous } }]
`

test('output_tokens of a trace need the name of their column', () => {
  expect(problemsIn(text('distribution: trace'))).toEqual([])
  expect(problemsIn(text('distribution: geometric, mean: 9'))).toEqual([
    'traffic.web.arrivals.columns.output_tokens: remove output_tokens: no output_tokens are taken from the trace',
  ])
  // an invalid distribution is the only problem
  expect(problemsIn(text('distribution: geometrik'))).toHaveLength(1)
})

const traced = (keys: string) => `spillway: 1
name: s
duration_s: 60
models: { m: { work: { law: linear, base_ms: 1, per_token_ms: 1 } } }
traffic: [{ class: web, arrivals: { process: trace, file: a, ${keys} } }]
pools: [{ name: central, model: m }]
`

const CSV = 'format: csv, columns: { time: t, input_tokens: n }, time_unit: s'

test.each([
  [`${CSV}, load: 0.5, growth: 2`, 'load: expected either growth or load, got both'],
  [
    `${CSV}, copy_shift_s: 2`,
    'copy_shift_s: remove copy_shift_s: no growth, surges or waves copy the trace',
  ],
  [
    `${CSV}, growth: 90, surges: [{ at_s: 1, factor: 20 }]`,
    'expected at most 1000 requests for each',
  ],
  [
    `${CSV}, surges: [{ at_s: 1, factor: 2, decay_s: 1, half_life_s: 1 }]`,
    'surges.0.half_life_s: expected either decay_s or half_life_s',
  ],
  [
    `${CSV}, class_values: [a]`,
    'class_values: remove class_values: no columns.class names the column of these values',
  ],
  [
    'format: azure-llm, columns: { time: t, class: c }',
    'columns.time: remove time: format azure-llm determines it',
  ],
])('of a trace: %s', (keys, problem) => {
  const problems = problemsIn(traced(keys))
  expect(problems).toHaveLength(1)
  expect(problems[0]).toContain(problem)
})

test('a trace may leave to its file how it is read, and have a class column in any format', () => {
  expect(problemsIn(traced('columns: { class: c }'))).toEqual([])
  expect(problemsIn(traced('format: burstgpt, columns: { class: Model }'))).toEqual([])
})
