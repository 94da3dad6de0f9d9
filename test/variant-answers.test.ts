import { expect, test } from 'vitest'
import { variantsHtml, variantsText } from '../reports/index.ts'
import { variantRows } from '../reports/tables/variants-table.ts'
import { loadVariants } from '../runtime/jobs/variants/load-variants.ts'
import { variants } from '../runtime/jobs/variants/variants.ts'
import { put, temporaryFolder } from './spillway.ts'

const folder = temporaryFolder()

/** Each replica serves 100 requests/s. */
const SCENARIO = `spillway: 1
name: fleet
duration_s: 60
models: { m: { work: { law: constant, ms: 10 } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 150 } }]
slo: { web: ["p(95) latency_ms < 60"] }
pools: [{ name: p, model: m, replicas: 1, price_usd_per_hour: 2 }]
variants:
  single: {}
  four: { pools.p.replicas: 4 }
  three: { pools.p.replicas: 3 }
`

test('variants recommend the cheapest that passes, and name what the others fail', async () => {
  const path = put(folder, 'fleet.yaml', SCENARIO)
  const { document } = await variants(await loadVariants(path, {}), { replications: 3 })
  const text = variantsText(document)
  expect(text.split('\n')[0]).toBe(
    'Take three, $6.00 an hour: of 3 variants 2 pass every objective in the simulation, and it is the cheapest.',
  )
  const [head, ...rows] = variantRows(document)
  const of = (name: string) => rows.map((row) => row[head!.indexOf(name)])
  expect(of('failed or open objective')[0]).toMatch(/^web: p\(95\) latency_ms < 60 \(.+ s\)$/)
  expect(of('failed or open objective').slice(1)).toEqual(['–', '–'])
  // a minute of one, four and three replicas
  expect(of('replica-hours')).toEqual(['0.017', '0.067', '0.050'])
  expect(await variantsHtml(document)).toContain('Take three')
})

/** Half of the capacity of a replica. The a10 has no listed price. */
const CARDS = `spillway: 1
name: cards
duration_s: 60
models: { m: { work: { law: constant, ms: 10 } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 50 } }]
slo: { web: ["p(95) latency_ms < 60"] }
pools: [{ name: p, model: m, accelerator: a10 }]
variants:
  a10: {}
  a100: { pools.p.accelerator: a100-sxm-40 }
  t4: { pools.p.accelerator: t4 }
`

test('a variant without a price is neither the cheapest, nor does it hide what others cost', async () => {
  const path = put(folder, 'cards.yaml', CARDS)
  const { document } = await variants(await loadVariants(path, {}), { replications: 3 })
  const t4 = document.variants[2]!.row.cost!.usd_per_hour
  const [answer] = variantsText(document).split('\n')
  expect(answer).toBe(
    `Take t4, $${t4.toFixed(2)} an hour: of 3 variants 3 pass every objective in the simulation, and it is the cheapest of those with a price. 1 variant (a10) has no price: state price_usd_per_hour.`,
  )
  expect(await variantsHtml(document)).toContain(
    '1 variant (a10) has no price: state price_usd_per_hour.',
  )
  const slow = CARDS.replace('t4 }', 't4, models.m.work.ms: 100 }').replace(
    'sxm-40 }',
    'sxm-40, models.m.work.ms: 100 }',
  )
  const only = await loadVariants(put(folder, 'only.yaml', slow), {})
  const free = (await variants(only, { replications: 3 })).document
  expect(variantsText(free).split('\n')[0]).toBe(
    'Take a10, which has no price: the only one of 3 variants that passes every objective in the simulation. 1 variant (a10) has no price: state price_usd_per_hour.',
  )
})
