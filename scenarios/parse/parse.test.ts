import { describe, expect, test } from 'vitest'
import { changed } from '../../test/scenarios.ts'
import { Failure } from '../failure.ts'
import { starterScenario } from '../load/starter.ts'
import { parseScenario } from './parse.ts'

const BASE = `spillway: 1
name: base
duration_s: 60
models:
  enc: { builtin: transformer-encoder }
traffic:
  - class: web
    arrivals: { process: poisson, rate_rps: 40 }
  - class: bulk
    arrivals: { process: gamma, cv: 2, load: 0.2 }
pools:
  - name: central
    model: enc
`

function problemsOf(text: string, set: string[] = [], seed?: number): readonly string[] {
  try {
    parseScenario(text, { file: 's.yaml', set, seed })
  } catch (error) {
    if (error instanceof Failure) return error.problems
    throw error
  }
  return []
}

/** The problems after replacing a piece of the base scenario. */
function edited(from: string, to: string): readonly string[] {
  expect(BASE).toContain(from)
  return problemsOf(changed(BASE, [from, to]))
}

test('bf16 is refused with the precision to write', () => {
  const [problem] = edited('    model: enc\n', '    model: enc\n    precision: bf16\n')
  expect(problem).toContain('got "bf16"; write fp16, which has as many bits and the same peak')
  expect(problemsOf(BASE, ['pools.central.precision=bfloat16']).join()).toContain('write fp16')
  expect(problemsOf(BASE, ['pools.central.precision=bf17']).join()).not.toContain('write fp16')
})

