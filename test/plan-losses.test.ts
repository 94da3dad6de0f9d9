import { afterAll, expect, test } from 'vitest'
import { planHtml, planText } from '../reports/index.ts'
import { plan } from '../runtime/jobs/plan/plan.ts'
import { loadSystem } from '../runtime/jobs/prepare.ts'
import { simulate } from '../runtime/jobs/simulate.ts'
import { closeSimulations } from '../runtime/jobs/simulations/simulation-processes.ts'
import { EXIT } from '../scenarios/index.ts'
import { planSchema } from '../sim/documents/index.ts'
import { put, temporaryFolder } from './spillway.ts'

/** Plans whose configurations must hold their objectives with a replica or a site lost. */

const folder = temporaryFolder()
/** Each replica serves 100 requests/s, so 150 need two of them. */
const SMALL = `spillway: 1
name: small
duration_s: 30
models: { net: { work: { law: constant, ms: 10 } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 150 } }]
slo: { web: ["p(95) latency_ms < 100"] }
pools:
  - { name: server, model: net, price_usd_per_hour: 1, batching: { policy: none } }
`
const small = put(folder, 'small.yaml', SMALL)

afterAll(closeSimulations)

test('one replica more is needed where one may be lost, with the figures of what is left', async () => {
  const set = ['pools.server.replicas=1..4']
  const alone = await plan(small, { set, replications: 6 })
  const survived = await plan(small, { set, replications: 6, survive: 'replica' })
  expect([alone, survived].map(({ rows, winner }) => rows[winner!]!.cost)).toEqual([2, 3])
  expect(planSchema.parse(JSON.parse(JSON.stringify(survived)))).toEqual(survived)
  const row = survived.rows[survived.winner!]!
  expect(row.survival!.map(({ lost }) => lost)).toEqual(['a replica of server'])
  // all hold for sure, and with the loss the figure is nearer to its limit
  expect(row.binding.lost).toBe('a replica of server')
  // a pool of one replica less, which draws the same requests
  const two = await simulate(await loadSystem(small, { set: ['pools.server.replicas=2'] }), {
    replications: 6,
  })
  const [left] = row.survival![0]!.objectives
  expect(left!.estimate.value!).toBeCloseTo(two.objectives[0]!.estimate.value!, 6)
  const text = planText(survived)
  expect(text).toMatch(/^The cheapest .* also without any one replica, at 95 % confidence is 3 rep/)
  expect(text).toMatch(/Its worst loss is a replica of server: web: p\(95\) latency_ms < 100 is/)
  expect(text).toMatch(/with the worst loss/)
  expect(await planHtml(survived)).not.toMatch(/NaN|undefined|Infinity/)
})

const SITES = `spillway: 1
name: sites
duration_s: 30
places: [{ name: north }, { name: south }]
networks: [{ between: [north, south], latency_ms: { distribution: fixed, value: 5 } }]
models: { net: { work: { law: constant, ms: 10 } } }
traffic:
  - { class: web, place: north, arrivals: { process: poisson, rate_rps: 60 } }
slo: { web: ["p(95) latency_ms < 100"] }
pools:
  - { name: a, place: north, model: net, price_usd_per_hour: 1, batching: { policy: none } }
  - { name: b, place: south, model: net, price_usd_per_hour: 1, batching: { policy: none } }
router: { policy: least-loaded }
`

test('each site alone must be enough where one of them may be lost', async () => {
  const path = put(folder, 'sites.yaml', SITES)
  const set = [
    'pools.b=null,{name: b, place: south, model: net, price_usd_per_hour: 1, batching: {policy: none}}',
  ]
  const document = await plan(path, { set, replications: 6, survive: 'site' })
  const winner = document.rows[document.winner!]!
  expect(winner.cost).toBe(2)
  expect(winner.survival!.map(({ lost }) => lost)).toEqual(['site north', 'site south'])
  const single = document.rows.find(({ cost }) => cost === 1)!
  expect([single.verdict, single.binding.lost]).toEqual(['FAILS', 'site north'])
})

test('a site is refused where there is one place only', async () => {
  await expect(plan(small, { survive: 'site' })).rejects.toMatchObject({
    exitCode: EXIT.usage,
    message: expect.stringMatching(/survives a site needs pools in two places; --survive replica/),
  })
})
