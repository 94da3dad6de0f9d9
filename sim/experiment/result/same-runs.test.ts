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

/** Three replications of a trace with bursts, grown, whose batches take a constant time. */
function grownRuns(arrivals: object) {
  const scenario = scenarioOf({
    duration_s: 20,
    models: { m: { work: constant } },
    traffic: [{ class: 'web', arrivals: { process: 'trace', file: 't', ...arrivals } }],
    pools: [{ name: 'central', model: 'm' }],
  })
  const times = Float64Array.from({ length: 300 }, (_, i) => 60 * (i - (i % 5)) + 3 * (i % 5))
  const held = { times, lengths: null, outputs: null }
  const traces = new Map([[0, { taken: times.length, spanMs: 20_000, held }]])
  const input = simulationInput(scenario, { traces })
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

test('runs of a trace are the same only where no copies of its rows are drawn', () => {
  expect(sameRuns(grownRuns({ growth: 1 }))).toMatch(/^all 3 replications are the same, /)
  expect(sameRuns(grownRuns({ growth: 2, copy_shift_s: 0 }))).toMatch(/^all 3 /)
  for (const drawn of [
    { growth: 2 },
    { growth: 0.6 },
    { surges: [{ at_s: 5, factor: 3, hold_s: 4 }] },
  ]) {
    const runs = grownRuns(drawn)
    expect(sameRuns(runs)).toBeNull()
    expect(new Set(runs.map(({ requests }) => requests)).size).toBe(3)
    // a replication draws the same again
    expect(grownRuns(drawn)).toEqual(runs)
  }
})
