import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Variants, variantsSchema } from '../sim/documents/index.ts'
import { printedDocuments } from './printed-documents.ts'
import { changed, DECLARED } from './scenarios.ts'
import { commandsIn, filesIn, put, readJson, temporaryFolder } from './spillway.ts'

/** Variants on the built command line, simulated (`live-variants.test.ts` has replays). */

const folder = temporaryFolder()
const { run } = commandsIn(folder)
const { documentOf, published } = printedDocuments(run)

/** A pool at half of its capacity, with prices. */
const PRICED = `spillway: 1
name: priced
duration_s: 20
models: { m: { work: { law: linear, base_ms: 4, per_item_ms: 0.5 } } }
traffic: [{ class: web, arrivals: { process: poisson, load: 0.5 } }]
slo: { web: ["p(95) latency_ms < 40"] }
pools:
  - name: central
    model: m
    price_usd_per_hour: 1.5
    batching: { policy: dynamic, max_batch: 8, max_delay_ms: 2 }
`
put(folder, 'priced.yaml', PRICED)
put(
  folder,
  'named.yaml',
  `${PRICED}variants:
  one: {}
  two: { pools.central.replicas: 2 }
  small: { pools.central.batching: { policy: dynamic, max_batch: 2 } }
`,
)
put(folder, 'declared.yaml', DECLARED)

const variantsOf = async (...args: string[]) =>
  variantsSchema.parse(await documentOf('variants', ...args))
const ratio = ({ ratios }: Variants, variant: string, metric: string) =>
  ratios.find((candidate) => candidate.variant === variant && candidate.metric === metric)!

describe('variants', () => {
  test('of a scenario are compared with the first at its rate, and are no part of its hash', async () => {
    const isDocument = await published('variants')
    const document = await variantsOf('named.yaml', '--out', 'named')
    isDocument(document)
    expect(readJson(join(folder, 'named/variants.json'))).toEqual(document)
    expect(filesIn(join(folder, 'named'))).toEqual(['report.html', 'variants.json'])
    const plain = (await documentOf('simulate', 'priced.yaml')) as { scenario: { hash: string } }
    expect(document.scenario.hash).toBe(plain.scenario.hash)
    expect(document.rate).toBe('one')
    const [one, two, small] = document.variants
    // 8 of 8 ms, 500 a second: two replicas have half of the load, batches of 2 are overloaded
    expect(one!.row.load).toBeCloseTo(0.5, 1)
    expect(two!.row.load).toBeCloseTo(one!.row.load! / 2, 9)
    expect(small!.row.stability.state).toBe('OVERLOADED')
    expect(one!.row.stability.state).toBe('STABLE')
    expect([one, two].map((variant) => variant!.row.cost!.usd_per_hour)).toEqual([1.5, 3])
    const arrived = document.variants.map(({ row }) => row.classes[0]!.arrived)
    expect(new Set(arrived).size).toBe(1)
    expect(ratio(document, 'two', 'p99').difference).toBe('lower')
    expect(ratio(document, 'small', 'p50').difference).toBe('higher')
  })

  test('have the figures of simulate, and one that changes nothing has ratios of exactly 1', async () => {
    const document = await variantsOf('priced.yaml', '--variant', 'same:', '--variant', 'b: seed=2')
    const { row, name } = document.variants[0]!
    const simulated = (await documentOf('simulate', 'priced.yaml')) as Pick<
      typeof row,
      'objectives'
    >
    expect(name).toBe('same')
    expect(row.objectives).toEqual(simulated.objectives)
    const again = await variantsOf('priced.yaml', '--variant', 'same: name=other')
    expect(again.variants.map(({ name }) => name)).toEqual(['as-it-stands', 'same'])
    for (const { value, low, high, difference } of again.ratios) {
      expect([value, low, high, difference]).toEqual([1, 1, 1, 'none found'])
    }
  })

  test('have the same figures with any number of processes', async () => {
    const args = ['variants', 'named.yaml', '--replications', '3', '--workers']
    const [one, three] = await Promise.all(['1', '3'].map((n) => documentOf(...args, n)))
    expect(three).toEqual({ ...(one as Variants), command: (three as Variants).command })
    expect((one as Variants).command).toContain('--workers 1')
  })

  test('are tried when the scenario is read, each problem with the variant that has it', async () => {
    const wrong = changed(PRICED, ['name: priced', 'name: wrong'])
    put(
      folder,
      'wrong.yaml',
      `${wrong}variants: { a: { pools.cental.replicas: 2 }, b: { seed: -1 } }\n`,
    )
    const { code, stderr } = await run('simulate', 'wrong.yaml')
    expect(code).toBe(3)
    expect(stderr).toMatch(/variants\.a: pools\.cental\.replicas=2: .*central/)
    expect(stderr).toMatch(/variants\.b: seed=-1: /)
  })

  test('state in words what differs, and what an overload makes of figures', async () => {
    const { stdout } = await run('variants', 'named.yaml')
    expect(stdout).toMatch(/^two, simulated: p50 .* against one/m)
    expect(stdout).toMatch(/^small, simulated: overloaded in the simulation; /m)
    expect(stdout).toContain('loads of the scenario are shares of the capacity of one')
    expect(stdout).toMatch(/^warning: small: OVERLOADED: the backlog grew by/m)
    expect(stdout).toMatch(/^small .* OVERLOADED {2}web: p\(95\) latency_ms < 40 /m)
  })

  test('by --variant take the place of those of the same name; quotes and brackets hold semicolons', async () => {
    const list = "two: pools.central.batching={policy: dynamic, max_batch: 4}; description='a; b'"
    const { variants } = await variantsOf('named.yaml', '--variant', list, '--replications', '2')
    expect(variants.map(({ name }) => name)).toEqual(['one', 'two', 'small'])
    expect(variants[1]!.set).toHaveLength(2)
    expect(variants[1]!.changes).toContain('pools.central.batching.max_batch: 8 → 4')
  })
})

