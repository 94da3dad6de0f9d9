import { afterAll, describe, expect, test } from 'vitest'
import { variantRatios } from '../reports/charts/variants/variant-ratios.ts'
import { variantsHtml, variantsText } from '../reports/index.ts'
import { ratioRows } from '../reports/tables/variants-table.ts'
import { loadSystem } from '../runtime/jobs/prepare.ts'
import { simulate } from '../runtime/jobs/simulate.ts'
import { closeSimulations } from '../runtime/jobs/simulations/simulation-processes.ts'
import { withUncertainInputs } from '../runtime/jobs/uncertainty.ts'
import { loadVariants } from '../runtime/jobs/variants/load-variants.ts'
import { type VariantsOptions, variants } from '../runtime/jobs/variants/variants.ts'
import { refuseManyInputs } from '../runtime/jobs/variants/variants-with-inputs.ts'
import { type VariantMetric, type Variants, variantsSchema } from '../sim/documents/index.ts'
import { put, temporaryFolder } from './spillway.ts'

/** Variants with what is not known of their inputs. */

afterAll(closeSimulations)

const folder = temporaryFolder()

async function compared(text: string, options: VariantsOptions = {}): Promise<Variants> {
  const loaded = await loadVariants(put(folder, 'unknown.yaml', text), {})
  return (await variants(loaded, { replications: 6, ...options })).document
}

const named = ({ variants }: Variants, name: string) => {
  const variant = variants.find((candidate) => candidate.name === name)
  expect(variant, name).toBeDefined()
  return variant!
}

const ratio = ({ ratios }: Variants, variant: string, metric: VariantMetric) =>
  ratios.find((candidate) => candidate.variant === variant && candidate.metric === metric)!

/** The wider interval of the median over all classes. */
function medianOf(document: Variants, name: string): readonly [low: number, high: number] {
  const { uncertainty } = named(document, name)
  const median = uncertainty!.figures.find(({ class: of, p }) => of === null && p === 0.5)!
  return [median.low!, median.high!]
}

/** No request waits, so that latencies are service times. */
const shared = (variantLines: string) => `spillway: 1
name: shared
duration_s: 60
models: { m: { work: { law: constant, ms: 10 ± 20 % } } }
traffic:
  - { class: web, arrivals: { process: deterministic, rate_rps: 7 } }
  - { class: bulk, arrivals: { process: deterministic, rate_rps: 5 } }
slo: { web: ["p(95) latency_ms < 11"] }
pools: [{ name: p, model: m, replicas: 4, price_usd_per_hour: 2 ± 20 % }]
variants:
${variantLines}
`

describe('draws of inputs that variants share', () => {
  const lines = `  four: {}
  eight: { pools.p.replicas: 8 }
  fast: { models.m.speed_factor: 2 }
  again: { models.m.work.ms: 10 ± 20 % }
  measured: { models.m.work.ms: 10 ± 19 % }`

  test('cancel in ratios, where each figure has the width of its inputs', async () => {
    const document = await compared(shared(lines))
    for (const name of ['four', 'eight', 'fast', 'again']) {
      const [low, high] = medianOf(document, name)
      expect(high / low).toBeGreaterThan(1.3)
    }
    const widthOf = (name: string) => {
      const { low, high } = ratio(document, name, 'p50').with_inputs!
      return high! / low!
    }
    expect(ratio(document, 'eight', 'p50').with_inputs).toEqual({ low: 1, high: 1, p_lower: 0 })
    // its latencies are in other cells of a histogram
    expect(widthOf('fast')).toBeLessThan(1.03)
    expect(ratio(document, 'fast', 'p50')).toMatchObject({ difference: 'lower' })
    expect(ratio(document, 'fast', 'p50').with_inputs!.p_lower).toBe(1)
    // written again with the same width, it is the same unknown; with another one it is not
    expect(ratio(document, 'again', 'p50').with_inputs).toEqual({ low: 1, high: 1, p_lower: 0 })
    expect(widthOf('measured')).toBeGreaterThan(1.3)
    const { p_lower: p } = ratio(document, 'measured', 'p50').with_inputs!
    expect(Math.abs(p - 0.5)).toBeLessThan(0.1)
    const inputs = variantsText(document).split('\n')
    expect(inputs.find((line) => line.startsWith('uncertain input'))).toMatch(/ of$/)
    const rows = ratioRows(document).map(([name]) => name)
    expect(rows).toContain('eight, with uncertain inputs')
  })

  test('leave the cheapest variant the cheapest, whatever the price is', async () => {
    const document = await compared(shared('  four: {}\n  eight: { pools.p.replicas: 8 }'))
    const [four, eight] = document.variants
    const { p_holds, p_cheapest } = four!.with_inputs!
    // 11 of 10 ms: 95 % are within a factor of 1.2
    expect(p_holds!).toBeGreaterThan(0.8)
    expect(p_holds!).toBeLessThan(0.9)
    expect(p_cheapest).toBe(p_holds)
    expect(eight!.with_inputs).toEqual({ p_holds, p_cheapest: 0 })
    expect(four!.row.objectives[0]!.with_inputs!.p_holds).toBe(p_holds)
  })
})

