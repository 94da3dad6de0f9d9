import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { updateBaseline } from '../runtime/jobs/gate/baseline.ts'
import {
  baselineEntries,
  type PredictionBase,
  predictionGate,
} from '../runtime/jobs/gate/prediction-gate.ts'
import { closeSimulations } from '../runtime/jobs/simulations/simulation-processes.ts'
import {
  type BaselineEntry,
  type GateBaseline,
  type GateCase,
  gateBaseline,
  gateSchema,
} from '../sim/documents/index.ts'
import { changed } from './scenarios.ts'
import { put, readJson, temporaryFolder } from './spillway.ts'

/** Prediction gates of scenarios with inputs that are not known: from the files to the verdict. */

const folder = temporaryFolder()
afterAll(closeSimulations)

const FEW = { replications: 2 }

/** A load of 0.2: four of five requests do not wait. */
const KNOWN = `spillway: 1
name: shop
seed: 3
duration_s: 42
warmup_s: 2
models: { m: { work: { law: constant, ms: 4 } } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 50 } }]
slo: { web: ["p(50) latency_ms < 4.9"] }
pools: [{ name: a, model: m, price_usd_per_hour: 1 }]
`
const withWidths = (text: string, ...widths: string[]) =>
  `${text}uncertain: { ${widths.join(', ')} }\n`

const SPEED = 'speed of m: ± 15 %'
const WIDE = withWidths(KNOWN, SPEED)
/** Each batch takes a tenth longer. */
const slower = (text: string) => changed(text, ['ms: 4 }', 'ms: 4.4 }'])

interface Wanted {
  readonly margin?: number
  readonly workers?: number
}

async function gated(head: string, base: PredictionBase, wanted: Wanted = {}): Promise<GateCase> {
  const file = put(folder, 'shop.yaml', head)
  const gate = await predictionGate([file], base, { ...FEW, ...wanted })
  expect(gateSchema.parse(gate)).toEqual(gate)
  return gate.cases[0]!
}

const against = (base: string, head: string, wanted?: Wanted) =>
  gated(head, { kind: 'scenario', path: put(folder, 'base.yaml', base), set: [] }, wanted)

const BASELINE = join(folder, 'gate.json')

/** A baseline of this text, changed after it was written. */
async function baselineOf(
  text: string,
  change: (entry: BaselineEntry) => BaselineEntry = (entry) => entry,
): Promise<PredictionBase> {
  writeFileSync(BASELINE, '{"document":"spillway-gate-baseline","format":1,"scenarios":[]}')
  await updateBaseline(BASELINE, await baselineEntries([put(folder, 'shop.yaml', text)], FEW))
  const baseline = gateBaseline.parse(readJson(BASELINE))
  const scenarios = baseline.scenarios.map(change)
  writeFileSync(BASELINE, JSON.stringify({ ...baseline, scenarios }))
  return { kind: 'file', path: BASELINE }
}

const entryIn = () => (readJson(BASELINE) as GateBaseline).scenarios[0]!

function metric({ metrics }: GateCase, wanted: string) {
  const row = metrics.find(({ name }) => name === wanted)
  if (row === undefined) throw new Error(`Expected ${wanted} among ${metrics.length} metrics`)
  return row
}

describe('an input that both sides state', () => {
  test('cancels: a service that is 10 % slower fails although its speed is ± 15 %', async () => {
    const judged = await against(WIDE, slower(WIDE))
    expect(judged).toMatchObject({ verdict: 'FAIL', interval: 'inputs' })
    const p50 = metric(judged, 'p50')
    expect(p50.verdict).toBe('FAIL')
    expect(p50.with_inputs!.low).toBeGreaterThan(1.08)
    expect(p50.with_inputs!.high).toBeLessThan(1.15)
    expect(judged.uncertain!.inputs).toMatchObject([{ name: 'speed of m', side: 'both' }])
    expect(judged.reason).toContain('with uncertain inputs')
  })

  test('of other widths is another one, and the same change is not decided', async () => {
    const judged = await against(WIDE, slower(withWidths(KNOWN, 'speed of m: ± 14 %')))
    expect(judged).toMatchObject({ verdict: 'UNDECIDED', interval: 'inputs' })
    const sides = judged.uncertain!.inputs.map(({ name, side }) => [name, side])
    expect(sides).toEqual([
      ['speed of m', 'head'],
      ['speed of m', 'base'],
    ])
    expect(metric(judged, 'p50').with_inputs!.low).toBeLessThan(1)
  })

  test('leaves the ratio of two prices as it is', async () => {
    const priced = (replicas: number) =>
      withWidths(
        changed(KNOWN, ['model: m,', `model: m, replicas: ${replicas},`]),
        'pools.a.price_usd_per_hour: ± 20 %',
      )
    const hour = metric(await against(priced(1), priced(2)), 'cost an hour')
    expect(hour.verdict).toBe('FAIL')
    expect(hour.with_inputs!.low).toBeCloseTo(2, 9)
    expect(hour.with_inputs!.high).toBeCloseTo(2, 9)
  })

  test('is the same whatever the number of processes', async () => {
    const [alone, both] = [
      await against(WIDE, slower(WIDE), { workers: 1 }),
      await against(WIDE, slower(WIDE), { workers: 2 }),
    ]
    expect(both).toEqual(alone)
  })
})

