import { describe, expect, test } from 'vitest'
import { auditRows } from '../sim/audit/index.ts'
import type { RowColumns } from '../sim/stats/index.ts'
import { seeds } from './audit-seeds.ts'
import { single } from './audited-systems.ts'
import { worldNames, worlds } from './manual-world.ts'
import { type SmallSystem, serve } from './small-system.ts'

const generates = ({ plan }: SmallSystem) =>
  plan.pools.some(({ generation }) => generation !== undefined)

describe.each(worldNames)('in %s rows', (world) => {
  // a live replay supports neither generation nor shared cards
  const isLive = (system: SmallSystem) => !generates(system) && system.cards === undefined
  const applicable = seeds.filter(({ system }) => world === 'simulated' || isLive(system))

  test.each(applicable)('$rule names the rows: $what', ({ rule, system, spoil }) => {
    const { plan, requests } = system
    const { rows } = worlds[world](system)
    const { columns } = rows
    const audit = (rows: RowColumns) => auditRows(plan, rows, requests.columns)
    expect(audit(columns).violations).toBe(0)
    const copied = rows.grown(rows.count).columns
    const expected = spoil(copied)
    const ruleReport = audit(copied).rules.find((report) => report.rule === rule)!
    const naming = ruleReport.first.filter(({ rows }) =>
      expected.every((key) => rows.includes(key)),
    )
    expect(naming, JSON.stringify(ruleReport.first)).not.toEqual([])
    for (const key of expected) expect(naming[0]!.text).toContain(String(key))
  })
})

const ELSEWHERE = /networks|replica|failed-batches|given-back|client-retries|capped-sends/

test('every rule has a seed', () => {
  const { rules } = auditRows(single.plan, serve(single).rows.columns, single.requests.columns)
  expect(new Set(seeds.map(({ rule }) => rule))).toEqual(
    // places.test.ts has the seeds of networks, failures.test.ts those of replicas and of what they
    // fail, budgets.test.ts those of their budget, given-back.test.ts those of what scalers give
    // back, and client-retries.test.ts and capped-sends.test.ts those of clients
    new Set(rules.map(({ rule }) => rule).filter((rule) => !ELSEWHERE.test(rule))),
  )
})
