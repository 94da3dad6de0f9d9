import { afterAll, describe, expect, test } from 'vitest'
import { headroom } from '../runtime/jobs/headroom.ts'
import { loadSystem } from '../runtime/jobs/prepare.ts'
import { simulate } from '../runtime/jobs/simulate.ts'
import { closeSimulations } from '../runtime/jobs/simulations/simulation-processes.ts'
import { withUncertainInputs } from '../runtime/jobs/uncertainty.ts'
import { loadScenario } from '../scenarios/index.ts'
import { type Result, resultSchema } from '../sim/documents/index.ts'
import { madeUpProfile } from './profiles.ts'

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

  test('on cost are, too', async () => {
    const [near, far] = await verdicts(['cost_usd_per_million < 9', 'cost_usd_per_million < 20'])
    expect([near!.verdict, far!.verdict]).toEqual(['UNDECIDED', 'PASS'])
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
