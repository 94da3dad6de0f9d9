import { afterAll, describe, expect, test } from 'vitest'
import { resultText } from '../reports/index.ts'
import { atTraffic, headroom } from '../runtime/jobs/headroom.ts'
import { loadSystem } from '../runtime/jobs/prepare.ts'
import { simulate } from '../runtime/jobs/simulate.ts'
import { closeSimulations } from '../runtime/jobs/simulations/simulation-processes.ts'
import { withUncertainInputs } from '../runtime/jobs/uncertainty.ts'
import { loadScenario } from '../scenarios/index.ts'
import { type Result, resultSchema } from '../sim/documents/index.ts'
import { madeUpProfile } from './profiles.ts'
import { put, temporaryFolder } from './spillway.ts'

/** Results with what is not known of their inputs, from the scenario to the document. */

afterAll(closeSimulations)

interface Wanted {
  readonly work?: string
  readonly rate?: string
  readonly limits?: readonly string[]
  readonly more?: string
  readonly seconds?: number
}

const text = ({ work = '', rate = '50', limits = [], more = '', seconds = 60 }: Wanted) => `
spillway: 1
name: unknown
duration_s: ${seconds}
warmup_s: 5
models: { m: { work: { ${work} } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: ${rate} } }]
slo: { web: ${JSON.stringify(limits)} }
pools: [{ name: a, model: m, price_usd_per_hour: 1.5 ± 20 % }]
${more}`

async function resultOf(wanted: Wanted, options: Parameters<typeof withUncertainInputs>[2] = {}) {
  const source = { file: 'unknown.yaml', text: text(wanted), directory: '.' }
  const system = await loadSystem(source)
  return withUncertainInputs(system, await simulate(system, { replications: 6 }), options)
}

type Metric = NonNullable<Result['uncertainty']>['figures'][number]['metric']

function figure({ uncertainty }: Result, metric: Metric, p: number | null = null) {
  const wanted = uncertainty!.figures.find((of) => of.metric === metric && of.p === p)
  expect(wanted, metric).toBeDefined()
  return wanted!
}

/** A scenario of two calibrated models, of which one has occasions. */
async function profiled(uncertain: string) {
  const mlp = (layers: number) => `{ builtin: mlp, layers: ${layers}, width: 64 }`
  const measured = `
spillway: 1
name: profiled
duration_s: 10
warmup_s: 1
models: { a: ${mlp(2)}, b: ${mlp(3)} }
traffic:
  - { class: a, model: a, arrivals: { process: poisson, rate_rps: 400 } }
  - { class: b, model: b, arrivals: { process: poisson, rate_rps: 400 } }
pools: [{ name: a, model: a, price_usd_per_hour: 1 }, { name: b, model: b, price_usd_per_hour: 1 }]
${uncertain}
`
  const source = { file: 'profiled.yaml', text: measured, directory: '.' }
  const { scenario } = await loadScenario(source)
  const { models, ...profile } = madeUpProfile(scenario)
  const [first, ...others] = models
  const widths = {
    regions: [{ fromSize: 1, toSize: 4, fromLength: 1, toLength: 1, error: null }],
    occasions: [0.95, 1, 1.05, 1].map((speed, i) => ({
      calibration: 'monday',
      speeds: [speed],
      idle: [0.5, 1, 1.5, 1][i]!,
    })),
    levels: [],
  }
  return { source, profile: { ...profile, models: [{ ...first!, widths }, ...others] } }
}

const EXPONENTIAL = { work: 'law: exponential, mean_ms: 10 ± 10 %', rate: '50 ± 10 %' }

