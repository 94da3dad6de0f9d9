import { describe, expect, test } from 'vitest'
import type { Audit, Result } from '../../sim/documents/index.ts'
import {
  firstTokenDelays,
  latenciesOf,
  measuresOf,
  type RunSummary,
  resultOf,
  runReplication,
} from '../../sim/experiment/index.ts'
import { servingPlan } from '../../sim/serving/index.ts'
import { PERCENTILES, percentile } from '../../sim/stats/index.ts'
import { keptRun } from './audit.test-helper.ts'
import { comparisonClaims, resultClaims } from './audit-claims.ts'
import { auditRun, auditVerdict } from './audit-runs.ts'

const { scenario, requests, input, run } = keptRun()
const plan = servingPlan(scenario)
const audits = [auditRun('replay-1', run, { scenario, plan, requests, kind: 'replay' })]
const of = { scenario, rows: [run.rows], audits }
const head: Parameters<typeof resultOf>[2] = {
  version: '0.0.0',
  commit: null,
  world: 'simulated',
  seed: scenario.seed,
  profile: null,
  load: null,
  warnings: [],
  valid: true,
  garbage_collections: null,
  host: null,
}
const wrong = (claims: Audit['claims']) =>
  claims.filter(({ holds }) => !holds).map(({ figure }) => figure)

/** The result of simulated runs. */
function resultFor(of: Pick<ReturnType<typeof keptRun>, 'scenario'>, runs: readonly RunSummary[]) {
  const { scenario: own } = of
  const models = own.pools.map(() => null)
  const lengths = own.pools.map(() => ({ min: 1, max: 1 }))
  const system = { scenario: own, hash: 'none', plan: servingPlan(own), models, lengths }
  return resultOf({ ...system, capacitiesRps: models }, runs, head)
}

describe('what a result states', () => {
  const figures = runReplication(input, 0)
  const result = resultFor({ scenario }, [figures])

  test('of its own runs holds: every count, and every percentile within a bucket', () => {
    const claims = resultClaims('simulated.json', result, of)
    expect(wrong(claims)).toEqual([])
    const counts = claims.filter(({ tolerance }) => tolerance === 0)
    const causes = 8 * scenario.pools.length
    expect(counts).toHaveLength(8 * (scenario.traffic.length + scenario.pools.length) + causes)
    for (const name of ['served', 'shed', 'timed_out', 'abandoned']) {
      const stated = counts.filter(({ figure }) => figure.startsWith(`${name} `))
      expect(Math.max(...stated.map((one) => one.stated))).toBeGreaterThan(0)
    }
    expect(claims.length - counts.length).toBeGreaterThanOrEqual(6)
  })

  test('of two runs is the sum of counts and the mean of percentiles', () => {
    const twice = resultFor({ scenario }, [figures, figures])
    const two = { scenario, rows: [run.rows, run.rows], audits: [audits[0]!, audits[0]!] }
    expect(wrong(resultClaims('measured.json', twice, two))).toEqual([])
    expect(wrong(resultClaims('measured.json', result, two))).toContain('served of pool second')
  })

  test.each([
    ['served of class web', (r: Result) => void r.classes[0]!.counts.served++],
    ['shed of pool first', (r: Result) => void r.pools[0]!.counts.shed--],
    ['shed by tokens of pool first', (r: Result) => void r.pools[0]!.shed_by.tokens++],
    ['in_flight of class batch', (r: Result) => void r.classes[1]!.counts.in_flight++],
    [
      'p95 of class batch',
      (r: Result) => {
        r.classes[1]!.latency.percentiles.p95.value! *= 1.02
      },
    ],
  ])('is found to be wrong: %s', (figure, spoil) => {
    const spoilt = structuredClone(result)
    spoil(spoilt)
    const claims = resultClaims('measured.json', spoilt, of)
    expect(wrong(claims)).toEqual([figure])
    expect(auditVerdict(audits, claims)).toEqual({
      verdict: 'FAIL',
      reason: 'measured.json states 1 figure that the rows do not give',
    })
  })
})

