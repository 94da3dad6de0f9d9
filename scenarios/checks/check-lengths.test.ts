import { expect, test } from 'vitest'
import { problemsIn } from './problems.test-helper.ts'

/** The problems of a scenario with a class of these lengths, without file and position. */
function problemsOf(lengths: string): readonly string[] {
  const text = `spillway: 1
name: s
duration_s: 60
models: { m: { work: { law: linear, base_ms: 1, per_token_ms: 1 } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 9 }, ${lengths} }]
pools: [{ name: central, model: m }]
`
  return problemsIn(text)
}

const DRAWN = '{ distribution: uniform, min: 1, max: 9 }'
const FIXED = '{ distribution: fixed, value: 9 }'

test.each([
  [
    `input_tokens: ${DRAWN}, length_correlation: 0.5`,
    'expected no length_correlation without output_tokens, got "length_correlation"',
  ],
  [
    `output_tokens: ${DRAWN}, length_correlation: 0.5`,
    'expected no length_correlation without input_tokens, got "length_correlation"',
  ],
  [
    `input_tokens: ${FIXED}, output_tokens: ${DRAWN}, length_correlation: 0.5`,
    'expected no length_correlation, as input_tokens are fixed, got "length_correlation"',
  ],
  [
    `input_tokens: ${DRAWN}, output_tokens: ${DRAWN}, length_correlation: 1.5`,
    'expected a number of at most 1, got 1.5',
  ],
])('%s', (lengths, problem) => {
  expect(problemsOf(lengths)).toContain(`traffic.web.length_correlation: ${problem}`)
})

test('two drawn lengths may be correlated', () => {
  const lengths = `input_tokens: ${DRAWN}, output_tokens: ${DRAWN}, length_correlation: -1`
  expect(problemsOf(lengths)).toEqual([])
})
