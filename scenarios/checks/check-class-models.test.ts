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
${classes.map((keys, i) => `  - { class: c${i}, arrivals: { process: poisson, rate_rps: 4 }${keys} }`).join('\n')}
pools:
${pools.map((keys, i) => `  - { name: p${i}, ${keys} }`).join('\n')}
`)
}

const A = ', model: a'
const B = ', model: b'

describe('the model of a class', () => {
  test('may be named if all classes name one, and each pool serves a named model', () => {
    expect(problemsOf([A, B], ['model: a', 'model: b', 'model: b'])).toEqual([])
    expect(problemsOf([A, A], ['model: a'])).toEqual([])
    expect(problemsOf(['', ''], ['model: a', 'model: b'])).toEqual([])
  })

  test('must be named by all classes or none', () => {
    expect(problemsOf(['', A, B], ['model: a', 'model: b'])).toEqual([
      'traffic.c0: expected the key model, as class c1 has it, got nothing',
    ])
  })

  test('must exist', () => {
    expect(problemsOf([A, ', model: other'], ['model: a', 'model: bother'])).toEqual([
      'traffic.c1.model: expected a model of a pool that requests arrive at (a, bother), got "other"; did you mean bother?',
    ])
  })

  test('must have a pool', () => {
    expect(problemsOf([A, B], ['model: a'])).toEqual([
      'traffic.c1.model: expected a model of a pool that requests arrive at (a), got "b"',
    ])
  })

  test('leaves no pool without requests', () => {
    expect(problemsOf([A, A], ['model: a', 'model: b'])).toEqual([
      'pools.p1.model: expected the model of a class, got "b"',
    ])
  })
})

describe('pools with KV transfer', () => {
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

  test('classes name the model of pools that receive requests from clients', () => {
    expect(scenario('prompts')).toEqual([])
    expect(scenario('tokens')).toEqual([
      'traffic.chat.model: expected a model of a pool that requests arrive at (prompts), got "tokens"',
    ])
  })
})