describe('elasticities of a simulation', () => {
  const near = (value: number, truth: number) => Math.abs(value / truth - 1) <= 0.03

  test('hold those of M/M/1, and of rates and costs are within 3 %', async () => {
    const result = await resultOf({ ...EXPONENTIAL, seconds: 200 }, { mostDraws: 64 })
    const [service, rate, price] = figure(result, 'latency').effects
    for (const [effect, truth] of [
      [service, 1 / 0.5],
      [rate, 0.5 / 0.5],
      [price, 0],
    ] as const) {
      const { low, high } = effect!.elasticity
      expect(low).toBeLessThan(truth)
      expect(high).toBeGreaterThan(truth)
      expect(high - low).toBeLessThan(0.5)
    }
    const [ofService, ofRate, ofPrice] = figure(result, 'usd_per_million').effects
    expect(ofService!.elasticity.value).toBeCloseTo(0, 1)
    expect(near(ofRate!.elasticity.value, -1)).toBe(true)
    expect(near(ofPrice!.elasticity.value, 1)).toBe(true)
    // the squares of elasticities by widths
    expect(service!.share.low).toBeLessThan(0.8)
    expect(service!.share.high).toBeGreaterThan(0.8)
    const capacity = figure(result, 'capacity_rps').effects[0]!
    expect(capacity.elasticity.value).toBeCloseTo(-1, 6)
  })

  test('are those of M/M/1 within 3 % in long runs', async () => {
    const long = { ...EXPONENTIAL, rate: '30 ± 10 %', seconds: 4000 }
    const [service, rate] = figure(await resultOf(long, { mostDraws: 32 }), 'latency').effects
    expect(near(service!.elasticity.value, 1 / 0.7)).toBe(true)
    expect(rate!.elasticity.low).toBeLessThan(0.3 / 0.7)
    expect(rate!.elasticity.high).toBeGreaterThan(0.3 / 0.7)
    // as slow, and as rare: the same queue on another scale of time
    expect(near(service!.elasticity.value - rate!.elasticity.value, 1)).toBe(true)
    // negative control
    expect(near(service!.elasticity.value, 1.07 / 0.7)).toBe(false)
  })

  test('are those of M/D/1 within 3 %', async () => {
    const wanted = { work: 'law: constant, ms: 10 ± 10 %', rate: '50 ± 10 %', seconds: 300 }
    const result = await resultOf(wanted, { mostDraws: 64 })
    const [service, rate] = figure(result, 'latency').effects
    const ofRate = 0.5 / (2 - 0.5) / (1 - 0.5)
    expect(near(service!.elasticity.value, 1 + ofRate)).toBe(true)
    expect(near(rate!.elasticity.value, ofRate)).toBe(true)
  })
})