describe('an input of one side', () => {
  test('is drawn there alone, and leaves open what it moves beyond the margin', async () => {
    for (const [base, head, side] of [
      [KNOWN, WIDE, 'head'],
      [WIDE, KNOWN, 'base'],
    ] as const) {
      const judged = await against(base, head)
      expect(judged.verdict).toBe('UNDECIDED')
      expect(judged.uncertain!.inputs).toMatchObject([{ name: 'speed of m', side }])
      const { ratio, with_inputs: wide } = metric(judged, 'p50')
      expect(ratio).toBe(1)
      expect(wide!.low! * wide!.high!).toBeCloseTo(1, 1)
      expect(wide!.high).toBeGreaterThan(1.1)
      expect(wide!.hangs_on).toMatchObject({ name: 'speed of m', side })
    }
  })

  test('that hardly moves a figure leaves the verdict of the stated values', async () => {
    const narrow = withWidths(KNOWN, 'speed of m: ± 0.1 %')
    expect(await against(KNOWN, narrow)).toMatchObject({ verdict: 'PASS', interval: 'inputs' })
    expect((await against(KNOWN, slower(narrow))).verdict).toBe('FAIL')
  })
})

test('a change whose sign depends on an input is undecided, with its probability', async () => {
  // batches that wait for others are slower where there are few, and faster where many queue
  const single = changed(
    KNOWN,
    [/slo: .*\n/, ''],
    ['ms: 4 }', 'ms: 10 }'],
    ['rate_rps: 50', 'rate_rps: 52.5'],
  )
  const varying = (text: string) => withWidths(text, 'traffic.web.arrivals.rate_rps: [10, 95]')
  const batched = changed(single, [
    'price_usd_per_hour: 1',
    'price_usd_per_hour: 1, batching: { policy: dynamic, max_batch: 8, max_delay_ms: 6 }',
  ])
  const stated = await against(single, batched)
  expect(stated.verdict).toBe('FAIL')
  const judged = await against(varying(single), varying(batched))
  expect(judged.verdict).toBe('UNDECIDED')
  const { with_inputs: wide } = metric(judged, 'p50')
  expect(wide!.low).toBeLessThan(0.9)
  expect(wide!.high).toBeGreaterThan(1.3)
  expect(wide!.p_worse).toBeGreaterThan(0.3)
  expect(wide!.p_worse).toBeLessThan(0.95)
})

test('an objective that no longer holds with all that is not known is undecided', async () => {
  const judged = await against(WIDE, slower(WIDE), { margin: 0.4 })
  expect(judged).toMatchObject({ verdict: 'UNDECIDED', interval: 'inputs' })
  expect(judged.reason).toMatch(
    /p\(50\) latency_ms < 4\.9: PASS → UNDECIDED, and with uncertain inputs it holds with a prob/,
  )
  // by the stated values it holds on both sides
  expect((await against(KNOWN, slower(KNOWN), { margin: 0.4 })).verdict).toBe('PASS')
})

test('traffic that is known less well is other traffic', async () => {
  const judged = await against(KNOWN, withWidths(KNOWN, 'traffic.web.arrivals.rate_rps: ± 10 %'))
  expect(judged).toMatchObject({
    verdict: 'NOT COMPARABLE',
    reason: expect.stringContaining('uncertain.traffic.web.arrivals.rate_rps: none → ± 10 %'),
  })
})

test('where all inputs are known, a gate and its baseline have no key of draws', async () => {
  const judged = await against(KNOWN, slower(KNOWN))
  await baselineOf(KNOWN)
  for (const text of [JSON.stringify(judged), readFileSync(BASELINE, 'utf8')]) {
    expect(text).not.toMatch(/"(interval|uncertain|with_inputs|stated)"/)
  }
})

