import { expect, test } from 'vitest'
import { scenarioOf } from '../../../test/scenarios.ts'
import { runReplication, simulationInput } from '../index.ts'
import { sameRuns } from './result.ts'

function runsOf(process: string, law: object) {
  const scenario = scenarioOf({
    duration_s: 20,
    models: { m: { work: law } },
    traffic: [{ class: 'web', arrivals: { process, rate_rps: 70 } }],
    pools: [{ name: 'central', model: 'm' }],
  })
  const input = simulationInput(scenario)
  return [0, 1, 2].map((replication) => runReplication(input, replication))
}

const constant = { law: 'constant', ms: 11 }

test('runs are the same only where neither arrivals nor work are random', () => {
  const said = sameRuns(runsOf('deterministic', constant))
  expect(said).toMatch(/^all 3 replications are the same, /)
  expect(sameRuns(runsOf('deterministic', constant).slice(1))).toMatch(/^all 2 /)
  expect(sameRuns(runsOf('poisson', constant))).toBeNull()
  expect(sameRuns(runsOf('deterministic', { law: 'exponential', mean_ms: 11 }))).toBeNull()
  expect(sameRuns(runsOf('deterministic', constant).slice(2))).toBeNull()
})