describe('the wider interval', () => {
  test('is that of the law of M/M/1 where inputs decide, and holds that of the draws', async () => {
    const result = await resultOf({ ...EXPONENTIAL, seconds: 200 })
    const { low, high, draws } = figure(result, 'latency', 0.95)
    expect(low).toBeLessThan(draws.low!)
    expect(high).toBeGreaterThan(draws.high!)
    const wide = figure(result, 'capacity_rps')
    expect(wide.low).toBeCloseTo(100 / 1.1, 0)
    expect(wide.high).toBeCloseTo(100 * 1.1, 0)
    const million = (usd: number) => (1e6 * usd) / 3600 / 50
    const { low: least, high: most } = figure(result, 'usd_per_million')
    // widths of 10 and 20 % add up in squares of logarithms
    const factor = Math.exp(Math.hypot(Math.log(1.1), Math.log(1.2)))
    expect(least! / million(1.5 / factor)).toBeCloseTo(1, 1)
    expect(most! / million(1.5 * factor)).toBeCloseTo(1, 1)
  })

  test('does not depend on the number of processes, and is a valid document', async () => {
    const [alone, both] = [
      await resultOf(EXPONENTIAL, { workers: 1, mostDraws: 32 }),
      await resultOf(EXPONENTIAL, { workers: 2, mostDraws: 32 }),
    ]
    expect(both).toEqual(alone)
    expect(resultSchema.parse(alone)).toEqual(alone)
    expect(alone.uncertainty!.draws).toBe(32)
  })

  test('is of speeds of declared models, too', async () => {
    const result = await resultOf({
      work: 'law: constant, ms: 10',
      more: 'uncertain: { speed of m: ± 20 % }',
    })
    const { low, high } = figure(result, 'capacity_rps')
    expect(Math.abs(low! - 100 / 1.2)).toBeLessThan(4)
    expect(Math.abs(high! - 100 * 1.2)).toBeLessThan(4)
  })

  test('is of the measured speed of one model, and leaves others alone', async () => {
    const mlp = (layers: number) => `{ builtin: mlp, layers: ${layers}, width: 64 }`
    const measured = `
spillway: 1
name: measured
duration_s: 10
warmup_s: 1
models: { a: ${mlp(2)}, b: ${mlp(3)} }
traffic:
  - { class: a, model: a, arrivals: { process: poisson, rate_rps: 400 } }
  - { class: b, model: b, arrivals: { process: poisson, rate_rps: 400 } }
pools: [{ name: a, model: a }, { name: b, model: b }]
uncertain: { speed of a: ± 30 % }
`
    const source = { file: 'measured.yaml', text: measured, directory: '.' }
    const { scenario } = await loadScenario(source)
    const system = await loadSystem(source, { profile: madeUpProfile(scenario) })
    const stated = await simulate(system, { replications: 2 })
    const result = await withUncertainInputs(system, stated, { mostDraws: 32 })
    const effectsOn = (name: string) =>
      result.uncertainty!.figures.find((of) => of.class === name && of.p === 0.5)!.effects
    expect(effectsOn('a')[0]!.elasticity.value).toBeLessThan(-0.3)
    // both pools share the dispatcher
    for (const { elasticity } of effectsOn('b'))
      expect(Math.abs(elasticity.value)).toBeLessThan(0.05)
  })

  test('is of the occasions of a profile, where the scenario includes sources', async () => {
    const { source, profile } = await profiled('uncertain: { sources: included }')
    const system = await loadSystem(source, { profile })
    const stated = await simulate(system, { replications: 2 })
    const result = await withUncertainInputs(system, stated, { mostDraws: 32 })
    const { inputs, figures } = result.uncertainty!
    expect(inputs.map(({ name, source: by }) => `${name} by ${by}`)).toEqual([
      'speed of a by profile',
      'idle cost of a by profile',
    ])
    expect(result.warnings[0]).toMatch(/^the profile has no width of the speed of b, /)
    expect(result.warnings.join()).not.toContain('intervals of the draws only')
    const p50Of = (name: string) => figures.find((of) => of.class === name && of.p === 0.5)!
    expect(p50Of('a').effects[0]!.elasticity.value).toBeLessThan(-0.3)
    expect(p50Of('a').low).toBeLessThan(p50Of('a').draws.low!)
    expect(p50Of('a').high).toBeGreaterThan(p50Of('a').draws.high!)
    for (const { elasticity } of p50Of('b').effects) {
      expect(Math.abs(elasticity.value)).toBeLessThan(0.05)
    }
    expect(resultSchema.parse(result)).toEqual(result)
  })

  test('is not of a profile where the scenario includes no sources: its results stay', async () => {
    const { source, profile } = await profiled('')
    const bare = { ...profile, models: profile.models.map(({ widths: _, ...model }) => model) }
    const [wide, narrow] = [
      await loadSystem(source, { profile }),
      await loadSystem(source, { profile: bare }),
    ]
    const result = await simulate(wide, { replications: 2 })
    expect(await withUncertainInputs(wide, result)).toBe(result)
    const { profile: _, ...figures } = await simulate(narrow, { replications: 2 })
    expect(result).toMatchObject(figures)
  })

  test('that leaves out a profile with occasions says so, with how wide it is', async () => {
    const { source, profile } = await profiled('uncertain: { pools.a.price_usd_per_hour: ± 5 % }')
    const system = await loadSystem(source, { profile })
    const stated = await simulate(system, { replications: 2 })
    const result = await withUncertainInputs(system, stated, { mostDraws: 32 })
    expect(resultText(result)).toContain(
      'leave out how far off the times of a (a profile) may be; --set uncertain.sources=included adds that',
    )
    const [a, b] = result.assumptions.batch_times
    expect(a!.speed!.occasions).toBe(4)
    expect(Math.abs(a!.speed!.width - 0.15)).toBeLessThan(0.02)
    expect(b).not.toHaveProperty('speed')
  })

  test('is left out where nothing is uncertain, and results are as they were', async () => {
    const source = (price: string) => ({
      file: 'known.yaml',
      text: text({ work: 'law: constant, ms: 10' }).replace('1.5 ± 20 %', price),
      directory: '.',
    })
    const known = await loadSystem(source('1.5'))
    const result = await simulate(known, { replications: 2 })
    expect(await withUncertainInputs(known, result)).toBe(result)
    const unknown = await simulate(await loadSystem(source('1.5 ± 20 %')), { replications: 2 })
    expect({ ...unknown, scenario: result.scenario, assumptions: result.assumptions }).toEqual({
      ...result,
      warnings: [
        'some inputs are uncertain: figures are of their stated values, and intervals of the draws only',
        ...result.warnings,
      ],
    })
  })
})

