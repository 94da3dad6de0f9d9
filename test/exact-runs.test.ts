import { afterAll, expect, test } from 'vitest'
import { plan } from '../runtime/jobs/plan/plan.ts'
import { loadSystem } from '../runtime/jobs/prepare.ts'
import { simulate } from '../runtime/jobs/simulate.ts'
import { closeSimulations } from '../runtime/jobs/simulations/simulation-processes.ts'
import { planSchema } from '../sim/documents/index.ts'
import { changed } from './scenarios.ts'
import { put, temporaryFolder } from './spillway.ts'

/** Replications in which nothing is random are all the same: one is simulated. */

const folder = temporaryFolder()
const rows = Array.from({ length: 400 }, (_, i) => `${i / 20 + (i % 5) / 50},${40 + (i % 30)}`)
put(folder, 'rows.csv', ['t,n', ...rows].join('\n'))

const FIXED = `spillway: 1
name: fixed
duration_s: 20
models: { net: { work: { law: linear, base_ms: 30, per_token_ms: 0.4 } } }
traffic: [{ class: web, arrivals: { process: trace, file: rows.csv, format: csv, columns: { time: t, input_tokens: n }, time_unit: s } }]
slo: { web: ["p(99) latency_ms < 150"] }
pools:
  - { name: server, model: net, price_usd_per_hour: 0.5, batching: { policy: none } }
`
const RANDOM = changed(FIXED, ['per_token_ms: 0.4', 'per_token_ms: 0.4, cv: 0.1'])

afterAll(closeSimulations)

const simulated = async (name: string, text: string) =>
  simulate(await loadSystem(put(folder, name, text)), { replications: 4 })

test('a fixed trace at declared times is simulated once, and says so', async () => {
  const result = await simulated('fixed.yaml', FIXED)
  expect([result.exact, result.runs]).toEqual([true, 4])
  expect(result.warnings.join()).toContain('one replication was simulated and stands for all')
  const { value, low, high } = result.classes[0]!.latency.mean
  expect([low, high]).toEqual([value, value])
})

test.each([
  ['of the service time', RANDOM],
  ['of arrivals', changed(FIXED, ['time_unit: s', 'time_unit: s, growth: 1.5'])],
  [
    'of failures',
    changed(FIXED, ['slo:', 'failures: [{ kind: slow, factor: 2, every_s: 5, for_s: 1 }]\nslo:']),
  ],
])('a draw %s is seen', async (name, text) => {
  const result = await simulated(`${name.replaceAll(' ', '-')}.yaml`, text)
  expect(result.exact).toBeUndefined()
  expect(result.warnings.join()).not.toContain('nothing')
})

test('a plan of a fixed trace simulates each configuration once, at any number of processes', async () => {
  const path = put(folder, 'planned.yaml', FIXED)
  const set = ['pools.server.replicas=1..4']
  const document = await plan(path, { set })
  expect(planSchema.parse(JSON.parse(JSON.stringify(document)))).toEqual(document)
  expect(document.rows.every(({ figures }) => figures.exact)).toBe(true)
  // p99 of 400 requests is exact, so it is judged
  expect(document.winner).toBe(0)
  expect(document.simulations).toBe(document.rows.length)
  expect(await plan(path, { set, workers: 1 })).toEqual(document)
  expect(document.notes.join()).toContain('nothing is random in the configurations')
})
