import { describe, expect, test } from 'vitest'
import { problemsIn } from './problems.test-helper.ts'

/** The problems of a scenario with these classes and pools. */
function problemsOf(classes: readonly string[], pools: readonly string[]): readonly string[] {
  return problemsIn(`spillway: 1
name: s
duration_s: 60
models:
  a: { work: { law: constant, ms: 1 } }
  b: { work: { law: constant, ms: 2 } }
  bother: { work: { law: constant, ms: 3 } }
traffic:
${classes.map((own, i) => `  - { class: c${i}, arrivals: { process: poisson, rate_rps: 4 }${own} }`).join('\n')}
pools:
${pools.map((own, i) => `  - { name: p${i}, ${own} }`).join('\n')}
`)
}

const A = ', model: a'
const B = ', model: b'

describe('a class may ask for a model', () => {
  test('where every class asks for one that a pool has, and every pool is asked for', () => {
    expect(problemsOf([A, B], ['model: a', 'model: b', 'model: b'])).toEqual([])
    expect(problemsOf([A, A], ['model: a'])).toEqual([])
    expect(problemsOf(['', ''], ['model: a', 'model: b'])).toEqual([])
  })

  test('but not where another asks for none', () => {
    expect(problemsOf(['', A, B], ['model: a', 'model: b'])).toEqual([
      'traffic.c0: expected model, as class c1 asks for one, got nothing',
    ])
  })

  test('and one that there is', () => {
    expect(problemsOf([A, ', model: other'], ['model: a', 'model: bother'])).toEqual([
      'traffic.c1.model: expected a model of a pool that requests come to (a, bother), got "other"; did you mean bother?',
    ])
  })

  test('and one that a pool has', () => {
    expect(problemsOf([A, B], ['model: a'])).toEqual([
      'traffic.c1.model: expected a model of a pool that requests come to (a), got "b"',
    ])
  })

  test('and no pool is left over that nobody asks for', () => {
    expect(problemsOf([A, A], ['model: a', 'model: b'])).toEqual([
      'pools.p1.model: expected a model that a class asks for, got "b"',
    ])
  })
})

describe('of pools that hand over', () => {
  const scenario = (asked: string) =>
    problemsIn(`spillway: 1
name: s
duration_s: 60
models:
  prompts: { work: { law: generation, base_ms: 8 } }
  tokens: { work: { law: generation, base_ms: 9 } }
traffic:
  - class: chat
    model: ${asked}
    arrivals: { process: poisson, rate_rps: 4 }
    output_tokens: { distribution: fixed, value: 9 }
pools:
  - name: first
    model: prompts
    generation: { policy: continuous, hand_over: { pool: then } }
  - { name: then, model: tokens, generation: { policy: continuous } }
`)

  test('classes ask for those where requests begin', () => {
    expect(scenario('prompts')).toEqual([])
    expect(scenario('tokens')).toEqual([
      'traffic.chat.model: expected a model of a pool that requests come to (prompts), got "tokens"',
    ])
  })
})
