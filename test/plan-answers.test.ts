import { afterAll, expect, test } from 'vitest'
import { planHtml, planText } from '../reports/index.ts'
import { planTable } from '../reports/tables/plan-table.ts'
import { undecidedText } from '../reports/tables/summary.ts'
import { plan } from '../runtime/jobs/plan/plan.ts'
import { loadSystem } from '../runtime/jobs/prepare.ts'
import { simulate } from '../runtime/jobs/simulate.ts'
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
  const document = await plan(small, { set: ['pools.server.replicas=1..3', slo], replications: 6 })
  const farthest = document.rows.map(({ objectives }) =>
    Math.max(...objectives.map(({ of_limit }) => of_limit ?? Number.POSITIVE_INFINITY)),
  )
  expect(farthest).toEqual(farthest.toSorted((a, b) => a - b))
  // the cheapest is the farthest
  expect(document.rows.map(({ cost }) => cost)).not.toEqual([0.5, 1, 1.5])
  const [first] = planText(document).split('\n')
  expect(first).toMatch(/^None of 3 configurations holds every objective at 95 % confidence\. /)
  expect(first).toMatch(
    /The nearest miss is 3 replicas, \$1\.50 an hour \(\$1,095 a month\): web: /,
  )
  expect(first).toMatch(
    /goodput > 99% is [\d.]+ .*points below its limit\. It also misses web: p\(98\)/,
  )
  const { lines, head } = planTable(document)
  expect(lines[0]![head.indexOf('a month')]).toBe('$1,095')
})

test('a configuration that is undecided for lack of requests says so, as a simulation of it does', async () => {
  // far below the limit, with 180 requests in each window
  const slo = 'slo.web=["p(99.9, worst 2s) latency_ms < 1000"]'
  const set = ['pools.server.replicas=2,3', slo]
  const open = await plan(small, { set, replications: 6 })
  expect(open.rows.map(({ verdict }) => verdict)).toEqual(['UNDECIDED', 'UNDECIDED', 'UNDECIDED'])
  const { objectives } = await simulate(await loadSystem(small, { set: [slo] }), {
    replications: 3,
  })
  const today = open.rows.find((row) => row.today)!
  expect(today.objectives[0]!.of_limit).toBeLessThan(0.2)
  const reason = undecidedText(objectives[0]!)!
  expect(reason).toMatch(/^p99\.9 needs 100,000 requests in each window, got [\d,]+, as a longer/)
  const { head, lines } = planTable(open)
  const why = lines.map((line) => line[head.indexOf('why undecided')])
  expect(why).toContain(reason)
  expect(why.every((text) => text!.startsWith('p99.9 needs 100,000 requests'))).toBe(true)
  expect(planText(open).split('\n')[0]).toMatch(
    /which is undecided: .* of the limit; p99\.9 needs 100,000 requests in each window/,
  )
  expect(await planHtml(open)).toContain(reason)
})

test('one that costs too much to be simulated to its end says so', async () => {
  // one replica misses it, and a third one costs more
  const set = ['pools.server.replicas=1..4', 'slo.web=["p(95) latency_ms < 22"]']
  const { rows, ...found } = await plan(small, { set, replications: 6 })
  const { cost } = rows[found.winner!]!
  const at = rows.findIndex((row) => row.cost! > cost!)
  expect(at).toBeGreaterThan(0)
  const dear = { ...rows[at]!, verdict: 'UNDECIDED' as const, rank: null }
  const short = { ...found, looks: [3, 6, 12], rows: rows.with(at, dear) }
  expect(planText(short)).toMatch(/no cheaper than the winner: \d replications are enough/)
  const last = { ...short, looks: [dear.figures.replications] }
  expect(planText(last)).toMatch(/\d replications do not decide/)
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
  const document = await plan(path, { set: ['pools.gpus.replicas=1,2'], replications: 6 })
  expect(planSchema.parse(JSON.parse(JSON.stringify(document)))).toEqual(document)
  expect(document.prices).toMatchObject([
    {
      accelerator: 'h100-sxm',
      listed: 6,
      lowest: { usd_per_hour: 2.69, provider: 'RunPod Community' },
      highest: { usd_per_hour: 12.29, provider: 'Azure' },
    },
  ])
  expect(planText(document)).toContain(
    'Price of h100-sxm: $2.69 an hour on-demand at RunPod Community, read 2026-11-09, the lowest of 6 listed; the highest is $12.29 at Azure.',
  )
  // the objective has a column for the first token, so only the next ones have another
  const { head } = planTable(document)
  expect(head.filter((name) => name.startsWith('talk: '))).toEqual([
    'talk: p(95) ttft',
    'talk: p(95) TPOT',
  ])
  expect(await planHtml(document)).toContain('highest is $12.29 at Azure')
  const pricedText = changed(CHAT, [
    'accelerator: h100-sxm',
    'accelerator: h100-sxm\n    price_usd_per_hour: 4',
  ])
  const priced = put(folder, 'priced.yaml', pricedText)
  const stated = await plan(priced, { set: ['pools.gpus.replicas=1,2'], replications: 6 })
  expect(stated.prices).toBeUndefined()
})

