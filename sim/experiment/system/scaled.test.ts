import { describe, expect, test } from 'vitest'
import { scenarioSchema } from '../../../scenarios/schema/schema.ts'
import { withLengths } from './scaled-lengths.ts'
import { withDeclaredSpeed } from './scaled-speed.ts'

const scenario = (work: object, input_tokens?: object) =>
  scenarioSchema.parse({
    spillway: 1,
    name: 'test',
    duration_s: 10,
    models: { m: { work } },
    traffic: [
      {
        class: 'web',
        arrivals: { process: 'poisson', rate_rps: 100 },
        ...(input_tokens && { input_tokens }),
      },
    ],
    pools: [{ name: 'central', model: 'm' }],
  })

const LINEAR = { law: 'linear', base_ms: 4, per_token_ms: 1 }

describe('withLengths', () => {
  test.each([
    [
      { distribution: 'fixed', value: 100 },
      { distribution: 'fixed', value: 110 },
    ],
    [
      { distribution: 'uniform', min: 10, max: 90 },
      { distribution: 'uniform', min: 11, max: 99 },
    ],
    [
      { distribution: 'geometric', mean: 20 },
      { distribution: 'geometric', mean: 22 },
    ],
    [
      { distribution: 'lognormal', median: 20, p99: 100, min: 1, max: 120 },
      { distribution: 'lognormal', median: 22, p99: 110, min: 1, max: 120 },
    ],
  ])('%j times 1.1 is %j', (before, after) => {
    const scaled = withLengths(scenario(LINEAR, before), 1.1)!
    const found = { ...scaled.traffic[0]!.input_tokens } as Record<string, unknown>
    for (const [key, value] of Object.entries(after)) {
      if (typeof value === 'number') expect(found[key]).toBeCloseTo(value, 9)
      else expect(found[key]).toBe(value)
    }
  })

  test('scales prompts and answers of a trace as it is read, each by its own factor', () => {
    const file = { process: 'trace', format: 'csv', file: 'x.csv', time_unit: 's', output_scale: 2 }
    const arrivals = { ...file, columns: { time: 't', input_tokens: 'p', output_tokens: 'a' } }
    const trace = { distribution: 'trace' }
    const before = scenario(LINEAR, trace)
    const [web] = before.traffic
    const traced = scenarioSchema.parse({
      ...before,
      traffic: [{ ...web, arrivals, output_tokens: trace }],
    })
    const found = withLengths(traced, 1.1)!.traffic[0]!
    expect(found.arrivals).toMatchObject({ length_scale: 1.1, output_scale: 2.2 })
    expect(found.input_tokens).toEqual(trace)
    // answers of a fixed length are not the trace's
    const fixed = { distribution: 'fixed', value: 100 }
    const half = scenarioSchema.parse({
      ...traced,
      traffic: [{ ...web, arrivals, output_tokens: fixed }],
    })
    const other = withLengths(half, 1.1)!.traffic[0]!
    expect(other.arrivals).toMatchObject({ length_scale: 1.1, output_scale: 2 })
    expect(other.output_tokens).toEqual({ distribution: 'fixed', value: 110 })
  })

  test('is null where no model takes lengths', () => {
    expect(withLengths(scenario({ law: 'constant', ms: 3 }), 1.1)).toBeNull()
  })
})

/** Every time of a law is in ms, every rate in requests/s. */
const LAWS = [
  { law: 'constant', ms: 3 },
  { law: 'two-point', ms: 3, slow_ms: 30, slow_share: 0.1 },
  { law: 'exponential', mean_ms: 3 },
  { law: 'linear', base_ms: 3, per_item_ms: 1, per_token_ms: 0.1 },
  { law: 'table', sizes: [1, 2], ms: [3, 4], cv: 0 },
  { law: 'length-table', sizes: [1], lengths: [8, 16], ms: [[3, 4]], cv: 0 },
  { law: 'throughput', concurrency: [1, 2], throughput_rps: [100, 150], instances: 1, cv: 0 },
]

test.each(LAWS)('a declared speed of 2 halves every time of $law, and doubles its rates', (law) => {
  const model = withDeclaredSpeed(scenario(law), 2).models.m!
  const work = ('work' in model ? model.work : {}) as Record<string, unknown>
  for (const [key, value] of Object.entries(law)) {
    const factor = /(^|_)ms$/.test(key) ? 0.5 : key === 'throughput_rps' ? 2 : 1
    expect(work[key], key).toEqual(scaled(value, factor))
  }
})

function scaled(value: unknown, factor: number): unknown {
  if (typeof value === 'number') return factor * value
  return Array.isArray(value) ? value.map((item) => scaled(item, factor)) : value
}
