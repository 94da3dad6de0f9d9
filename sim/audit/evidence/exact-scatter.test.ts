import { expect, test } from 'vitest'
import { scenarioOf } from '../../../test/scenarios.ts'
import { keptReplication, simulationInput, statedResidual } from '../../experiment/index.ts'
import { exactScatter, showsScatter } from './exact-scatter.ts'

const scenarioWith = (residual: object, pool: object = {}, duration_s = 120) =>
  scenarioOf({
    duration_s,
    models: { m: { work: { law: 'linear', base_ms: 4, per_item_ms: 1, ...residual } } },
    traffic: [{ class: 'web', arrivals: { process: 'poisson', rate_rps: 200 } }],
    pools: [
      {
        name: 'gpu',
        model: 'm',
        replicas: 2,
        speed: 'ideal',
        ...pool,
        batching: { policy: 'dynamic', max_batch: 4 },
      },
    ],
  })

/** What a result states of the scatter, and what rows of other code show. */
function both(residual: object) {
  const scenario = scenarioWith(residual)
  const input = simulationInput(scenario)
  const shown = exactScatter(keptReplication(input, 0).rows.columns, 0)!
  return { stated: statedResidual(scenario, 0)?.of_all ?? 0, shown }
}

const slow = { share: 0.02, factor: 5 }

test.each([{ cv: 0.2 }, { slow }, { cv: 0.1, slow }])('rows show the scatter of %o', (residual) => {
  const { stated, shown } = both(residual)
  expect(stated).toBeGreaterThan(0.15)
  expect(shown.tolerance).toBeLessThan(0.3)
  expect(Math.abs(stated / shown.cv - 1)).toBeLessThanOrEqual(shown.tolerance)
  // negative control
  expect(Math.abs((1.5 * stated) / shown.cv - 1)).toBeGreaterThan(shown.tolerance)
})

test('even batches show none, and few batches show nothing', () => {
  expect(both({}).shown.cv).toBeLessThan(1e-9)
  const short = simulationInput(scenarioWith({ cv: 0.2 }, {}, 2))
  expect(exactScatter(keptReplication(short, 0).rows.columns, 0)).toBeNull()
})

test('rows do not show the scatter of pools whose times depend on more', () => {
  expect(showsScatter(scenarioWith({}), 0)).toBe(true)
  expect(showsScatter(scenarioWith({ setup_ms: 3 }), 0)).toBe(false)
})
