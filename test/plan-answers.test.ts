import { afterAll, expect, test } from 'vitest'
import { planHtml, planText } from '../reports/index.ts'
import { planTable } from '../reports/tables/plan-table.ts'
import { plan } from '../runtime/jobs/plan/plan.ts'
import { closeSimulations } from '../runtime/jobs/simulations/simulation-processes.ts'
import { planSchema } from '../sim/documents/index.ts'
import { changed } from './scenarios.ts'
import { put, temporaryFolder } from './spillway.ts'

/** What a plan states of its rows and of their costs. */

const SMALL = `spillway: 1
name: small
duration_s: 20
models: { net: { work: { law: linear, base_ms: 6, per_item_ms: 3 } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 90 } }]
slo: { web: ["p(95) latency_ms < 40"] }
pools:
  - { name: server, model: net, price_usd_per_hour: 0.5, batching: { policy: dynamic, max_batch: 4 } }
`
const folder = temporaryFolder()
const small = put(folder, 'small.yaml', SMALL)

afterAll(closeSimulations)

test('where none holds, the nearest miss is first, with what it misses and by how much', async () => {
  const slo = 'slo.web=["p(98) latency_ms < 9.2", "goodput > 99%"]'
  const found = await plan(small, { set: ['pools.server.replicas=1..3', slo], replications: 6 })
  const farthest = found.rows.map(({ objectives }) =>
    Math.max(...objectives.map(({ of_limit }) => of_limit ?? Number.POSITIVE_INFINITY)),
  )
  expect(farthest).toEqual(farthest.toSorted((a, b) => a - b))
  // the cheapest is the farthest
  expect(found.rows.map(({ cost }) => cost)).not.toEqual([0.5, 1, 1.5])
  const [first] = planText(found).split('\n')
  expect(first).toMatch(/^None of 3 configurations holds every objective at 95 % confidence\. /)
  expect(first).toMatch(
    /The nearest miss is 3 replicas, \$1\.50 an hour \(\$1,095 a month\): web: /,
  )
  expect(first).toMatch(
    /goodput > 99% is [\d.]+ .*points below its limit\. It also misses web: p\(98\)/,
  )
  const { lines, head } = planTable(found)
  expect(lines[0]![head.indexOf('a month')]).toBe('$1,095')
})

const CHAT = `spillway: 1
name: talk
duration_s: 20
models:
  llm: { work: { law: generation, base_ms: 4, per_sequence_ms: 0.2, per_prefill_token_ms: 0.02 } }
traffic:
  - class: talk
    arrivals: { process: poisson, rate_rps: 40 }
    input_tokens: { distribution: fixed, value: 200 }
    output_tokens: { distribution: fixed, value: 5 }
slo: { talk: ["p(95) ttft_ms < 300"] }
pools:
  - name: gpus
    model: llm
    accelerator: h100-sxm
    generation: { policy: continuous, max_sequences: 16, token_budget: 1024 }
`

test('prices of the catalogue have provider and range, and classes that generate token times', async () => {
  const path = put(folder, 'talk.yaml', CHAT)
  const found = await plan(path, { set: ['pools.gpus.replicas=1,2'], replications: 6 })
  expect(planSchema.parse(JSON.parse(JSON.stringify(found)))).toEqual(found)
  expect(found.prices).toMatchObject([
    {
      accelerator: 'h100-sxm',
      listed: 6,
      lowest: { usd_per_hour: 2.69, provider: 'RunPod Community' },
      highest: { usd_per_hour: 12.29, provider: 'Azure' },
    },
  ])
  expect(planText(found)).toContain(
    'Price of h100-sxm: $2.69 an hour on-demand at RunPod Community, read 2026-11-09, the lowest of 6 listed; the highest is $12.29 at Azure.',
  )
  // the objective has a column for the first token, so only the next ones have another
  const { head } = planTable(found)
  expect(head.filter((name) => name.startsWith('talk: '))).toEqual([
    'talk: p(95) ttft',
    'talk: p(95) TPOT',
  ])
  expect(await planHtml(found)).toContain('highest is $12.29 at Azure')
  const own = changed(CHAT, [
    'accelerator: h100-sxm',
    'accelerator: h100-sxm\n    price_usd_per_hour: 4',
  ])
  const priced = put(folder, 'priced.yaml', own)
  const stated = await plan(priced, { set: ['pools.gpus.replicas=1,2'], replications: 6 })
  expect(stated.prices).toBeUndefined()
})
