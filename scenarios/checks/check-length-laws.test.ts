import { expect, test } from 'vitest'
import { problemsIn } from './problems.test-helper.ts'

/** The problems of a scenario with a class of these lengths, without file and position. */
function problemsOf(lengths: string): readonly string[] {
  const text = `spillway: 1
name: s
duration_s: 60
models: { m: { work: { law: generation, base_ms: 8 } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 9 }, ${lengths} }]
pools: [{ name: central, model: m, generation: { policy: continuous } }]
`
  return problemsIn(text)
}

const DRAWN = '{ distribution: uniform, min: 1, max: 9 }'
const FIXED = '{ distribution: fixed, value: 9 }'

test.each([
  [
    `input_tokens: ${DRAWN}, length_correlation: 0.5`,
    'remove length_correlation: it needs output_tokens',
  ],
  [
    `output_tokens: ${DRAWN}, length_correlation: 0.5`,
    'remove length_correlation: it needs input_tokens',
  ],
  [
    `input_tokens: ${FIXED}, output_tokens: ${DRAWN}, length_correlation: 0.5`,
    'remove length_correlation: input_tokens have distribution fixed',
  ],
  [
    `input_tokens: ${DRAWN}, output_tokens: ${DRAWN}, length_correlation: 1.5`,
    'expected a number of at most 1, got 1.5',
  ],
])('%s', (lengths, problem) => {
  expect(problemsOf(lengths)).toContain(`traffic.web.length_correlation: ${problem}`)
})

test.each([
  [
    `input_tokens: ${DRAWN}, length_schedule: [{ at_s: 3 }]`,
    '0: expected the key input_level or output_level, got neither',
  ],
  [
    `input_tokens: ${DRAWN}, length_schedule: [{ at_s: 3, output_level: 0.7 }]`,
    '0.output_level: remove output_level: the class has no output_tokens',
  ],
  [
    `input_tokens: ${DRAWN}, length_schedule: [{ at_s: 3, input_level: 0.7 }, { at_s: 3, input_level: 0.5 }]`,
    '1.at_s: expected more than 3, the at_s of the step before, got 3',
  ],
  [
    `input_tokens: ${DRAWN}, length_schedule: [{ at_s: 60, input_level: 0.7 }]`,
    '0.at_s: expected a time before the end at duration_s 60, got 60',
  ],
])('%s', (lengths, problem) => {
  expect(problemsOf(lengths)).toContain(`traffic.web.length_schedule.${problem}`)
})

test('several steps after the end are one problem', () => {
  const steps = [30, 60, 70, 80].map((at) => `{ at_s: ${at}, input_level: 0.7 }`).join(', ')
  expect(
    problemsOf(`input_tokens: ${DRAWN}, output_tokens: ${DRAWN}, length_schedule: [${steps}]`),
  ).toEqual([
    'traffic.web.length_schedule.1.at_s: expected a time before the end at duration_s 60, got 60, and 2 more that late',
  ])
})

test('lengths of a trace cannot follow a schedule', () => {
  const text = `spillway: 1
name: s
duration_s: 60
models: { m: { work: { law: linear, base_ms: 1, per_token_ms: 1 } } }
traffic:
  - class: web
    arrivals: { process: trace, file: t.csv, format: azure-llm }
    input_tokens: { distribution: trace }
    length_schedule: [{ at_s: 3, input_level: 0.7 }]
pools: [{ name: central, model: m }]
`
  expect(problemsIn(text)).toEqual([
    'traffic.web.length_schedule.0.input_level: remove input_level: input_tokens have distribution trace',
  ])
})

test('drawn lengths can follow a schedule', () => {
  const steps = '[{ at_s: 0, output_level: 0.7 }, { at_s: 9, input_level: 0.5 }]'
  const lengths = `input_tokens: ${DRAWN}, output_tokens: ${DRAWN}, length_schedule: ${steps}`
  expect(problemsOf(lengths)).toEqual([])
})

test('two drawn lengths can be correlated', () => {
  const lengths = `input_tokens: ${DRAWN}, output_tokens: ${DRAWN}, length_correlation: -1`
  expect(problemsOf(lengths)).toEqual([])
})
