import { describe, expect, test } from 'vitest'
import { parseScenario } from '../scenarios/index.ts'
import { auditRows, type Promises, promisesOf } from '../sim/audit/index.ts'
import { keptReplication } from '../sim/experiment/index.ts'
import type { RowColumns } from '../sim/stats/index.ts'
import { type RequestList, requestsIn } from '../sim/traffic/index.ts'
import { fixed } from './audited-systems.ts'
import { move, pairOf } from './row-surgery.ts'
import { serve } from './small-system.ts'

function brokenRules(promises: Promises, rows: RowColumns, requests: RequestList): string[] {
  const { rules } = auditRows(promises, rows, requests.columns)
  return rules.filter(({ violations }) => violations > 0).map(({ rule }) => rule)
}

describe('a fixed batch that is never full goes once nobody comes who is not to be answered first', () => {
  const { scenario } = parseScenario(
    `
    spillway: 1
    name: three-users
    duration_s: 1
    models: { any: { work: { law: constant, ms: 5 } } }
    traffic:
      - class: users
        arrivals: { process: closed-loop, users: 3, think_time_s: { distribution: fixed, value: 0.02 } }
    pools: [{ name: only, model: any, batching: { policy: fixed, batch: 4 } }]
    `,
    { file: 'three-users.yaml' },
  )
  const { rows } = keptReplication(
    { scenario, models: [null], capacityRps: null, traces: new Map(), requests: null },
    0,
  )
  const requests = requestsIn(rows)
  const promises = promisesOf(scenario)

  test('and all after it', () => {
    expect([...rows.columns.batchSize.slice(0, 3)]).toEqual([3, 3, 3])
    expect(rows.count).toBeGreaterThan(10)
    expect(brokenRules(promises, rows.columns, requests)).toEqual([])
  })

  test('not where clients do not react', () => {
    const broken = brokenRules({ ...promises, reacts: false }, rows.columns, requests)
    expect(broken).toContain('batch-size')
  })

  test('not while others are on their way', () => {
    const { columns } = serve(fixed).rows
    const copied = Object.fromEntries(
      Object.entries(columns).map(([name, column]) => [name, column.slice()]),
    ) as unknown as RowColumns
    const [one, next] = pairOf(copied, () => true)
    move(copied, one.keys[3]!, one, next)
    const reacting = { ...fixed.plan, reacts: true }
    expect(brokenRules(reacting, columns, fixed.requests)).toEqual([])
    expect(brokenRules(reacting, copied, fixed.requests)).toContain('batch-size')
  })
})
