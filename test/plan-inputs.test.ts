import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { planHtml, planText } from '../reports/index.ts'
import { planTable } from '../reports/tables/plan-table.ts'
import { type PlanOptions, plan } from '../runtime/jobs/plan/plan.ts'
import { loadSystem } from '../runtime/jobs/prepare.ts'
import { simulate } from '../runtime/jobs/simulate.ts'
import { SimulationPool } from '../runtime/jobs/simulations/simulation-pool.ts'
import { closeSimulations } from '../runtime/jobs/simulations/simulation-processes.ts'
import { withUncertainInputs } from '../runtime/jobs/uncertainty.ts'
import { EXIT } from '../scenarios/index.ts'
import { type Plan, planSchema } from '../sim/documents/index.ts'
import { changed } from './scenarios.ts'
import { put, temporaryFolder } from './spillway.ts'

/** Plans of scenarios whose inputs are not known: what holds at the stated ones may not hold. */

/** p90 is 39 ms with 2 replicas as stated, and 51 ms where service takes a seventh longer. */
const UNKNOWN = `spillway: 1
name: unknown
duration_s: 60
warmup_s: 5
models: { m: { work: { law: exponential, mean_ms: 10 ± 15 % } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 120 ± 5 % } }]
slo: { web: ["p(90) latency_ms < 44"] }
pools: [{ name: a, model: m, price_usd_per_hour: 1 }]
`
const folder = temporaryFolder()
const unknown = put(folder, 'unknown.yaml', UNKNOWN)
const COMMAND = 'spillway plan unknown.yaml'
const SHORT = { replications: 6, headroom: false, sensitivity: false, command: COMMAND }
const REPLICAS = ['pools.a.replicas=1..5']

afterAll(closeSimulations)

const planned = (path: string, options: PlanOptions = {}) =>
  plan(path, { set: REPLICAS, ...SHORT, ...options })

const rowOf = ({ rows }: Plan, replicas: number) =>
  rows.find(({ figures: { pools } }) => pools[0]!.replicas === replicas)!

const statedOf = ({ rows, with_inputs: drawn }: Plan) => rows[drawn!.stated_winner]!