/** Two cards that both hold, of which one has a price that is negotiated. */
const CARDS = `spillway: 1
name: cards
duration_s: 60
models: { m: { work: { law: constant, ms: 10 } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 50 } }]
slo: { web: ["p(95) latency_ms < 100"] }
pools: [{ name: p, model: m, price_usd_per_hour: 2 }]
variants:
  offered: { pools.p.price_usd_per_hour: 2 ± 30 % }
  listed: { pools.p.price_usd_per_hour: 2.2 }
`

test('an uncertain price decides between two cards by the probability that it is lower', async () => {
  const document = await compared(CARDS)
  const [offered, listed] = document.variants
  // ln 1.1 over ln 1.3 / 1.96, of a standard normal distribution
  expect(Math.abs(offered!.with_inputs!.p_cheapest! - 0.762)).toBeLessThan(0.04)
  expect(Math.abs(listed!.with_inputs!.p_cheapest! - 0.238)).toBeLessThan(0.04)
  for (const variant of [offered, listed]) {
    expect(variant!.with_inputs!.p_holds).toBeGreaterThan(0.999)
  }
  expect(variantsText(document).split('\n')[0]).toMatch(
    /^Take offered, \$2\.00 an hour: .* With uncertain inputs it holds with a probability of over 97 %, and is the cheapest that does with one of 7\d %\.$/,
  )
  // of that variant nothing is uncertain
  expect(listed).not.toHaveProperty('uncertainty')
  expect(listed!.row.objectives[0]!.interval).toBe('draws')
  expect(offered!.row.objectives[0]!.interval).toBe('inputs')
})

/** An M/M/1 queue at a load of 0.5 has a p95 of 60 ms. */
const QUEUE = `spillway: 1
name: queue
duration_s: 200
warmup_s: 5
models: { m: { work: { law: exponential, mean_ms: 10 ± 10 % } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 50 ± 10 % } }]
slo: { web: ["p(95) latency_ms < 70", "goodput > 90%"] }
pools: [{ name: p, model: m, price_usd_per_hour: 1 }]
variants:
  single: {}
  two: { pools.p.replicas: 2 }
`

