import { describe, expect, test } from 'vitest'
import { type Scenario, scenarioSchema } from '../scenarios/index.ts'
import { auditRows, promisesOf } from '../sim/audit/index.ts'
import { keptReplication, simulationInput } from '../sim/experiment/index.ts'
import { OUTCOME } from '../sim/serving/index.ts'
import type { RowColumns } from '../sim/stats/index.ts'
import { requestsIn } from '../sim/traffic/index.ts'
import { drill } from './guide-drill.ts'
import { madeUpProfile } from './profiles.ts'
import { scenarioOf } from './scenarios.ts'

/** The drill of the guide on failures, simulated with the overheads of a machine. */

const DURATION_S = 35
const scenario: Scenario = scenarioSchema.parse({ ...scenarioOf(drill()), duration_s: DURATION_S })
// its pools have the same model
const [profile] = madeUpProfile(scenario).models
const input = simulationInput(scenario, { models: scenario.pools.map(() => profile!) })

/** Problems that the audit finds in rows of a run. */
function problemsOf(columns: RowColumns, run: ReturnType<typeof keptReplication>): string[] {
  const planned = requestsIn(run.rows).columns
  const { rules } = auditRows(promisesOf(scenario), columns, planned, run.changes)
  return rules.flatMap(({ first }) => first.map(({ rule, text }) => `${rule}: ${text}`))
}

describe.each([0, 1])('replication %d', (replication) => {
  const run = keptReplication(input, replication)
  const { columns } = run.rows

  test('copies that overtake each other, and replicas that are lost meanwhile: all is kept', () => {
    expect(problemsOf(columns, run)).toEqual([])
    expect(columns.outcome.filter((code) => code === OUTCOME.withdrawn).length).toBeGreaterThan(
      1000,
    )
    expect(columns.outcome.filter((code) => code === OUTCOME.failed).length).toBeGreaterThan(1000)
    // several are delivered at one instant, where the dispatcher was late
    const far = [...columns.sent.keys()].filter((key) => columns.sent[key] !== columns.routed[key])
    expect(new Set(far.map((key) => columns.sent[key])).size).toBeLessThan(far.length)
  })

  test('two copies in one queue while another is open are found', () => {
    const further = [...columns.copyOf.keys()].filter(
      (key) => columns.copyOf[key]! >= 0 && columns.outcome[key] === OUTCOME.withdrawn,
    )
    const queue = columns.queue.slice()
    for (const key of further) queue[key] = columns.queue[columns.copyOf[key]!]!
    expect(problemsOf({ ...columns, queue }, run).join('\n')).toMatch(/copies: .*two copies/)
  })
})
