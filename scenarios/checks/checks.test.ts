import { describe, expect, test } from 'vitest'
import { Failure } from '../failure.ts'
import { parseScenario } from '../parse/parse.ts'
import { LENGTH_LAWS } from '../schema/takes-length.ts'

interface Parts {
  models?: string
  arrivals?: string
  tokens?: string
  pool?: string
  more?: string
}

const ENCODER = '{ builtin: transformer-encoder }'

function text(parts: Parts): string {
  return `spillway: 1
name: s
duration_s: 60
models:
  m: ${parts.models ?? ENCODER}
traffic:
  - class: web
    arrivals: { ${parts.arrivals ?? 'process: poisson, rate_rps: 40'} }
${parts.tokens === undefined ? '' : `    input_tokens: { ${parts.tokens} }\n`}pools:
  - { name: central, model: m${parts.pool === undefined ? '' : `, ${parts.pool}`} }
${parts.more ?? ''}`
}

/** The problems of a scenario, without file and position. */
function problemsOf(parts: Parts): readonly string[] {
  try {
    parseScenario(text(parts), { file: 's.yaml' })
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    for (const problem of error.problems) expect(problem).toMatch(/^s\.yaml:\d+:\d+ /)
    return error.problems.map((problem) => problem.replace(/^\S+ /, ''))
  }
  return []
}

const lengthsOf = (parts: Parts) =>
  parseScenario(text(parts), { file: 's.yaml' }).scenario.traffic[0]!.input_tokens

const CSV = 'process: trace, file: a.csv, format: csv, columns: { time: t }, time_unit: s'
const AZURE = 'process: trace, file: a.csv, format: azure-llm'
const GAMMA = 'process: gamma, cv: 2'
const LONG = 'distribution: fixed, value: 9'

describe('names', () => {
  test('are unique among classes and among pools', () => {
    const pools = 'router: {}\n'
    expect(problemsOf({ more: `  - { name: central, model: m }\n${pools}` })).toEqual([
      'pools.1.name: expected a name of its own, got "central" as in pools.0',
    ])
    const twice = text({}).replace('pools:', '  - { class: web, arrivals: { process: x } }\npools:')
    expect(() => parseScenario(twice, { file: 's' })).toThrow(
      'traffic.1.class: expected a class of its own, got "web" as in traffic.0',
    )
  })

  test('refer to existing items', () => {
    expect(problemsOf({ more: 'slo: { wbe: ["goodput > 99%"] }' })).toEqual([
      'slo.wbe: expected a class of traffic (web), got "wbe"; did you mean web?',
    ])
    expect(problemsOf({ more: '  - { name: b, model: toString }' })).toEqual([
      'pools.b.model: expected another name: JavaScript has this one for itself, got "toString"',
      'pools.b.model: expected one of the models m, got "toString"',
    ])
  })

  test('of an invalid class still count', () => {
    const parts = { arrivals: 'process: poisson', more: 'slo: { web: ["goodput > 99%"] }' }
    expect(problemsOf(parts)).toEqual([
      'traffic.web.arrivals: expected exactly one of rate_rps, load, schedule, got none',
    ])
  })
})