describe('a valid scenario', () => {
  test('has its defaults filled in and is deeply frozen', () => {
    const { scenario } = parseScenario(BASE, { file: 'x/s.yaml' })
    expect(scenario.pools[0]).toMatchObject({ replicas: 1, batching: { policy: 'none' } })
    expect(scenario.traffic[0]!.input_tokens).toEqual({ distribution: 'fixed', value: 1 })
    expect(Object.isFrozen(scenario.traffic[0]!.arrivals)).toBe(true)
  })

  test('the hash depends on values, not on their notation', () => {
    const hash = (text: string, set: string[] = []) =>
      parseScenario(text, { file: 's.yaml', set }).hash
    expect(
      hash(`# a comment\n${changed(BASE, ['duration_s: 60', 'seed: 1\nduration_s: 6.0e1'])}`),
    ).toBe(hash(BASE))
    expect(hash(`$schema: x.json\n${BASE}`)).toBe(hash(BASE))
    expect(hash(BASE, ['duration_s=61'])).not.toBe(hash(BASE))
    expect(hash(BASE)).toMatch(/^[0-9a-f]{16}$/)
  })

  test('the starter is valid', () => {
    const { scenario } = parseScenario(starterScenario(), { file: 'starter.yaml' })
    expect(starterScenario()).toMatch(/^# yaml-language-server: \$schema=/)
    expect(scenario.slo.web).toHaveLength(2)
    expect(scenario.models.yardstick).toMatchObject({ builtin: 'mlp' })
  })
})

describe('problems of a value', () => {
  test('an unknown key is reported at its place, with the nearest known key', () => {
    expect(edited('rate_rps', 'rate_rp')).toEqual([
      's.yaml:8:35 traffic.web.arrivals.rate_rp: unknown key; did you mean rate_rps?',
    ])
    expect(edited('model: enc', 'model: enc\n    colour: red')).toEqual([
      's.yaml:14:5 pools.central.colour: unknown key; expected one of name, place, accelerator, tensor_parallel, partition, card, power, heat, execution_provider, threads, replicas, price_usd_per_hour, pricing, model, precision, engine, target, speed, admission, queue, outlier_detection, batching, generation, memory, scaling, retry_policy, circuit_breakers',
    ])
  })

  test('a key one level too high is reported with its correct place', () => {
    expect(edited('model: enc', 'model: enc\n    max_batch: 4')).toEqual([
      's.yaml:14:5 pools.central.max_batch: unknown key; did you mean batching.max_batch?',
    ])
  })

  test('a mistyped key is one problem, not also a missing key', () => {
    expect(edited('duration_s', 'duraton_s')).toEqual([
      's.yaml:3:1 duraton_s: unknown key; did you mean duration_s?',
    ])
  })

  test('a key of another kind of model is unknown for this kind', () => {
    const declared = 'models: { enc: { work: { law: constant, ms: 1 }, inputs: {} } }'
    const problems = problemsOf(`spillway: 1
name: s
duration_s: 9
${declared}
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 1 } }]
pools: [{ name: central, model: enc }]
`)
    expect(problems).toEqual([expect.stringMatching(/models\.enc\.inputs: unknown key/)])
  })

  test('names that every JavaScript object has are refused', () => {
    for (const name of ['constructor', 'toString', 'hasOwnProperty']) {
      expect(edited('name: central', `name: ${name}`).join()).toContain('expected another name')
      expect(edited('class: web', `class: ${name}`).join()).toContain('expected another name')
    }
  })

  test('a missing key is reported at the map that lacks it', () => {
    expect(edited('process: gamma, cv: 2', 'process: gamma')).toEqual([
      's.yaml:10:15 traffic.bulk.arrivals.cv: expected a number from 0.05 to 50, got nothing',
    ])
  })

  test('numbers are reported with their range, and text that is a number without quotes', () => {
    expect(edited('duration_s: 60', 'duration_s: -1')[0]).toBe(
      's.yaml:3:13 duration_s: expected a number above 0, got -1',
    )
    expect(edited('model: enc', 'model: enc\n    replicas: 1.5')[0]).toContain(
      'expected a whole number from 1 to 1024, got 1.5',
    )
    expect(edited('duration_s: 60', 'duration_s: "60"')[0]).toContain(
      'got "60"; write it without quotes',
    )
    expect(edited('name: base', 'name: 2024')[0]).toBe(
      's.yaml:2:7 name: expected text, got 2024; write it in quotes: "2024"',
    )
    expect(edited('model: enc', 'model: enc\n    memory: { allocator: bfc, pattern: on }')).toEqual(
      [expect.stringContaining('memory.pattern: expected true or false, got "on"')],
    )
    // and not also a problem of the text's length
    const remedy = 'model: enc\n    memory: { allocator: bfc, out_of_memory: shrink }'
    expect(edited('model: enc', remedy)).toEqual([
      expect.stringContaining('memory.out_of_memory: expected a list, got "shrink"'),
    ])
    expect(edited('duration_s: 60', 'duration_s: .inf')[0]).toContain('got Infinity')
    expect(edited('duration_s: 60', 'duration_s: 1e9')[0]).toContain('at most 10000000, got')
  })

  test('of a union only the meant branch is reported', () => {
    expect(edited('process: poisson', 'process: possion')).toEqual([
      's.yaml:8:26 traffic.web.arrivals.process: expected one of deterministic, poisson, gamma, weibull, mmpp, on-off, clients, closed-loop, sum, servegen, trace, got "possion"; did you mean poisson?',
    ])
    expect(edited('{ builtin: transformer-encoder }', '{ builtin: mlp, heads: 2 }')).toEqual([
      's.yaml:5:24 models.enc.heads: unknown key; expected one of builtin, layers, width, seed',
    ])
    expect(edited('{ builtin: transformer-encoder }', '{ work: { law: linear } }')).toEqual([
      's.yaml:5:16 models.enc.work.base_ms: expected a number of at least 0, got nothing',
    ])
    expect(edited('{ builtin: transformer-encoder }', '{ onnx: a.onnx }')).toEqual([
      's.yaml:5:8 models.enc.inputs: expected a map, got nothing',
    ])
    expect(edited('{ builtin: transformer-encoder }', '{ bultin: mlp }')).toEqual([
      's.yaml:5:10 models.enc.bultin: expected the key builtin or onnx or work, got bultin; did you mean builtin?',
    ])
    expect(edited('{ builtin: transformer-encoder }', '{}')).toEqual([
      's.yaml:5:8 models.enc: expected the key builtin or onnx or work, got an empty map',
    ])
  })

  test('null is named where an empty list of a key that may be left out is refused', () => {
    const crashes = '- { kind: crash, at_s: [], restart_s: { distribution: fixed, value: 1 } }'
    expect(problemsOf(`${BASE}failures:\n  ${crashes}\nvariants: []\n`)).toEqual([
      's.yaml:15:26 failures.0.at_s: expected a list of at least 1 entry, got an empty list; null removes it',
      's.yaml:16:11 variants: expected a map, got an empty list; null removes it',
    ])
    expect(edited('{ builtin: transformer-encoder }', '[]')).toEqual([
      's.yaml:5:8 models.enc: expected a map with the key builtin or onnx or work, got an empty list',
    ])
  })

  test('all problems are reported at once, in the order of the text', () => {
    const problems = problemsOf(
      changed(BASE, ['spillway: 1', 'spillway: 9'], ['cv: 2', 'cv: 0'], ['central', '""']),
    )
    expect(problems.map((text) => text.split(' ')[0])).toEqual([
      's.yaml:1:11',
      's.yaml:10:37',
      's.yaml:12:11',
    ])
  })

  test('duplicate keys do not hide other problems', () => {
    expect(problemsOf(`${BASE}name: again\nseed: x\n`)).toEqual([
      's.yaml:14:1: expected each key once, got "name" again',
      's.yaml:15:7 seed: expected a whole number of at least 0, got "x"',
    ])
  })
})

describe('text that is not a scenario', () => {
  test.each([
    ['', 's.yaml:1:1: expected a map, got an empty value'],
    ['- 1', 's.yaml:1:1: expected a map, got a list of 1'],
    ['a: [1,', /^s\.yaml:1:\d+: expected valid YAML: Flow sequence/],
    ['a: 1\n---\nb: 1', 's.yaml:2:1: expected one document, got a second one'],
    ['a: !!binary 1', /^s\.yaml:1:4: expected a value without a YAML tag, got /],
    ['__proto__: 1', 's.yaml:1:1: expected a key that is text, got __proto__'],
    ['? [1]\n: 2', /expected a key that is text/],
    ['name: *x', 's.yaml:1:7: expected a known anchor, got *x'],
    ['name: &a [*a]', /expected a smaller document/],
  ])('%s', (text, problem) => {
    const problems = problemsOf(text)
    if (typeof problem === 'string') expect(problems).toContain(problem)
    else expect(problems.join('\n')).toMatch(new RegExp(problem.source, 'm'))
  })

  test('endless nesting is refused', () => {
    expect(problemsOf('{'.repeat(50_000))).toEqual([
      's.yaml:1:1: expected at most 50 levels of nesting, got more',
    ])
  })

  test('multiplying aliases are refused before they fill the memory', () => {
    const levels = Array.from({ length: 12 }, (_, i) => {
      const inner =
        i === 0
          ? '1'
          : Array(9)
              .fill(`*l${i - 1}`)
              .join(', ')
      return `l${i}: &l${i} [${inner}]`
    })
    expect(problemsOf(levels.join('\n')).join('\n')).toContain('expected a smaller document')
  })
})

describe('--set', () => {
  test('overrides by number, by name and in order', () => {
    const set = [
      'traffic.0.arrivals.rate_rps=50',
      'traffic.bulk.arrivals.load=0.7',
      'pools.central.batching={ policy: fixed, batch: 4 }',
      'slo.web=["goodput > 99%"]',
      'duration_s=1',
      'duration_s=2',
    ]
    const { scenario } = parseScenario(BASE, { file: 's.yaml', set, seed: 9 })
    expect(scenario).toMatchObject({
      seed: 9,
      duration_s: 2,
      slo: { web: ['goodput > 99%'] },
      traffic: [{ arrivals: { rate_rps: 50 } }, { arrivals: { load: 0.7 } }],
      pools: [{ batching: { policy: 'fixed', batch: 4 } }],
    })
  })

  test('null removes a value', () => {
    const set = ['traffic.web.arrivals.rate_rps=null', 'traffic.web.arrivals.load=0.5']
    const { scenario } = parseScenario(BASE, { file: 's.yaml', set })
    expect(scenario.traffic[0]!.arrivals).toEqual({
      process: 'poisson',
      load: 0.5,
      surges: [],
      waves: [],
    })
  })

  test('names with dots are found', () => {
    const text = changed(BASE, ['name: central', 'name: eu.central'])
    const { scenario } = parseScenario(text, {
      file: 's.yaml',
      set: ['pools.eu.central.replicas=3'],
    })
    expect(scenario.pools[0]!.replicas).toBe(3)
  })

  test.each([
    [
      'traffic.wbe.arrivals.load=1',
      '--set traffic.wbe.arrivals.load=1: expected an entry of traffic, which has web, bulk, got "wbe"; did you mean web?',
    ],
    ['pools.7.replicas=1', /^--set pools\.7\.replicas=1: expected an entry of pools/],
    [
      'pools.central.replicas=two',
      '--set pools.central.replicas=two: expected a whole number from 1 to 1024, got "two"',
    ],
    [
      'pools.central.replica=2',
      '--set pools.central.replica=2: unknown key; did you mean replicas?',
    ],
    [
      'models.enc={ work: { law: constant } }',
      '--set models.enc={ work: { law: constant } }: models.enc.work.ms: expected a number above 0, got nothing',
    ],
    [
      'traffic.web.arrivals.load=1',
      '--set traffic.web.arrivals.load=1: expected exactly one of rate_rps, load, schedule, got rate_rps and load; to drop what is inherited, set rate_rps: null',
    ],
    ['duration_s', '--set duration_s: expected path=value, got "duration_s"'],
    ['a..b=1', '--set a..b=1: expected path=value, got "a..b=1"'],
    ['extends=x', /^--set extends=x: expected a value of the scenario/],
    ['duration_s=[', /^--set duration_s=\[: expected valid YAML/],
    ['__proto__.x=1', /^--set __proto__\.x=1: expected a key that is text/],
  ])('%s is reported with its text', (set, problem) => {
    const problems = problemsOf(BASE, [set])
    expect(problems).toHaveLength(1)
    if (typeof problem === 'string') expect(problems[0]).toBe(problem)
    else expect(problems[0]).toMatch(problem)
  })

  test('a bad seed names --seed', () => {
    expect(problemsOf(BASE, [], -3)).toEqual([
      '--seed -3: expected a whole number of at least 0, got -3',
    ])
  })
})
