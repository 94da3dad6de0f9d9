import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { modelCounts } from '../../../scenarios/evidence/statistics/index.ts'
import { statisticsText } from '../../../scenarios/evidence/statistics/statistics.test-helper.ts'
import { parseScenario } from '../../../scenarios/index.ts'
import { heldOutError, statisticsScenario } from './statistics-scenario.ts'

const counts = (sizes: Readonly<Record<number, readonly [number, number]>>) =>
  modelCounts(statisticsText({ net: { sizes } }))[0]!

test('means of sizes are a table, with the rate of the time between two readings', () => {
  const window = { counts: counts({ 1: [100, 200], 4: [200, 800] }), seconds: 100, source: 'a, b' }
  const { scenario, values } = statisticsScenario(window)
  const parsed = parseScenario(stringify(scenario), { file: 's.yaml' })
  const { models, traffic, pools } = parsed.scenario
  expect(models.server).toMatchObject({ work: { law: 'table', sizes: [1, 4], ms: [2, 4] } })
  expect(traffic[0]!.arrivals).toMatchObject({ process: 'poisson', rate_rps: 9 })
  expect(pools[0]).toMatchObject({ replicas: 1, batching: { policy: 'dynamic', max_batch: 4 } })
  // 900 requests: 1.96 / 30
  expect(scenario).toMatchObject({
    uncertain: { 'traffic of requests': '± 7 %', 'speed of server': '± 10 %' },
  })
  expect(values.find(({ path }) => path === 'models.server.work.ms.1')).toMatchObject({
    ...{ basis: 'measured', value: 4, n: 200, from_s: 0, until_s: 100 },
  })
})

test('executions that one replica has no time for have several, as is assumed', () => {
  const window = { counts: counts({ 1: [100, 200_000] }), seconds: 100, source: '' }
  const { values } = statisticsScenario(window)
  expect(values.find(({ path }) => path === 'pools.server.replicas')).toMatchObject({
    ...{ basis: 'assumed', value: 3 },
  })
})

test('one reading has no rate', () => {
  const { values, warnings } = statisticsScenario({
    ...{ counts: counts({ 1: [100, 200] }), seconds: null, source: '' },
  })
  expect(values[0]).toMatchObject({ basis: 'assumed', value: 250, n: 0 })
  expect(warnings[0]).toContain('no rate is known')
})

test('each size between others is predicted by a line', () => {
  const { sizes } = counts({ 1: [10, 10], 2: [10, 40], 3: [10, 30] })
  expect(heldOutError(sizes)).toBeCloseTo(0.5, 12)
  expect(heldOutError(sizes.slice(1))).toBeNull()
})