describe('arrivals', () => {
  test.each([
    [
      `${GAMMA}, rate_rps: 1, load: 1`,
      'load: expected exactly one of rate_rps, load, schedule, got rate_rps and load',
    ],
    [
      `${GAMMA}, load: 1, surges: [{ at_s: 60, factor: 2 }]`,
      'surges.0.at_s: expected a time before the end at duration_s 60, got 60',
    ],
    [
      `${GAMMA}, schedule: [{ at_s: 1, load: 1 }]`,
      'schedule.0.at_s: expected 0 for the first step, got 1',
    ],
    [
      `${GAMMA}, schedule: [{ at_s: 0, load: 1 }, { at_s: 0, load: 2 }]`,
      'schedule.1.at_s: expected more than 0, the at_s of the step before, got 0',
    ],
    [
      `${GAMMA}, schedule: [{ at_s: 0 }]`,
      'schedule.0: expected exactly one of rate_rps, load, got none',
    ],
    [
      `${GAMMA}, schedule: [{ at_s: 0, load: 0 }]`,
      'schedule: expected a step with a rate above 0, got none',
    ],
    [`${AZURE}, time_unit: s`, 'time_unit: remove time_unit: format azure-llm determines it'],
    [`${AZURE}, load: 1, time_scale: 2`, 'load: expected either time_scale or load, got both'],
    [`${AZURE}, window: { from_s: 9, to_s: 9 }`, 'window.to_s: expected more than from_s 9, got 9'],
    [`${AZURE}, window: { from: 9, to_s: 9 }`, 'window.from: unknown key; did you mean from_s?'],
    [
      `${CSV}, length_scale: 2`,
      'length_scale: remove length_scale: no length is taken from the trace',
    ],
    [
      `${AZURE}, rate_rps: 3`,
      /^traffic\.web\.arrivals\.rate_rps: unknown key; expected one of process, file, /,
    ],
  ])('%s', (arrivals, problem) => {
    const problems = problemsOf({ arrivals }).filter((p) => !/input_tokens/.test(p.split(':')[0]!))
    const want = typeof problem === 'string' ? `traffic.web.arrivals.${problem}` : problem
    if (typeof want === 'string') expect(problems).toContain(want)
    else expect(problems.join('\n')).toMatch(want)
  })

  test('surges and steps within the run are fine', () => {
    expect(
      problemsOf({ arrivals: `${GAMMA}, load: 1, surges: [{ at_s: 59, factor: 2 }]` }),
    ).toEqual([])
    const schedule = 'schedule: [{ at_s: 0, load: 0 }, { at_s: 9, rate_rps: 4 }]'
    expect(problemsOf({ arrivals: `${GAMMA}, ${schedule}` })).toEqual([])
  })
})

describe('lengths', () => {
  test('come from the trace if it has them and a model depends on length', () => {
    const mapped = CSV.replace('time: t', 'time: t, input_tokens: n')
    expect(lengthsOf({ arrivals: AZURE })).toEqual({ distribution: 'trace' })
    expect(lengthsOf({ arrivals: mapped })).toEqual({ distribution: 'trace' })
    expect(lengthsOf({ arrivals: CSV })).toEqual({ distribution: 'fixed', value: 1 })
    expect(lengthsOf({ arrivals: AZURE, tokens: LONG })).toMatchObject({ value: 9 })
    expect(lengthsOf({ arrivals: AZURE, models: '{ builtin: mlp }' })).toMatchObject({ value: 1 })
  })

  test.each([
    ['distribution: uniform, min: 9, max: 8', 'max: expected at least min 9, got 8'],
    [
      'distribution: lognormal, median: 9, p99: 8, max: 99',
      'p99: expected at least median 9, got 8',
    ],
    [
      'distribution: lognormal, median: 9, p99: 10, min: 8, max: 7',
      'max: expected at least min 8, got 7',
    ],
    [
      'distribution: lognormal, median: 9, p99: 10, max: 7',
      'median: expected a median from min 1 to max 7, got 9',
    ],
    [
      'distribution: quantiles, quantiles: [[0.1, 1], [1, 2]]',
      'quantiles.0.0: expected probability 0 first, got 0.1',
    ],
    [
      'distribution: quantiles, quantiles: [[0, 1], [0.9, 2]]',
      'quantiles.1.0: expected probability 1 last, got 0.9',
    ],
    [
      'distribution: quantiles, quantiles: [[0, 1], [0, 2], [1, 3]]',
      'quantiles.1.0: expected more than 0, the probability before, got 0',
    ],
    [
      'distribution: quantiles, quantiles: [[0, 3], [1, 2]]',
      'quantiles.1.1: expected at least 3, the length before, got 2',
    ],
    ['distribution: trace', 'distribution: expected another one with process poisson, got "trace"'],
  ])('%s', (tokens, problem) => {
    expect(problemsOf({ tokens })).toEqual([`traffic.web.input_tokens.${problem}`])
  })

  test('of a trace need the name of their column', () => {
    expect(problemsOf({ arrivals: CSV, tokens: 'distribution: trace' })).toEqual([
      'traffic.web.input_tokens.distribution: expected columns.input_tokens, which names the column of the trace, got nothing',
    ])
  })

  test.each([
    '{ builtin: mlp }',
    '{ work: { law: constant, ms: 1 } }',
    '{ onnx: a.onnx, inputs: { x: { shape: [batch, 3] } } }',
  ])('are refused as unused for %s', (models) => {
    const problem = 'traffic.web.input_tokens: remove input_tokens: requests of m have no length'
    // a declared law can be replaced by one that takes lengths
    const laws = models.includes('work') ? `; ${LENGTH_LAWS}` : ''
    expect(problemsOf({ models, tokens: LONG })).toEqual([`${problem}${laws}`])
    expect(problemsOf({ models, tokens: 'distribution: fixed, value: 1' })).toEqual([])
    // another pool whose model depends on length makes them useful
    const two = text({ models, tokens: LONG }).replace('models:', `models:\n  e: ${ENCODER}`)
    const both = `${two}  - { name: other, model: e }\n`
    expect(parseScenario(both, { file: 's.yaml' }).scenario.pools).toHaveLength(2)
  })
})

