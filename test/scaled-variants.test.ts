import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { resourceRows } from '../reports/tables/variants-table.ts'
import { loadVariants } from '../runtime/jobs/variants/load-variants.ts'
import { variants } from '../runtime/jobs/variants/variants.ts'

const folder = mkdtempSync(join(tmpdir(), 'spillway-scaled-'))
afterAll(() => rmSync(folder, { recursive: true }))

const scaled = (max: number, settings = '') =>
  `{ policy: scheduled, min: 0, max: ${max}, steps: [{ at_s: 0, replicas: 2 }]${settings} }`

/** Two replicas of 100 requests/s each, or as many of a pool that could have more. */
const SCENARIO = `spillway: 1
name: scaled
duration_s: 60
warmup_s: 5
models: { m: { work: { law: constant, ms: 10 } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 100 } }]
pools:
  - name: p
    model: m
    accelerator: t4
    replicas: 2
    price_usd_per_hour: 0.36
variants:
  static: {}
  four: { pools.p.replicas: null, pools.p.scaling: ${scaled(4)} }
  forty: { pools.p.replicas: null, pools.p.scaling: ${scaled(40)} }
  warm: { pools.p.replicas: null, pools.p.scaling: ${scaled(4, ', warm: 2')} }
`

test('the limit of a scaler changes neither its utilisation nor its price at capacity', async () => {
  const path = join(folder, 'scaled.yaml')
  writeFileSync(path, SCENARIO)
  const { document } = await variants(await loadVariants(path, {}), { replications: 3 })
  const figures = document.variants.map(({ figures: { utilisation } }) => utilisation.value!)
  // half of the time of two replicas; those of the warm pool are paid for and idle
  for (const value of figures.slice(0, 3)) expect(value).toBeCloseTo(0.5, 1)
  expect(figures[3]! / figures[1]!).toBeCloseTo(0.5, 2)
  const [head, ...rows] = resourceRows(document)
  const at = head!.indexOf('$ a million at capacity')
  // a replica that is always busy serves 360,000 requests for 0.36 USD; of six, two are idle
  expect(rows.map((row) => [row[0], row[at]])).toEqual([
    ['static', '1.0'],
    ['four', '1.0'],
    ['forty', '1.0'],
    ['warm', '1.5'],
  ])
})