describe('variants of precision on a card of the catalogue', () => {
  const text = `spillway: 1
name: card
duration_s: 30
models: { m: { work: { law: transformer-encoder, layers: 4, hidden: 256, heads: 4, vocabulary: 1000 } } }
traffic: [{ class: text, arrivals: { process: poisson, rate_rps: 150 }, input_tokens: { distribution: fixed, value: 64 } }]
pools: [{ name: gpu, model: m, accelerator: t4, precision: fp32, batching: { policy: dynamic, max_batch: 8, max_delay_ms: 2 } }]
variants:
  fp32: {}
  int8: { pools.gpu.precision: int8 }
  l4: { pools.gpu.accelerator: l4 }
`
  put(folder, 'card.yaml', text)

  test('have weights in proportion to the bits, energy and a price', async () => {
    const { variants } = await variantsOf('card.yaml')
    const [fp32, int8, l4] = variants
    expect(fp32!.resources.weights_mib! / int8!.resources.weights_mib!).toBeCloseTo(4, 9)
    expect(fp32!.resources.joule_per_request!.value).toBeGreaterThan(
      int8!.resources.joule_per_request!.value!,
    )
    expect(l4!.changes).toContain('pools.gpu.accelerator: t4 → l4')
    expect(l4!.row.cost!.usd_per_hour).toBeGreaterThan(fp32!.row.cost!.usd_per_hour)
  })

  test('are printed in one table of what each needs', async () => {
    const { stdout } = await run('variants', 'card.yaml')
    expect(stdout).toMatch(/^variant +p99 +capacity +weights +energy a request +\$ an hour/m)
    expect(stdout).toMatch(/^int8 .* req\/s .* MiB .* J /m)
  })

  test('declared work without memory and power has no such table', async () => {
    const { variants } = await variantsOf('named.yaml', '--replications', '2')
    const { resources, row } = variants[0]!
    expect(resources).toMatchObject({ weights_mib: null, joule_per_request: null })
    expect(resources.usd_per_million_at_capacity).toBeCloseTo(
      (1e6 * row.cost!.usd_per_hour) / (3600 * row.capacity_rps!),
      9,
    )
    const { stdout } = await run('variants', 'named.yaml', '--replications', '2')
    expect(stdout).not.toContain('weights')
    expect(stdout).toContain('$ a million')
  })
})