describe('models and pools', () => {
  const onnx = '{ onnx: a.onnx, inputs: { x: { shape: [1, length] } } }'

  test.each<[Parts, string]>([
    [
      { models: '{ builtin: transformer-encoder, hidden: 100, heads: 7 }' },
      'models.m.hidden: expected a multiple of heads 7, got 100',
    ],
    [
      { models: '{ work: { law: linear, base_ms: 0 } }' },
      'models.m.work: expected a time above 0, got a batch that takes none',
    ],
    [
      { models: '{ work: { law: two-point, ms: 10, slow_ms: 5, slow_share: 0.1 } }' },
      'models.m.work.slow_ms: expected more than ms 10, got 5',
    ],
    [
      {
        models:
          '{ work: { law: constant, ms: 1, setup_ms: { distribution: uniform, min: 3, max: 2 } } }',
      },
      'models.m.work.setup_ms.max: expected at least min 3, got 2',
    ],
    [
      { models: onnx.replace(']', '], vocabulary: 7') },
      'models.m.inputs.x.vocabulary: remove vocabulary: fill normal has none',
    ],
    [
      { models: onnx, pool: 'precision: int8' },
      'pools.central.precision: expected fp32, as model m is one file (or give it onnx: { fp32: FILE, int8: FILE }), got "int8"',
    ],
    [
      { models: '{ work: { law: constant, ms: 1 } }', pool: 'precision: fp16' },
      'pools.central.precision: expected fp32 for declared work without memory, got "fp16"',
    ],
    [
      { models: onnx, pool: 'batching: { policy: fixed, batch: 2 }' },
      'pools.central.batching.batch: expected 1, as no input of model m has a batch dimension, got 2',
    ],
    [
      { pool: 'queue: { routing: round-robin }' },
      'pools.central.queue.routing: remove routing: with mode shared the replicas take requests from one queue',
    ],
    [
      { pool: 'batching: { policy: dynamic, max_batch: 8, preferred: [9] }' },
      'pools.central.batching.preferred.0: expected at most max_batch 8, got 9',
    ],
    [
      { pool: 'batching: { policy: dynamic, max_batch: 8, preferred: [4, 4] }' },
      'pools.central.batching.preferred.1: expected more than 4, the size before, got 4',
    ],
    [
      { pool: 'replicas: 1025' },
      'pools.central.replicas: expected a number of at most 1024, got 1025',
    ],
    [
      { pool: 'batching: { policy: fixed, batch: 4097 }' },
      'pools.central.batching.batch: expected a number of at most 4096, got 4097',
    ],
    [{ more: 'warmup_s: 60' }, 'warmup_s: expected less than duration_s 60, got 60'],
  ])('%o', (parts, problem) => {
    expect(problemsOf(parts)).toEqual([problem])
  })

  test('routing needs mode per-replica', () => {
    expect(problemsOf({ pool: 'queue: { mode: per-replica, routing: round-robin }' })).toEqual([])
  })
})

test('one invalid value does not hide problems between other values', () => {
  const problems = problemsOf({
    models: '{ builtin: mlp, width: 0 }',
    arrivals: 'process: poisson',
    tokens: 'distribution: uniform, min: 2, max: 1',
    pool: 'replicas: x, batching: { policy: dynamic, max_batch: 2, preferred: [3] }',
  })
  expect(problems.map((problem) => problem.split(':')[0])).toEqual([
    'models.m.width',
    'traffic.web.arrivals',
    'traffic.web.input_tokens.max',
    'pools.central.replicas',
    'pools.central.batching.preferred.0',
  ])
})