describe('objectives', () => {
  const verdicts = async (limits: readonly string[]) =>
    (await resultOf({ ...EXPONENTIAL, limits, seconds: 200 }, { mostDraws: 64 })).objectives

  test('are decided by the wider interval, and say so', async () => {
    // p95 of M/M/1 at a load of 0.5 is 60 ms
    const limits = [55, 70, 20, 200].map((limit) => `p(95) latency_ms < ${limit}`)
    const all = await verdicts(limits)
    const [, above, far, wide] = all
    const found = all.map(({ verdict }) => verdict)
    expect(found).toEqual(['UNDECIDED', 'UNDECIDED', 'FAIL', 'PASS'])
    for (const { interval } of all) expect(interval).toBe('inputs')
    expect(above!.estimate.reason).toBe('with uncertain inputs its interval holds the limit')
    expect(Math.abs(above!.with_inputs!.p_holds - 0.9)).toBeLessThan(0.05)
    expect(above!.estimate.high).toBeLessThan(70)
    expect(above!.with_inputs!.high).toBeGreaterThan(70)
    expect(far!.with_inputs!.p_holds).toBe(0)
    expect(wide!.with_inputs!.p_holds).toBe(1)
  })

  test('are open where some draw has no value of them', async () => {
    const rare = { work: 'law: constant, ms: 10', limits: ['p(50) latency_ms < 900'], seconds: 60 }
    const at = (width: string) => {
      const more = `uncertain: { traffic.web.arrivals.rate_rps: ${width} }`
      return resultOf({ ...rare, rate: '0.5', more }, { mostDraws: 32 })
    }
    const [open] = (await at('{ distribution: lognormal, median: 0.5, p99: 30 }')).objectives
    expect([open!.verdict, open!.interval]).toEqual(['UNDECIDED', 'draws'])
    expect(open!.estimate.reason).toBe(
      'it has no value in a replication or a draw of the uncertain inputs',
    )
    const [held] = (await at('± 10 %')).objectives
    expect([held!.verdict, held!.interval]).toEqual(['PASS', 'inputs'])
  })

  test('on cost are, too', async () => {
    const [near, far] = await verdicts(['cost_usd_per_million < 9', 'cost_usd_per_million < 20'])
    expect([near!.verdict, far!.verdict]).toEqual(['UNDECIDED', 'PASS'])
  })
})

