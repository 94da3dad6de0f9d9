import { describe, expect, test } from 'vitest'
import { latenciesOf } from '../../sim/experiment/index.ts'
import { servingPlan } from '../../sim/serving/index.ts'
import { PERCENTILES, percentile } from '../../sim/stats/index.ts'
import { keptRun, withRowsSwapped } from './audit.test-helper.ts'
import { auditCheck, auditRun, auditVerdict } from './audit-runs.ts'

const { scenario, requests, run } = keptRun()
const plan = servingPlan(scenario)
const of = { scenario, plan, requests, kind: 'replication' } as const
/** Two requests that were dispatched apart. */
const [A, B] = [1000, 1100] as const

describe('the audit of a simulated run', () => {
  const audit = auditRun('replication-1', run, of)

  test('finds every rule kept, and the same decisions in its decision log', () => {
    expect(audit.rules.length).toBeGreaterThan(5)
    for (const { rule, violations } of audit.rules) expect(violations, rule).toBe(0)
    expect(audit.rules.some(({ checked }) => checked >= requests.count)).toBe(true)
    expect(audit.journal).toMatchObject({ differences: [] })
    expect(audit.journal!.entries).toBeGreaterThan(requests.count)
    const { verdict, reason } = auditVerdict([audit])
    expect(verdict).toBe('PASS')
    expect(reason).toMatch(
      /^\d+ rules kept by every row of 1 run; 1 decision log fed back to the same/,
    )
  })

  test('recomputes the percentiles of all classes and of each', () => {
    const { sorted } = latenciesOf(run.rows, scenario.warmup_s * 1000)
    const [all, ...classes] = audit.percentiles
    expect(all).toEqual({
      class: null,
      n: sorted.length,
      values: PERCENTILES.map((p) => ({
        p,
        value: sorted.length * (1 - p) >= 30 ? percentile(sorted, p) : null,
      })),
    })
    expect(classes.map((one) => one.class)).toEqual(['web', 'batch'])
    expect(classes.reduce((sum, { n }) => sum + n, 0)).toBe(sorted.length)
  })

  test('states that no decision log was kept', () => {
    const silent = auditRun('replay-1', { ...run, journal: new Float64Array(0) }, of)
    expect(silent.journal).toBeNull()
    expect(auditVerdict([silent, silent])).toMatchObject({
      verdict: 'PASS',
      reason: expect.stringMatching(/of 2 runs; no decision log was kept$/),
    })
  })
})

test('two exchanged rows break rules, and differ from the decision log', () => {
  const audit = auditRun('replay-3', withRowsSwapped(run, A, B), of)
  const rows = audit.rules.flatMap(({ first }) => first.flatMap((violation) => violation.rows))
  expect(rows).toEqual(expect.arrayContaining([A, B]))
  const differences = audit.journal!.differences.join('\n')
  expect(differences).toMatch(new RegExp(`^row ${A}: at was .*\nrow ${B}: at was `))
  const { verdict, reason } = auditVerdict([audit])
  expect(verdict).toBe('FAIL')
  expect(reason).toMatch(
    /^replay-3 breaks .*; the decision log of replay-3 leads to other decisions$/,
  )
})

test('a check names the side and the replay at fault', async () => {
  const side = (...runs: (typeof run)[]) => ({
    system: { scenario, plan, directory: '.', contents: [null, null] },
    requests,
    replays: { runs },
  })
  expect(await auditCheck([side(run)])).toMatchObject({ verdict: 'PASS', worst: null })
  const check = await auditCheck([side(run, run), side(run, withRowsSwapped(run, A, B))])
  expect(check.verdict).toBe('FAIL')
  expect(check.reason).toMatch(/^B replay-2 breaks /)
})
