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