/** Each replica serves 100 requests/s on any card, so 150 need two. The a10 has no listed price. */
const CARDS = `spillway: 1
name: cards
duration_s: 30
models: { net: { work: { law: constant, ms: 10 } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 150 } }]
slo: { web: ["p(95) latency_ms < 100"] }
pools:
  - { name: gpu, model: net, accelerator: t4, batching: { policy: none } }
`
const cards = put(folder, 'cards.yaml', CARDS)
const CHOICES = ['pools.gpu.accelerator=a10,l4,t4', 'pools.gpu.replicas=1..3']

test('a card without a price is never the cheapest, is ranked last, and is named', async () => {
  const document = await plan(cards, { set: CHOICES, replications: 6 })
  expect(planSchema.parse(JSON.parse(JSON.stringify(document)))).toEqual(document)
  expect(document.cost_unit).toBe('usd_per_hour')
  const meeting = document.rows.filter(({ verdict }) => verdict === 'MEETS')
  const isFree = meeting.map(({ set }) => set[0]!.endsWith('a10'))
  expect(isFree).toContain(true)
  expect(isFree).toEqual(isFree.toSorted((a, b) => Number(a) - Number(b)))
  for (const { set, cost, figures, cost_vs_today: change } of document.rows) {
    const isPriced = !set[0]!.endsWith('a10')
    expect(cost).toBe(isPriced ? figures.cost!.usd_per_hour : null)
    expect(change === null).toBe(!isPriced)
  }
  expect(document.without_price).toEqual({ configurations: 3, of: ['a10'] })
  const text = planText(document)
  expect(text).toMatch(
    /^The cheapest configuration with a price that holds .* is accelerator (t4|l4), 2 replicas: \$/,
  )
  expect(text.split('\n')[0]).toMatch(
    / 3 configurations \(those with a10\) have no price: state price_usd_per_hour\.$/,
  )
  expect(text).not.toContain('Nothing cheaper was found in the search space')
  expect(text).not.toContain('cost counts replicas')
  expect(await planHtml(document)).not.toMatch(/NaN|undefined|Infinity/)
  const skipped = document.skipped.reduce((sum, { configurations: n }) => sum + n, 0)
  expect(document.rows.length + skipped).toBe(document.configurations)
})

test('where only a card without a price holds, it is not called the cheapest', async () => {
  const pool = 'name: gpu, model: net, batching: {policy: none}'
  const set = [`pools.gpu={${pool}, accelerator: a10, replicas: 2},{${pool}, accelerator: t4}`]
  const document = await plan(cards, { set, replications: 6 })
  expect(document.rows[document.winner!]).toMatchObject({ verdict: 'MEETS', cost: null })
  const text = planText(document)
  expect(text).toMatch(
    /^No configuration with a price holds every objective at 95 % confidence\. Of/,
  )
  expect(text).not.toMatch(/cheap|NaN|null/)
  expect(await planHtml(document)).not.toMatch(/cheapest|NaN|undefined|Infinity/)
})

test('where no card has a price, cost counts replicas', async () => {
  const set = ['pools.gpu.accelerator=a10', 'pools.gpu.replicas=1..3']
  const document = await plan(cards, { set, replications: 6 })
  expect(document.cost_unit).toBe('replicas')
  expect(document.without_price).toBeUndefined()
  expect(planText(document)).toMatch(
    /^The cheapest configuration that holds .* is 2 replicas: 2 rep/,
  )
})