describe('answers', () => {
  test('are of the objective that is least sure, and say what would narrow it', async () => {
    const limits = [200, 70].map((limit) => `p(95) latency_ms < ${limit}`)
    const result = await resultOf({ ...EXPONENTIAL, limits, seconds: 200 }, { mostDraws: 64 })
    const [answer, ...others] = result.uncertainty!.answers
    expect(others).toEqual([])
    expect(answer).toMatchObject({ class: 'web', objective: limits[1], metric: null, p: null })
    const { low, high } = result.objectives[1]!.with_inputs!
    expect([answer!.low, answer!.high]).toEqual([low, high])
    const [service, rate, price] = answer!.narrowings
    // elasticities of 2 and 1 at equal widths: shares of 0.8 and 0.2
    expect(service!.left.value).toBeGreaterThan(Math.sqrt(0.2) - 0.1)
    expect(service!.left.value).toBeLessThan(rate!.left.value)
    expect(rate!.left.high).toBeLessThan(1)
    expect(price!.left.value).toBeGreaterThan(0.98)
    expect(price!.enough.value).toBe(1)
    expect(service!.enough.value).toBeLessThan(0.5)
    expect(resultSchema.parse(result)).toEqual(result)
  })

  test('are of p99 and cost without objectives, and the price narrows the cost', async () => {
    const result = await resultOf({ ...EXPONENTIAL, seconds: 100 }, { mostDraws: 32 })
    const { answers } = result.uncertainty!
    expect(answers.map(({ metric, p }) => [metric, p])).toEqual([
      ['latency', 0.99],
      ['usd_per_million', null],
    ])
    const parts = [0, 10, 20].map((width) => Math.log(1 + width / 100) ** 2)
    const whole = parts[1]! + parts[2]!
    for (const [i, { left }] of answers[1]!.narrowings.entries()) {
      expect(left.value).toBeCloseTo(Math.sqrt(1 - parts[i]! / whole), 1)
    }
    // the figures have these effects, too
    const p99 = figure(result, 'latency', 0.99)
    expect(answers[0]).toMatchObject({ effects: p99.effects, low: p99.low, high: p99.high })
  })

  test('leave about what a scenario has that states the input exactly, or well enough', async () => {
    const answerOf = async (width: string) => {
      const work = `law: exponential, mean_ms: 10${width}`
      const limits = ['p(95) latency_ms < 70']
      const wanted = { work, rate: '50 ± 10 %', limits, seconds: 200 }
      return (await resultOf(wanted, { mostDraws: 64 })).uncertainty!.answers[0]!
    }
    const widthOf = ({ low, high }: { low: number | null; high: number | null }) =>
      Math.log(high! / low!)
    const whole = await answerOf(' ± 10 %')
    const known = widthOf(await answerOf(''))
    const [service] = whole.narrowings
    expect(Math.abs(service!.left.value - known / widthOf(whole))).toBeLessThan(0.08)
    const per100 = 100 * (1.1 ** service!.enough.value - 1)
    const measured = widthOf(await answerOf(` ± ${per100} %`))
    expect(known / measured).toBeGreaterThan(0.9)
    expect(measured / widthOf(whole)).toBeLessThan(0.8)
  })

  test('have totals where inputs have less than 90 % alone', async () => {
    const result = await resultOf({
      work: 'law: exponential, mean_ms: [6, 12]',
      rate: '[60, 95]',
      seconds: 100,
    })
    const { effects, together } = figure(result, 'latency', 0.95)
    expect(together).toBeGreaterThan(0.1)
    for (const { share, total } of effects.slice(0, 2)) {
      expect(total!.value).toBeGreaterThanOrEqual(share.value)
      expect(total!.high).toBeLessThanOrEqual(1)
    }
    for (const { effects: each, together: rest } of result.uncertainty!.figures) {
      for (const { total } of each) expect(total !== undefined).toBe(rest! > 0.1)
    }
  })
})

