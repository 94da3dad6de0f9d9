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
