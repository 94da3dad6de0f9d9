import { afterAll, expect, test, vi } from 'vitest'
import { plan } from '../runtime/jobs/plan/plan.ts'
import { planReplications } from '../runtime/jobs/plan/plan-time.ts'
import { simulationsOf } from '../runtime/jobs/plan/plan-winner.ts'
import { SimulationPool } from '../runtime/jobs/simulations/simulation-pool.ts'
import { closeSimulations } from '../runtime/jobs/simulations/simulation-processes.ts'
import { put, temporaryFolder } from './spillway.ts'

/** What a plan says that it will simulate, against what it then simulates. */

const text = (arrivals: string, limit: number) => `spillway: 1
name: small
duration_s: 20
models: { net: { work: { law: linear, base_ms: 6, per_item_ms: 3 } } }
traffic: [{ class: web, arrivals: { process: poisson, ${arrivals} } }]
slo: { web: ["p(95) latency_ms < ${limit}"] }
pools:
  - { name: server, model: net, price_usd_per_hour: 0.5, batching: { policy: dynamic, max_batch: 4 } }
`
const folder = temporaryFolder()
const REPLICAS = 'pools.server.replicas'
const BATCH = 'pools.server.batching.max_batch'

afterAll(closeSimulations)

test.each([
  ['a grid', 'rate_rps: 400', 40, [`${REPLICAS}=1..8`, `${BATCH}=1,2,4,8,16`], [8, 8, 8, 8, 8]],
  ['one chain', 'rate_rps: 300', 40, [`${REPLICAS}=1..8`], [8]],
  ['batches alone', 'rate_rps: 90', 40, [`${BATCH}=1,2,4,8`], [1, 1, 1, 1]],
] as const)('a plan simulates about as many replications as it says: %s', async (...of) => {
  const [name, arrivals, limit, set, chains] = of
  const simulate = vi.spyOn(SimulationPool.prototype, 'simulate')
  const replication = vi.spyOn(SimulationPool.prototype, 'replication')
  const path = put(folder, `${name.replace(' ', '-')}.yaml`, text(arrivals, limit))
  const { winner } = await plan(path, { set })
  expect(winner).not.toBeNull()
  const searched = simulate.mock.calls.reduce((sum, [{ from, to }]) => sum + to - from, 0)
  const simulated = searched + replication.mock.calls.length
  vi.restoreAllMocks()
  const ofWinner = simulationsOf({ headroom: true, sensitivity: true })
  const work = { chains, most: 24, exact: false, ofWinner, inputs: 0 }
  const { likely, most } = planReplications(work)
  expect(likely / simulated).toBeGreaterThan(0.5)
  expect(likely / simulated).toBeLessThan(2)
  expect(simulated).toBeLessThanOrEqual(most)
})