describe('inputs of sources', () => {
  const included = (text: string) => withWidths(text, 'sources: included')

  test('that have no width leave all inputs known', async () => {
    const known = included(KNOWN)
    const byScenario = await against(known, slower(known))
    const byFile = await gated(slower(known), await baselineOf(known))
    for (const judged of [byScenario, byFile]) {
      expect(judged.verdict).toBe('FAIL')
      expect(JSON.stringify(judged)).not.toMatch(/"(interval|uncertain|with_inputs)"/)
    }
  })

  test('are those of a baseline, too', async () => {
    const work = '{ law: table, sizes: [1, 2], ms: [4, 7] }'
    const batching = 'price_usd_per_hour: 1, batching: { policy: dynamic, max_batch: 2 }'
    const batched = changed(
      KNOWN,
      ['{ law: constant, ms: 4 }', work],
      ['price_usd_per_hour: 1', batching],
    )
    const measured = included(batched)
    const more = changed(measured, ['price_usd_per_hour: 1', 'price_usd_per_hour: 1, replicas: 2'])
    const byFile = await gated(more, await baselineOf(measured))
    const { base: _, ...byScenario } = await against(measured, more)
    expect(byFile).toMatchObject(byScenario)
    expect(byFile.uncertain!.inputs).toMatchObject([{ name: 'speed of m', side: 'both' }])
  })
})

describe('a baseline with uncertain inputs', () => {
  test('passes an unchanged scenario, whatever the inputs are', async () => {
    const judged = await gated(WIDE, await baselineOf(WIDE))
    expect(judged).toMatchObject({
      ...{ verdict: 'PASS', interval: 'inputs' },
      reason: 'no figure has changed, whatever the uncertain inputs are',
    })
  })

  test('decides as the scenario that it is of', async () => {
    const byFile = await gated(slower(WIDE), await baselineOf(WIDE))
    const byScenario = await against(WIDE, slower(WIDE))
    const { base: _, ...rest } = byScenario
    expect(byFile).toMatchObject(rest)
    // what is written with its number, or in a file that is extended
    const priced = changed(WIDE, ['price_usd_per_hour: 1', 'price_usd_per_hour: 1 ± 20 %'])
    const cost = metric(await gated(slower(priced), await baselineOf(priced)), 'cost an hour')
    expect(cost).toMatchObject({ verdict: 'PASS', ratio: 1 })
  })

  test.each<[string, (entry: BaselineEntry) => BaselineEntry, RegExp]>([
    [
      'other figures',
      (entry) => ({
        ...entry,
        figures: entry.figures.map((figure) => ({ ...figure, value: 2 * figure.value! })),
      }),
      /it was edited/,
    ],
    [
      'inputs that are wider than those of its scenario',
      ({ stated, ...entry }) => {
        const text = JSON.stringify(stated).replace('± 15 %', '± 90 %')
        return { ...entry, stated: JSON.parse(text) as unknown }
      },
      /does not hold its uncertain inputs as its scenario states them/,
    ],
    [
      'the inputs of an earlier version, which did not keep them',
      ({ stated: _, ...entry }) => entry,
      /does not hold its uncertain inputs/,
    ],
    ['inputs that are none', (entry) => ({ ...entry, stated: [1] }), /does not hold its uncertain/],
    [
      'a scenario without its widths',
      (entry) => {
        const { uncertain: _, ...scenario } = entry.scenario as Record<string, unknown>
        return { ...entry, scenario }
      },
      /which is not that of its scenario/,
    ],
    [
      'the name of another version',
      (entry) => ({ ...entry, version: '0.0.0' }),
      /the base cannot be verified: .* was made by Spillway 0\.0\.0/,
    ],
  ])('and %s cannot be compared', async (_, change, reason) => {
    const judged = await gated(slower(WIDE), await baselineOf(WIDE, change))
    expect(judged.verdict).toBe('NOT COMPARABLE')
    expect(judged.reason).toMatch(reason)
  })

  test('keeps them as they are stated, and the figures of the stated values', async () => {
    await baselineOf(WIDE)
    const { stated, scenario, figures } = entryIn()
    expect(stated).toMatchObject({ name: 'shop', uncertain: { 'speed of m': '± 15 %' } })
    // without what a default fills in
    expect(JSON.stringify(scenario)).toContain('"replicas":1')
    expect(JSON.stringify(stated)).not.toContain('replicas')
    await baselineOf(KNOWN)
    expect(figures).toEqual(entryIn().figures)
  })
})

test('a scenario without a base is judged by all that is not known of its inputs', async () => {
  const baseline = await baselineOf(KNOWN)
  const file = put(folder, 'unlisted.yaml', changed(slower(WIDE), ['name: shop', 'name: other']))
  const { cases } = await predictionGate([file], baseline, FEW)
  expect(cases[0]).toMatchObject({ verdict: 'NOT COMPARABLE', interval: 'inputs' })
  const [objective] = cases[0]!.metrics
  expect(objective).toMatchObject({ name: 'p(50) latency_ms < 4.9', verdict: 'UNDECIDED' })
})