describe('a plan of uncertain inputs', () => {
  let document: Plan
  beforeAll(async () => {
    document = await planned(unknown, { headroom: true, sensitivity: true })
  })

  test('recommends the cheapest that holds at 95 %, beside the winner at the stated inputs', () => {
    const [stated, winner] = [statedOf(document), document.rows[document.winner!]!]
    expect([stated.cost, winner.cost]).toEqual([2, 3])
    expect(stated.verdict).toBe('MEETS')
    expect(stated.with_inputs!.p_holds).toBeLessThan(0.95)
    expect(winner.with_inputs!.p_holds).toBeGreaterThanOrEqual(0.95)
    const each = [stated, winner].map((row) => row.with_inputs!)
    for (const { p_holds, p_cheapest } of each) expect(p_cheapest!).toBeLessThanOrEqual(p_holds!)
    const inputs = document.with_inputs!.inputs.map(({ name }) => name)
    expect(inputs).toEqual(['models.m.work.mean_ms', 'traffic.web.arrivals.rate_rps'])
    expect(planSchema.parse(JSON.parse(JSON.stringify(document)))).toEqual(document)
  })

  test('has the probabilities of simulations of the same configurations', async () => {
    for (const row of [statedOf(document), document.rows[document.winner!]!]) {
      const system = await loadSystem(unknown, { set: row.set })
      const options = { mostDraws: row.with_inputs!.draws }
      const result = await withUncertainInputs(system, await simulate(system), options)
      const { p_holds } = result.objectives[0]!.with_inputs!
      // of other numbers of replications at the stated inputs
      expect(Math.abs(p_holds - row.with_inputs!.p_holds!)).toBeLessThan(0.05)
    }
  })

  test('has the objectives of its winner by the wider interval', () => {
    const [objective] = document.winner_with_inputs!
    const { p_holds } = document.rows[document.winner!]!.with_inputs!
    expect(objective!.interval).toBe('inputs')
    expect(Math.abs(objective!.with_inputs!.p_holds - p_holds!)).toBeLessThan(0.03)
    const { low, high } = objective!.with_inputs!
    expect(low!).toBeLessThan(objective!.estimate.low!)
    expect(high!).toBeGreaterThan(objective!.estimate.high!)
  })

  test('says both in text and page, and of what headroom and small changes are', async () => {
    const text = planText(document)
    expect(text).toMatch(
      /^The cheapest configuration that holds every objective at 95 % confidence over all that is not known is 3 replicas: \$3\.00 an hour/,
    )
    expect(text).toMatch(
      /At the stated inputs the cheapest is 2 replicas, \$2\.00 an hour; over all that is not known it holds with a probability of [\d.]+ %, and 3 replicas with one of (over )?[\d.]+ %\./,
    )
    expect(text).toMatch(/It is the cheapest that holds with a probability of [\d.]+ %, and 3 rep/)
    expect(text).toMatch(/Drawn: \d configurations in up to \d+ draws of 2 uncertain inputs \(/)
    expect(text).toMatch(/Headroom of the winner at the stated inputs: /)
    expect(document.notes.join()).toContain('headroom and small changes are at the stated inputs')
    expect(document.headroom!.interval).toBeUndefined()
    const { head, lines } = planTable(document)
    expect(head.slice(2, 6)).toEqual(['verdict', 'p meets', 'holds', 'cheapest'])
    expect(lines[1]![4]).toMatch(/^(over )?[\d.]+ %$/)
    expect(await planHtml(document)).not.toMatch(/NaN|undefined|Infinity/)
  })

  test('is the same with one process as with all', async () => {
    const [alone, all] = [await planned(unknown, { workers: 1 }), await planned(unknown)]
    expect(alone).toEqual(all)
  })

  test('has the rows of a plan of the stated values, and draws nothing where all is known', async () => {
    const known = put(folder, 'known.yaml', UNKNOWN.replaceAll(/ ± \d+ %/g, ''))
    const simulated = vi.spyOn(SimulationPool.prototype, 'simulate')
    const stated = await planned(known)
    const draws = simulated.mock.calls.filter(([{ speeds }]) => speeds !== undefined)
    vi.restoreAllMocks()
    expect(draws).toEqual([])
    expect([stated.with_inputs, stated.winner_with_inputs]).toEqual([undefined, undefined])
    expect(stated.rows.map(({ with_inputs }) => with_inputs)).toEqual(
      stated.rows.map(() => undefined),
    )
    for (const row of stated.rows) {
      const { with_inputs: _, ...same } = rowOf(document, row.figures.pools[0]!.replicas)
      expect(same).toEqual(row)
    }
    expect(stated.simulations).toBeLessThanOrEqual(document.simulations)
  })

  test('asks for a higher probability at a higher confidence', async () => {
    const least = await planned(unknown, { confidence: 0.6 })
    expect(least.winner).toBe(least.with_inputs!.stated_winner)
    const sure = await planned(unknown, { confidence: 0.999 })
    expect(sure.rows[sure.winner!]!.with_inputs!.p_holds).toBeGreaterThanOrEqual(0.999)
  })
})

test('where the winner at the stated inputs holds at 95 %, it is the winner', async () => {
  const path = put(folder, 'far.yaml', changed(UNKNOWN, ['< 44', '< 120']))
  const document = await planned(path)
  expect(document.winner).toBe(document.with_inputs!.stated_winner)
  const text = planText(document)
  expect(text).toMatch(
    /Over all that is not known it holds with a probability of (over )?[\d.]+ %, and is the cheapest that holds with one of (over )?[\d.]+ %\. It is the cheapest at the stated inputs, too\./,
  )
})

test('where none holds at 95 % there is no winner, and the surest is the nearest', async () => {
  const document = await planned(unknown, { set: ['pools.a.replicas=1,2'] })
  expect(document.winner).toBeNull()
  expect(document.headroom).toBeNull()
  expect(statedOf(document).cost).toBe(2)
  const text = planText(document)
  expect(text).toMatch(
    /^None of 2 configurations holds every objective at 95 % confidence over all that is not known\. The nearest is 2 replicas, \$2\.00 an hour \(\$1,460 a month\), which holds with a probability of [\d.]+ %\./,
  )
  expect(await planHtml(document)).toContain('class="verdict UNDECIDED"')
})

test('where none meets at the stated inputs nothing is drawn, and a note says so', async () => {
  const document = await planned(unknown, {
    set: [...REPLICAS, 'slo.web=["p(90) latency_ms < 9"]'],
  })
  expect([document.winner, document.with_inputs]).toEqual([null, undefined])
  expect(document.notes.join()).toContain('no uncertain input was drawn, as no configuration meets')
})

test('an interrupted plan goes on in its draws, and ends as if nothing had been', async () => {
  const directory = `${folder}/resumed`
  const abort = new AbortController()
  const { signal } = abort
  const onProgress = (phase: string, done: number) => {
    if (phase === 'drawing uncertain inputs' && done >= 32) abort.abort()
  }
  await expect(planned(unknown, { directory, signal, onProgress })).rejects.toMatchObject({
    exitCode: EXIT.interrupted,
  })
  const simulated = vi.spyOn(SimulationPool.prototype, 'simulate')
  const resumed = await planned(unknown, { directory, resume: true })
  const further = simulated.mock.calls.filter(([{ speeds, to }]) => speeds !== undefined && to > 0)
  vi.restoreAllMocks()
  expect(resumed).toEqual(await planned(unknown))
  // the winner at the stated inputs was drawn in all of 32
  const replications = further.reduce((sum, [{ from, to }]) => sum + to - from, 0)
  expect(replications).toBe(resumed.with_inputs!.simulations - 4 * 32)
})

test('with a replica lost it takes one more, in draws as at the stated inputs', async () => {
  const alone = await planned(unknown)
  const survived = await planned(unknown, { survive: 'replica' })
  const [fewer, more] = [alone, survived].map(({ rows, winner }) => rows[winner!]!.cost!)
  expect(more! - fewer!).toBe(1)
  // what is left of 3 is 2, which holds as seldom
  const [two, three] = [statedOf(alone), statedOf(survived)]
  expect(three.cost! - two.cost!).toBe(1)
  const difference = two.with_inputs!.p_holds! - three.with_inputs!.p_holds!
  expect(Math.abs(difference)).toBeLessThan(0.05)
})

test('every class has to hold in the same draw', async () => {
  const classes = `[{ class: web, arrivals: { process: poisson, rate_rps: 60 ± 5 % } }, { class: app, arrivals: { process: poisson, rate_rps: 60 ± 5 % } }]`
  const two = changed(
    UNKNOWN,
    ['[{ class: web, arrivals: { process: poisson, rate_rps: 120 ± 5 % } }]', classes],
    [
      'slo: { web: ["p(90) latency_ms < 44"] }',
      'slo: { web: ["p(90) latency_ms < 44"], app: ["goodput > 50%", "p(90) latency_ms < 46"] }',
    ],
  )
  const document = await planned(put(folder, 'classes.yaml', two))
  const joint = statedOf(document).with_inputs!.p_holds!
  const system = await loadSystem(`${folder}/classes.yaml`, { set: statedOf(document).set })
  const { objectives } = await withUncertainInputs(system, await simulate(system), {
    mostDraws: statedOf(document).with_inputs!.draws,
  })
  const least = Math.min(...objectives.map(({ with_inputs: wide }) => wide!.p_holds))
  // they hang on the same inputs
  expect(Math.abs(joint - least)).toBeLessThan(0.06)
})

/** Two kinds of servers, of which each serves what two replicas do; one is a little cheaper. */
const KINDS = `spillway: 1
name: kinds
duration_s: 60
warmup_s: 5
models: { m: { work: { law: exponential, mean_ms: 10 ± 5 % } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 120 } }]
slo: { web: ["p(90) latency_ms < 60"] }
pools: [{ name: a, model: m, price_usd_per_hour: 1 ± 20 % }]
`

test('uncertain prices tell how often the winner is the cheapest of those that hold', async () => {
  const path = put(folder, 'kinds.yaml', KINDS)
  const kind = (price: string) => `{name: a, model: m, price_usd_per_hour: ${price}}`
  const set = [`pools.a=${kind('1 ± 20 %')},${kind('1.02')}`, 'pools.a.replicas=2,3']
  const document = await planned(path, { set })
  const winner = document.rows[document.winner!]!
  expect(winner.cost).toBe(2)
  const { p_holds, p_cheapest } = winner.with_inputs!
  expect(p_holds).toBeGreaterThan(0.95)
  // P(1 ± 20 % < 1.02) = P(Z < log 1.02 / (log 1.2 / 1.96)) = 0.584
  expect(Math.abs(p_cheapest! - 0.584)).toBeLessThan(0.06)
})

test('scaled pools have draws, too, at what they pay for in each', async () => {
  const scaled = changed(
    UNKNOWN,
    [
      'price_usd_per_hour: 1 }',
      'price_usd_per_hour: 1, scaling: { policy: hpa, max: 6, start_s: { distribution: fixed, value: 5 }, metrics: [{ metric: utilisation, target: 0.7 }] } }',
    ],
    ['< 44', '< 150'],
  )
  const path = put(folder, 'scaled.yaml', scaled)
  const document = await planned(path, { set: ['pools.a.scaling.min=2,3,4'] })
  expect(planSchema.parse(JSON.parse(JSON.stringify(document)))).toEqual(document)
  const stated = statedOf(document)
  expect(stated.paid).not.toBeNull()
  expect(stated.with_inputs!.p_holds).toBeGreaterThan(0)
  expect(await planned(path, { set: ['pools.a.scaling.min=2,3,4'], workers: 1 })).toEqual(document)
})

test('inputs of sources are drawn as in a simulation', async () => {
  const measured = changed(
    UNKNOWN,
    ['{ law: exponential, mean_ms: 10 ± 15 % }', '{ law: table, sizes: [1, 2], ms: [8, 11] }'],
    ['120 ± 5 %', '120'],
    ['< 44', '< 100'],
    ['usd_per_hour: 1 }', 'usd_per_hour: 1, batching: { policy: dynamic, max_batch: 2 } }'],
  )
  const path = put(folder, 'measured.yaml', `${measured}uncertain: { sources: included }\n`)
  const document = await planned(path)
  expect(planSchema.parse(JSON.parse(JSON.stringify(document)))).toEqual(document)
  const stated = statedOf(document)
  const { p_holds, draws } = stated.with_inputs!
  const system = await loadSystem(path, { set: stated.set })
  const result = await withUncertainInputs(system, await simulate(system), { mostDraws: draws })
  const { inputs } = result.uncertainty!
  expect(inputs).toMatchObject([{ name: 'speed of m', source: 'benchmark' }])
  expect(document.with_inputs!.inputs).toEqual(inputs)
  const [objective] = result.objectives
  expect(Math.abs(objective!.with_inputs!.p_holds - p_holds!)).toBeLessThan(0.05)
})

test('a plan whose sources have no width draws nothing', async () => {
  const known = UNKNOWN.replaceAll(/ ± \d+ %/g, '')
  const path = put(folder, 'no-width.yaml', `${known}uncertain: { sources: included }\n`)
  const document = await planned(path)
  expect([document.with_inputs, document.winner_with_inputs]).toEqual([undefined, undefined])
  expect(document.rows.map(({ with_inputs }) => with_inputs)).toEqual(
    document.rows.map(() => undefined),
  )
})