describe('factors of the traffic', () => {
  const folder = temporaryFolder()
  const [FIXED, TRACE] = ['{ distribution: fixed, value: 1000 }', '{ distribution: trace }']
  const EVENLY = '{ process: deterministic, rate_rps: 5 }'
  const TRACED =
    '{ process: trace, file: rows.csv, format: csv, time_unit: s, columns: { time: t, input_tokens: n } }'

  /** Requests of which each takes 10 ms, and 40 ms for 1,000 tokens. */
  async function lengthy(
    uncertain: string,
    { arrivals, lengths = FIXED }: { readonly arrivals: string; readonly lengths?: string },
  ) {
    const content = `
spillway: 1
name: lengthy
duration_s: 60
warmup_s: 5
models: { m: { work: { law: linear, base_ms: 10, per_token_ms: 0.04 } } }
traffic: [{ class: web, arrivals: ${arrivals}, input_tokens: ${lengths} }]
pools: [{ name: a, model: m, price_usd_per_hour: 1 }]
uncertain: { ${uncertain} }
`
    const system = await loadSystem({ file: 'lengthy.yaml', text: content, directory: folder })
    const stated = await simulate(system, { replications: 4 })
    return withUncertainInputs(system, stated, { mostDraws: 32 })
  }

  const effect = (result: Result, metric: Metric) => figure(result, metric).effects[0]!

  test('of one class are those of its rate', async () => {
    const wanted = { work: 'law: exponential, mean_ms: 10', seconds: 100 }
    const more = 'uncertain: { traffic: ± 10 % }'
    const ofFactor = await resultOf({ ...wanted, more }, { mostDraws: 32 })
    const ofRate = await resultOf({ ...wanted, rate: '50 ± 10 %' }, { mostDraws: 32 })
    const endsOf = ({ uncertainty }: Result) =>
      uncertainty!.figures.map(({ low, high }) => [low, high])
    const expected = endsOf(ofRate).map((ends) =>
      ends.map((end) => (end === null ? null : expect.closeTo(end, 6))),
    )
    expect(endsOf(ofFactor)).toEqual(expected)
    const [traffic] = ofFactor.uncertainty!.inputs
    expect(traffic).toMatchObject({ name: 'traffic', value: 1 })
    expect(traffic!.low).toBeCloseTo(1 / 1.1, 2)
    expect(traffic!.high).toBeCloseTo(1.1, 2)
    expect(resultSchema.parse(ofFactor)).toEqual(ofFactor)
  })

  test('have the elasticity of the rate of M/M/1', async () => {
    const wanted = {
      work: 'law: exponential, mean_ms: 10',
      more: 'uncertain: { traffic of web: ± 10 % }',
      seconds: 200,
    }
    const result = await resultOf(wanted, { mostDraws: 64 })
    const { elasticity } = effect(result, 'latency')
    expect(elasticity.low).toBeLessThan(0.5 / 0.5)
    expect(elasticity.high).toBeGreaterThan(0.5 / 0.5)
    expect(elasticity.high - elasticity.low).toBeLessThan(0.5)
    expect(Math.abs(effect(result, 'usd_per_million').elasticity.value + 1)).toBeLessThan(0.03)
  })

  test('scale the part of a service time that lengths have', async () => {
    const result = await lengthy('lengths: ± 10 %', { arrivals: EVENLY })
    expect(Math.abs(effect(result, 'latency').elasticity.value / 0.8 - 1)).toBeLessThan(0.03)
    const capacity = effect(result, 'capacity_rps').elasticity.value
    expect(Math.abs(capacity / -0.8 - 1)).toBeLessThan(0.03)
  })

  test('scale the lengths of a trace, and its rate', async () => {
    const rows = Array.from({ length: 300 }, (_, i) => `${i / 5},${i % 2 === 0 ? 500 : 1500}\n`)
    put(folder, 'rows.csv', `t,n\n${rows.join('')}`)
    const traced = { arrivals: TRACED, lengths: TRACE }
    const longer = await lengthy('lengths: ± 10 %', traced)
    expect(Math.abs(effect(longer, 'latency').elasticity.value / 0.8 - 1)).toBeLessThan(0.03)
    const more = await lengthy('traffic: ± 20 %', traced)
    expect(Math.abs(effect(more, 'usd_per_million').elasticity.value + 1)).toBeLessThan(0.2)
  })

  test('of lengths leave the rate of a load as it is stated', async () => {
    const arrivals = '{ process: poisson, load: 0.5 }'
    const result = await lengthy('lengths: ± 20 %', { arrivals })
    // the same requests in every draw, of which a few more may not have ended
    const [onCost] = figure(result, 'usd_per_million').effects
    expect(Math.abs(onCost?.elasticity.value ?? 0)).toBeLessThan(0.05)
    expect(Math.abs(effect(result, 'load').elasticity.value / 0.8 - 1)).toBeLessThan(0.05)
  })

  test('are multiplied by more traffic, as for headroom', async () => {
    const wanted = {
      work: 'law: constant, ms: 10',
      rate: '20',
      more: 'uncertain: { traffic: ± 10 % }',
    }
    const source = { file: 'unknown.yaml', text: text(wanted), directory: '.' }
    const system = await loadSystem(source)
    const options = { mostDraws: 32, traffic: 2 }
    const twice = atTraffic(system, 2)
    const stated = await simulate(twice, { replications: 4 })
    const load = figure(await withUncertainInputs(twice, stated, options), 'load')
    expect(load.low! / (0.4 / 1.1)).toBeCloseTo(1, 1)
    expect(load.high! / (0.4 * 1.1)).toBeCloseTo(1, 1)
  })
})

test('the headroom by the wider interval is smaller, and says that it is', async () => {
  const limits = ['p(95) latency_ms < 120']
  const source = { file: 'unknown.yaml', text: text({ ...EXPONENTIAL, limits }), directory: '.' }
  const system = await loadSystem(source)
  const options = { replications: 4 }
  const result = await simulate(system, options)
  const wider = await withUncertainInputs(system, result, { mostDraws: 32 })
  const [ofDraws, ofInputs] = [
    await headroom(system, result.objectives, options),
    await headroom(system, wider.objectives, options),
  ]
  expect([ofDraws!.interval, ofInputs!.interval]).toEqual([undefined, 'inputs'])
  // p95 is 120 ms at 75 requests/s of 100, and of 100 / 1.1 at 66
  expect(ofDraws!.holds).toBeGreaterThan(1.35)
  expect(ofInputs!.holds).toBeLessThan(1.35)
  expect(ofInputs!.holds).toBeGreaterThan(1.05)
})