describe('what a comparison states of a replay', () => {
  const { sorted } = latenciesOf(run.rows, scenario.warmup_s * 1000)
  const stated = (change = 0) => ({
    percentiles: PERCENTILES.slice(0, 3).map((p) => ({
      p,
      each: [{ replay: 0, value: percentile(sorted, p) * (1 + change) }],
    })),
  })

  test('is what the rows give, to the last bit', () => {
    expect(wrong(comparisonClaims(stated(), audits))).toEqual([])
    const figures = ['p50 of replay-1', 'p90 of replay-1', 'p95 of replay-1']
    expect(wrong(comparisonClaims(stated(2 * Number.EPSILON), audits))).toEqual(figures)
  })

  test('of a replay that is not there cannot hold', () => {
    expect(wrong(comparisonClaims(stated(), []))).toHaveLength(3)
  })
})

describe('times of tokens', () => {
  const engine = keptRun({
    warmup_s: 1,
    duration_s: 30,
    models: { m: { work: { law: 'generation', base_ms: 5, per_prefill_token_ms: 0.05 } } },
    traffic: [
      {
        class: 'chat',
        arrivals: { process: 'poisson', rate_rps: 30 },
        input_tokens: { distribution: 'uniform', min: 10, max: 200 },
        output_tokens: { distribution: 'uniform', min: 1, max: 20 },
        first_token_delay_ms: 3,
      },
    ],
    pools: [{ name: 'engine', model: 'm', generation: { policy: 'continuous' } }],
  })
  const ofEngine = { ...engine, plan: servingPlan(engine.scenario), kind: 'replay' } as const
  const audited = [auditRun('replay-1', engine.run, ofEngine)]
  const rows = [engine.run.rows]
  const result = resultFor(engine, [runReplication(engine.input, 0)])
  const claimsOf = (stated: Result) =>
    resultClaims('measured.json', stated, { scenario: engine.scenario, rows, audits: audited })

  test('of a result are recomputed, and a forged one is found', () => {
    const claims = claimsOf(result)
    expect(wrong(claims)).toEqual([])
    const figures = claims.map(({ figure }) => figure)
    for (const name of ['TTFT p50', 'TTFT p95', 'TPOT p50', 'TPOT p95']) {
      expect(figures).toContain(`${name} of class chat`)
    }
    for (const [time, name] of [
      ['ttft', 'TTFT'],
      ['tpot', 'TPOT'],
    ] as const) {
      const forged = structuredClone(result)
      forged.classes[0]!.tokens![time].percentiles.p95.value! *= 0.98
      expect(wrong(claimsOf(forged))).toEqual([`${name} p95 of class chat`])
    }
  })

  test('of a comparison are recomputed to the last bit, and a forged one is found', () => {
    const { scenario: own, requests: sent } = engine
    const firstTokenDelaysMs = firstTokenDelays(own.traffic)
    const measures = measuresOf({ plan: ofEngine.plan, requests: sent, firstTokenDelaysMs })
    const [latency, ttft, tpot] = measures.map((measure) => {
      const { sorted } = latenciesOf(engine.run.rows, 1000, { measure })
      return {
        percentiles: PERCENTILES.slice(0, 3).map((p) => ({
          p,
          each: [{ replay: 0, value: percentile(sorted, p) }],
        })),
      }
    })
    const stated = { ...latency!, token_times: { ttft: ttft!, tpot: tpot! } }
    const claims = comparisonClaims(stated, audited)
    expect(claims).toHaveLength(9)
    expect(wrong(claims)).toEqual([])
    for (const time of ['ttft', 'tpot'] as const) {
      const forged = structuredClone(stated)
      forged.token_times[time].percentiles[1]!.each[0]!.value *= 1 + Number.EPSILON
      const found = comparisonClaims(forged, audited)
      expect(wrong(found)).toEqual([`${time.toUpperCase()} p90 of replay-1`])
      expect(auditVerdict(audited, found).verdict).toBe('FAIL')
    }
  })
})
