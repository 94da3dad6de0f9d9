import { describe, expect, test } from 'vitest'
import type { Audit, Result } from '../../sim/documents/index.ts'
import { latenciesOf, resultOf, runReplication } from '../../sim/experiment/index.ts'
import { servingPlan } from '../../sim/serving/index.ts'
import { PERCENTILES, percentile } from '../../sim/stats/index.ts'
import { keptRun } from './audit.test-helper.ts'
import { comparisonClaims, resultClaims } from './audit-claims.ts'
import { auditRun, auditVerdict } from './audit-runs.ts'

const { scenario, requests, input, run } = keptRun()
const plan = servingPlan(scenario)
const audits = [auditRun('replay-1', run, { scenario, plan, requests, kind: 'replay' })]
const of = { scenario, rows: [run.rows], audits }
const wrong = (claims: Audit['claims']) =>
  claims.filter(({ holds }) => !holds).map(({ figure }) => figure)

describe('what a result states', () => {
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
  const figures = runReplication(input, 0)
  const models = scenario.pools.map(() => null)
  const lengths = scenario.pools.map(() => ({ min: 1, max: 1 }))
  const system = { scenario, hash: 'none', plan, capacitiesRps: models, models, lengths }
  const result = resultOf(system, [figures], head)

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
    const twice = resultOf(system, [figures, figures], head)
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
