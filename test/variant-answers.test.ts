import { expect, test } from 'vitest'
import { variantsHtml, variantsText } from '../reports/index.ts'
import { undecidedText } from '../reports/tables/summary.ts'
import { resourceRows, variantRows } from '../reports/tables/variants-table.ts'
import { loadSystem } from '../runtime/jobs/prepare.ts'
import { simulate } from '../runtime/jobs/simulate.ts'
import { loadVariants } from '../runtime/jobs/variants/load-variants.ts'
import { variants } from '../runtime/jobs/variants/variants.ts'
import type { Variants } from '../sim/documents/index.ts'
import { madeUpProfile } from './profiles.ts'
import { put, temporaryFolder } from './spillway.ts'

type Variant = Variants['variants'][number]

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
  const columnOf = (name: string) => rows.map((row) => row[head!.indexOf(name)])
  expect(columnOf('failed or open objective')[0]).toMatch(/^web: p\(95\) latency_ms < 60 \(.+ s\)$/)
  expect(columnOf('failed or open objective').slice(1)).toEqual(['–', '–'])
  // a minute of one, four and three replicas
  expect(columnOf('replica-hours')).toEqual(['0.017', '0.067', '0.050'])
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

/** Small batches fill the device with blocks that larger ones cannot use: these run in parts. */
const MEMORY = `spillway: 1
name: memory
duration_s: 20
models:
  m:
    work: { law: linear, base_ms: 100, per_item_ms: 1 }
    memory: { activations: [{ per_item_kib: 5000 }, { per_item_kib: 5000 }] }
traffic:
  - class: web
    arrivals: { process: poisson, schedule: [{ at_s: 0, rate_rps: 3 }, { at_s: 2, rate_rps: 50 }] }
slo: { web: ["goodput > 50%"] }
pools:
  - name: p
    model: m
    batching: { policy: dynamic, max_batch: 16, max_delay_ms: 1 }
    memory: { allocator: bucket, limit_mib: 140, out_of_memory: [split] }
variants:
  tight: {}
  roomy: { pools.p.memory.limit_mib: 4000 }
`

test('a variant that runs out of memory has a warning, and of equally dear ones is not taken', async () => {
  const path = put(folder, 'memory.yaml', MEMORY)
  const { document } = await variants(await loadVariants(path, {}), { replications: 3 })
  const [tight, roomy] = document.variants as [Variant, Variant]
  expect([tight.row.verdict, roomy.row.verdict]).toEqual(['PASS', 'PASS'])
  expect(tight.memory!.map(({ name }) => name)).toEqual(['p'])
  expect(roomy.memory).toBeUndefined()
  const warning = /^warning: tight: out of memory: p [\d,]+ times in 3 runs/m
  expect(variantsText(document)).toMatch(warning)
  expect(await variantsHtml(document)).toMatch(/<li>tight: out of memory: p /)
  // also where it is the first and the faster one
  const p99 = { ...tight.figures.p99, value: 1 }
  const faster = { ...tight, figures: { ...tight.figures, p99 } }
  const answerOf = (...compared: Variant[]) =>
    variantsText({ ...document, variants: compared }).split('\n')[0]
  expect(answerOf(faster, roomy)).toMatch(/^Take roomy, 1 replica: /)
  const { memory: _, ...enough } = faster
  expect(answerOf(enough, roomy)).toMatch(/^Take tight, 1 replica: /)
  // of those that are alike the first
  const same = { ...roomy, figures: enough.figures }
  expect(answerOf(enough, same)).toMatch(/^Take tight, /)
  expect(answerOf(same, enough)).toMatch(/^Take roomy, /)
})

/** A replica is lost at 20 s, and found to be after 5 s: it fails at once what is sent to it. */
const LOST = `spillway: 1
name: lost
duration_s: 60
models: { m: { work: { law: exponential, mean_ms: 20 } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 100 } }]
pools: [{ name: p, model: m, replicas: 4, queue: { mode: per-replica } }]
failures:
  - { kind: crash, replicas: [1], at_s: [20], detection_s: 5, restart_s: { distribution: fixed, value: 30 } }
variants:
  late: {}
  early: { failures.0.detection_s: 0 }
`

test('requests that failed on a replica that was down are a warning of their variant', async () => {
  const path = put(folder, 'lost.yaml', LOST)
  const { document } = await variants(await loadVariants(path, {}), { replications: 2 })
  const warning =
    /late: pool p: [\d,]+ requests failed on a replica that was down and still routed to/
  expect(document.warnings.filter((text) => warning.test(text))).toHaveLength(1)
  expect(document.warnings.join()).not.toContain('early: pool p: ')
  expect(variantsText(document)).toMatch(warning)
  expect(await variantsHtml(document)).toMatch(warning)
})