describe('variants of uncertain inputs', () => {
  test('are decided by the wider interval: the cheapest is one that holds with it', async () => {
    const known = await compared(QUEUE.replaceAll(' ± 10 %', ''))
    expect(variantsText(known).split('\n')[0]).toMatch(/^Take single, .*cheapest\.$/)
    const document = await compared(QUEUE)
    const [single, two] = document.variants
    expect([single!.row.verdict, two!.row.verdict]).toEqual(['UNDECIDED', 'PASS'])
    expect(document.interval).toBe('inputs')
    const text = variantsText(document)
    expect(text.split('\n')[0]).toMatch(/^Take two, \$2\.00 an hour: the only one of 2 variants/)
    expect(text).toMatch(/ms by draws, \[.+\] ms with uncertain inputs, holds with probability/)
    const chart = JSON.stringify(variantRatios(document, 700))
    expect(chart).toContain('thin: with uncertain inputs')
    expect(JSON.stringify(variantRatios(known, 700))).not.toContain('thin')
    const page = await variantsHtml(document)
    expect(page).toContain('<h2>What is not known</h2>')
    expect(page).toContain('cheapest that holds')
    expect(variantsSchema.parse(document)).toEqual(document)
  })

  test('hold all objectives no more surely than the least sure one', async () => {
    const document = await compared(QUEUE)
    for (const { row, with_inputs: odds } of document.variants) {
      const alone = row.objectives.map(({ with_inputs: wide }) => wide!.p_holds)
      expect(odds!.p_holds!).toBeLessThanOrEqual(Math.min(...alone))
      expect(odds!.p_cheapest!).toBeLessThanOrEqual(odds!.p_holds!)
    }
    const [single, two] = document.variants
    // two hold wherever one does, and in more
    expect(two!.with_inputs!.p_holds!).toBeGreaterThan(single!.with_inputs!.p_holds!)
    expect(two!.with_inputs!.p_cheapest!).toBeLessThan(0.5)
  })

  test('do not depend on the number of processes', async () => {
    const short = QUEUE.replace('duration_s: 200', 'duration_s: 30')
    const [alone, both] = [
      await compared(short, { workers: 1, command: 'x' }),
      await compared(short, { workers: 2, command: 'x' }),
    ]
    expect(both).toEqual(alone)
  })

  test('have the objectives that a simulation of them has', async () => {
    const text = QUEUE.replace('two: { pools.p.replicas: 2 }', 'same: { name: another }')
    const document = await compared(text)
    const system = await loadSystem(put(folder, 'single.yaml', text))
    const stated = await simulate(system, { replications: 6 })
    const result = await withUncertainInputs(system, stated, { mostDraws: 64 })
    const [single, same] = document.variants
    expect(single!.uncertainty!.draws).toBe(result.uncertainty!.draws)
    expect(single!.row.objectives).toEqual(result.objectives)
    expect(same!.row.objectives).toEqual(result.objectives)
    for (const { with_inputs: wide } of document.ratios) {
      expect(wide).toEqual({ low: 1, high: 1, p_lower: 0 })
    }
  })

  test('meet the same traffic in each draw of all of it', async () => {
    const known = QUEUE.replaceAll(' ± 10 %', '').replace('duration_s: 200', 'duration_s: 40')
    const lines = 'uncertain: { traffic: ± 20 % }\nvariants:\n  same: { name: another }\n'
    const document = await compared(known.replace('variants:\n', lines))
    const utilisation = ({ uncertainty }: Variants['variants'][number]) =>
      uncertainty!.figures.find(({ metric, class: of }) => metric === 'utilisation' && of === null)!
    for (const variant of document.variants) {
      const { low, high } = utilisation(variant)
      expect(high! / low!).toBeGreaterThan(1.3)
    }
    // the first variant is what the others are compared with
    const { low, high } = ratio(document, 'two', 'utilisation').with_inputs!
    expect(Math.abs(low! - 0.5)).toBeLessThan(0.02)
    expect(Math.abs(high! - 0.5)).toBeLessThan(0.02)
    expect(ratio(document, 'single', 'p95').with_inputs).toEqual({ low: 1, high: 1, p_lower: 0 })
  })

  test('have no further keys where nothing is uncertain', async () => {
    const document = await compared(QUEUE.replaceAll(' ± 10 %', ''))
    expect(document).not.toHaveProperty('interval')
    for (const variant of document.variants) {
      expect(variant).not.toHaveProperty('uncertainty')
      expect(variant).not.toHaveProperty('with_inputs')
      for (const objective of variant.row.objectives) {
        expect(objective).not.toHaveProperty('interval')
      }
    }
    for (const each of document.ratios) expect(each).not.toHaveProperty('with_inputs')
    expect(variantsText(document)).not.toContain('uncertain')
    expect(await variantsHtml(document)).not.toContain('What is not known')
  })

  test('are refused where they have more inputs together than can be drawn', async () => {
    const names = Array.from({ length: 21 }, (_, i) => `p${i}`)
    const pool = (name: string) => `  - { name: ${name}, model: m, price_usd_per_hour: 1 ± 1 % }`
    const prices = names.map((name) => `pools.${name}.price_usd_per_hour: 1 ± 2 %`)
    const text = `spillway: 1
name: many
duration_s: 2
models: { m: { work: { law: constant, ms: 10 } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 50 } }]
pools:
${names.map(pool).join('\n')}
variants:
  all: {}
  others: { ${prices.join(', ')} }
`
    const { variants: loaded } = await loadVariants(put(folder, 'many.yaml', text), {})
    expect(() => refuseManyInputs(loaded)).toThrow(
      /many\.yaml: all variants together have 42 different uncertain inputs, at most 40/,
    )
    refuseManyInputs(loaded.slice(0, 1))
  })
})

test('variants whose sources have no width are as where nothing is uncertain', async () => {
  const known = shared('  four: {}\n  eight: { pools.p.replicas: 8 }').replaceAll(/ ± \d+ %/g, '')
  const [stated, included] = [
    await compared(known),
    await compared(`${known}uncertain: { sources: included }\n`),
  ]
  expect(included.ratios).toEqual(stated.ratios)
  expect(JSON.stringify(included)).not.toMatch(/"(interval|uncertainty|with_inputs)"/)
})
