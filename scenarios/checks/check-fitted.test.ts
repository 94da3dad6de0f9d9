import { describe, expect, test } from 'vitest'
import { Failure } from '../failure.ts'
import { parseScenario } from '../parse/parse.ts'

/** Fits that scenarios state, by hand or from a file that was changed. */

const text = (work: string) => `spillway: 1
name: fitted
duration_s: 1
models:
  m:
    work:
      ${work}
traffic:
  - class: web
    arrivals: { process: poisson, rate_rps: 1 }
    output_tokens: { distribution: fixed, value: 9 }
pools: [{ name: gpu, model: m, generation: { policy: continuous, max_sequences: 8 } }]
`

function problemsOf(work: string): readonly string[] {
  try {
    parseScenario(text(work), { file: 's.yaml' })
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return error.problems
  }
  return []
}

const steps = (keys: string) => problemsOf(`{ law: generation, base_ms: 10, ${keys} }`)
const AT = 's.yaml:7:'

describe('a fit is refused with its place', () => {
  test.each([
    ['error: .nan', /^s\.yaml:7:\d+ models\.m\.work\.fitted\.error: expected a number.*got NaN/],
    ['error: -0.1', /fitted\.error: expected a number from 0 to 100, got -0\.1/],
    ['width: .nan', /fitted\.width: expected a number above 0.*got NaN/],
    ['width: .inf', /fitted\.width: expected a number.*got Infinity/],
    ['width: -0.2', /fitted\.width: expected a number above 0.*got -0\.2/],
    ['width: 0', /fitted\.width: expected a number above 0.*got 0/],
    ['width: 51', /fitted\.width: expected a number of at most 50, got 51/],
    ['error: 0.2, width: 0.1', /fitted\.width: expected at least error 0\.2, got 0\.1/],
    ['batch: [8, 1]', /fitted\.batch\.1: expected at least 8, the low end, got 1/],
  ])('%s', (keys, problem) => {
    const [first, ...others] = steps(`fitted: { ${keys} }`)
    expect(others).toEqual([])
    expect(first!.startsWith(AT)).toBe(true)
    expect(first).toMatch(problem)
  })
})

describe('laws that fit as well are refused with their place', () => {
  const FITTED = 'fitted: { error: 0.1 }'

  test.each([
    ['[]', /alternatives: expected a list of at least 1 entry, got an empty list/],
    ['[{}]', /alternatives\.0: expected a value of the law, got an empty map/],
    ['[{ base_ms: .nan }]', /alternatives\.0\.base_ms: expected a number.*got NaN/],
    [
      '[{ base_ms: 9 }, { base_ms: -1 }]',
      /alternatives\.1\.base_ms: expected a number of at least 0/,
    ],
    ['[{ base_ms: 0 }]', /alternatives\.0: expected a time above 0, got a step that takes none/],
    ['[{ compute: 0.4 }]', /alternatives\.0\.compute: unknown key/],
    ['3', /alternatives: expected a list, got 3/],
  ])('%s', (laws, problem) => {
    const [first, ...others] = steps(`${FITTED}, alternatives: ${laws}`)
    expect(others).toEqual([])
    expect(first!.startsWith(AT)).toBe(true)
    expect(first).toMatch(problem)
  })

  test('without what they fit', () => {
    expect(steps('alternatives: [{ base_ms: 9 }]')).toEqual([
      expect.stringMatching(
        /^s\.yaml:7:\d+ models\.m\.work\.alternatives: remove alternatives: without fitted nothing/,
      ),
    ])
  })

  test('and are taken with it', () => {
    expect(steps(`${FITTED}, alternatives: [{ base_ms: 9, per_sequence_ms: 0.1 }]`)).toEqual([])
  })
})

test('a law that is stated over a fit has no alternatives of that fit', () => {
  const fit =
    '{ law: generation, base_ms: 9, fitted: { error: 0.1 }, alternatives: [{ base_ms: 8 }] }'
  const workOf = (set: readonly string[]) =>
    parseScenario(text(fit), { file: 's.yaml', set }).scenario.models.m
  expect(workOf([])).toHaveProperty('work.alternatives')
  expect(workOf(['duration_s=50'])).toHaveProperty('work.alternatives')
  expect(workOf(['models.m.work.base_ms=20'])).not.toHaveProperty('work.alternatives')
  const asVariant = { name: 'other', set: ['models.m.work.base_ms=20'] }
  const { scenario } = parseScenario(text(fit), { file: 's.yaml', asVariant })
  expect(scenario.models.m).not.toHaveProperty('work.alternatives')
})
