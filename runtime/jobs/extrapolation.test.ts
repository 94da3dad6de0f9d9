import { expect, test } from 'vitest'
import { simulationInput } from '../../sim/experiment/index.ts'
import { madeUpProfile } from '../../test/profiles.ts'
import { scenarioOf, TINY } from '../../test/scenarios.ts'
import { extrapolationWarnings } from './extrapolation.ts'

function warningsOf(work: object, maxBatch: number, longest = 1) {
  const scenario = scenarioOf({
    models: { m: { work } },
    pools: [{ name: 'central', model: 'm', batching: { policy: 'dynamic', max_batch: maxBatch } }],
  })
  const { plan } = simulationInput(scenario)
  return extrapolationWarnings({
    scenario,
    plan,
    lengths: [{ min: 1, max: longest }],
    models: [null],
  })
}

const table = { law: 'table', sizes: [1, 8], ms: [3, 9] }
const byLength = {
  law: 'length-table',
  sizes: [1, 8],
  lengths: [16, 64],
  ms: [
    [1, 2],
    [3, 4],
  ],
}

test('batches and lengths beyond what was measured are named, with what was', () => {
  expect(warningsOf(table, 16)).toEqual([
    'pool central: times of m are extrapolated for batches of up to 16 requests (measured: 8)',
  ])
  expect(warningsOf(byLength, 9, 100)).toEqual([
    'pool central: times of m are extrapolated for batches of up to 9 requests (measured: 8) and lengths of up to 100 (measured: 64)',
  ])
  const sweep = { law: 'throughput', concurrency: [1, 32], throughput_rps: [90, 400] }
  expect(warningsOf(sweep, 17)).toHaveLength(1)
})

test('within the measurements there is no warning', () => {
  expect(warningsOf(table, 8)).toEqual([])
  expect(warningsOf(byLength, 8, 64)).toEqual([])
  // a table without lengths is one of all lengths
  expect(warningsOf(table, 8, 1000)).toEqual([])
  expect(warningsOf({ law: 'linear', base_ms: 1 }, 64)).toEqual([])
})

test('a calibrated model is measured up to a batch size, too', () => {
  const scenario = scenarioOf(TINY)
  const { plan } = simulationInput(scenario)
  const models = [madeUpProfile(scenario).models[0]!]
  const lengths = [{ min: 1, max: 1 }]
  expect(extrapolationWarnings({ scenario, plan, lengths, models })).toEqual([])
  models[0]!.work.sizes = [1, 2]
  expect(extrapolationWarnings({ scenario, plan, lengths, models })).toEqual([
    'pool central: times of mlp are extrapolated for batches of up to 4 requests (measured: 2)',
  ])
})