test('two replications do not tell whether variants differ, and say so', async () => {
  const path = put(folder, 'alike.yaml', ALIKE)
  const of = async (replications: number) => {
    const { document } = await variants(await loadVariants(path, {}), { replications })
    return { document, text: variantsText(document) }
  }
  const two = await of(2)
  expect(two.text).toMatch(/two replications do not tell whether p50, p95 and goodput differ/)
  expect(two.text).not.toContain('no difference found in')
  expect(two.text).toMatch(/warning: two replications say little: .*; use --replications 6/)
  expect(two.text).not.toMatch(/\[<[\d.,]+, >[\d.,]+\]/)
  expect(await variantsHtml(two.document)).toContain('two replications say little')
  const six = await of(6)
  expect(six.text).toContain('no difference found in')
  expect(six.text).not.toContain('say little')
})

/** Equal but for their draws. */
const ALIKE = `spillway: 1
name: alike
duration_s: 60
models: { m: { work: { law: exponential, mean_ms: 10 } }, n: { work: { law: exponential, mean_ms: 9.9 } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 50 } }]
pools: [{ name: p, model: m }]
variants:
  one: {}
  two: { pools.p.model: n }
`

/** Its file is not read: the profile has its times. */
const MEASURED = `spillway: 1
name: measured
duration_s: 20
models: { encoder: { builtin: transformer-encoder, layers: 1 } }
traffic: [{ class: text, arrivals: { process: poisson, rate_rps: 50 }, input_tokens: { distribution: fixed, value: 32 } }]
pools: [{ name: central, model: encoder, batching: { policy: dynamic, max_batch: 4 } }]
variants:
  batch-4: {}
  batch-16: { pools.central.batching.max_batch: 16 }
`

test('a capacity from times that do not fit together, or are extrapolated, is marked', async () => {
  const path = put(folder, 'measured.yaml', MEASURED)
  const capacities = async (error: number) => {
    const { models, ...profile } = madeUpProfile(MEASURED)
    const unfit = models.map((model) => {
      const errors = model.work.ms.map((row) => row.map(() => error))
      return { ...model, work: { ...model.work, error: errors } }
    })
    const text = JSON.stringify({ ...profile, models: unfit })
    const loaded = await loadVariants(path, { profile: put(folder, 'profile.json', text) })
    const { document } = await variants(loaded, { replications: 2 })
    const [head, ...rows] = resourceRows(document)
    const at = head!.indexOf('capacity')
    return { document, cells: rows.map((row) => row[at]) }
  }
  const fit = await capacities(0)
  // measured up to 4
  expect(fit.cells).toEqual([
    expect.stringMatching(/^[\d,.]+ req\/s$/),
    expect.stringMatching(/^≈ [\d,]+ req\/s$/),
  ])
  expect(fit.document.variants[0]).not.toHaveProperty('doubtful_times')
  const unfit = await capacities(4)
  const [first] = unfit.document.variants
  expect(first!.doubtful_times).toEqual([expect.stringContaining('one is 400 % off')])
  expect(first!.row.capacity_rps).toBe(fit.document.variants[0]!.row.capacity_rps)
  for (const cell of unfit.cells) expect(cell).toMatch(/^≈ [\d,]+ req\/s$/)
  const note = '≈: the capacity is from batch times that a warning is about'
  expect(variantsText(unfit.document)).toContain(note)
  expect(await variantsHtml(unfit.document)).toContain(note)
})

/** p99 is near its limit. */
const OPEN = `spillway: 1
name: open
duration_s: 60
models: { m: { work: { law: exponential, mean_ms: 10 } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 50 } }]
slo: { web: ["p(99) latency_ms < 92"] }
pools: [{ name: p, model: m }]
variants:
  single: {}
  two: { pools.p.replicas: 2 }
`

test('an open objective has the reason that a simulation gives', async () => {
  const path = put(folder, 'open.yaml', OPEN)
  const { document } = await variants(await loadVariants(path, {}), { replications: 2 })
  const { verdict, estimate } = document.variants[0]!.row.objectives[0]!
  expect(verdict).toBe('UNDECIDED')
  expect(estimate.value).not.toBeNull()
  const { objectives } = await simulate(await loadSystem(path), { replications: 2 })
  const reason = undecidedText(objectives[0]!)!
  expect(variantsText(document)).toContain(`; ${reason})`)
  expect(await variantsHtml(document)).toContain(`; ${reason})`)
})
