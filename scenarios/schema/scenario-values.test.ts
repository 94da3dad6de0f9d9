import { expect, test } from 'vitest'
import { parseScenario } from '../parse/parse.ts'
import { scenarioValues } from './scenario-values.ts'

const SCENARIO = `spillway: 1
name: small
duration_s: 60
models:
  net: { work: { law: linear, base_ms: 2, per_item_ms: 1 } }
traffic:
  - class: web
    arrivals: { process: poisson, rate_rps: 40, surges: [{ at_s: 10, factor: 3 }] }
slo: { web: ["goodput > 99%"] }
pools:
  - name: central
    model: net
    replicas: 1
    batching: { policy: dynamic, max_batch: 8 }
`

const { scenario } = parseScenario(SCENARIO, { file: 'small.yaml' })
const values = new Map(scenarioValues(scenario).map((value) => [value.path, value]))
const stated = [...values.values()].filter(({ byDefault }) => !byDefault)

test('values that a file states are apart from those that the schema fills in', () => {
  expect(stated.map(({ path }) => path)).toEqual([
    'spillway',
    'name',
    'duration_s',
    'models.net.work.law',
    'models.net.work.base_ms',
    'models.net.work.per_item_ms',
    'traffic.web.class',
    'traffic.web.arrivals.process',
    'traffic.web.arrivals.rate_rps',
    'traffic.web.arrivals.surges',
    'slo.web',
    'pools.central.name',
    'pools.central.model',
    'pools.central.batching.policy',
    'pools.central.batching.max_batch',
  ])
  const defaults = ['seed', 'pools.central.batching.max_delay_ms', 'pools.central.queue.discipline']
  expect(defaults.map((path) => values.get(path)?.byDefault)).toEqual([true, true, true])
  // a stated value that is equal to the default is one
  expect(values.get('pools.central.replicas')).toMatchObject({ text: '1', byDefault: true })
})

test('a list without names is one value', () => {
  expect(values.get('slo.web')!.text).toBe('["goodput > 99%"]')
  expect(values.get('traffic.web.arrivals.surges')!.text).toContain('"factor":3')
})
