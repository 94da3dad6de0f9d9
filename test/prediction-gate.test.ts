import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { updateBaseline } from '../runtime/jobs/gate/baseline.ts'
import {
  baselineEntries,
  type PredictionBase,
  predictionGate,
} from '../runtime/jobs/gate/prediction-gate.ts'
import { closeSimulations } from '../runtime/jobs/simulations/simulation-processes.ts'
import type { GateBaseline, GateCase } from '../sim/documents/index.ts'
import { changed } from './scenarios.ts'
import { put, readJson, temporaryFolder } from './spillway.ts'

/** What a prediction gate gives both sides alike: their requests and their objectives. */

const folder = temporaryFolder()
afterAll(closeSimulations)

const FEW = { replications: 2 }

/** 444 requests/s at full batches, so a load of 0.4 is 178 requests/s. */
const BASE = `spillway: 1
name: shop
seed: 3
duration_s: 30
warmup_s: 3
models: { ranker: { work: { law: linear, base_ms: 12, per_item_ms: 3 } } }
traffic: [{ class: web, arrivals: { process: poisson, load: 0.4 } }]
slo: { web: ["p(99) latency_ms < 60"] }
pools:
  - name: central
    model: ranker
    replicas: 2
    batching: { policy: dynamic, max_batch: 8, max_delay_ms: 5 }
`
const SLOWER = changed(BASE, ['base_ms: 12', 'base_ms: 16'], ['max_batch: 8', 'max_batch: 2'])
const FASTER = ['models.ranker.work.base_ms=12', 'pools.central.batching.max_batch=8']

async function gated(head: string, base: PredictionBase): Promise<GateCase> {
  const { cases } = await predictionGate([put(folder, 'shop.yaml', head)], base, FEW)
  return cases[0]!
}

/** The head of a gate against a scenario with this text. */
const against = (base: string, head: string) =>
  gated(head, { kind: 'scenario', path: put(folder, 'base.yaml', base), set: [] })

/** A baseline of this text, changed after it was written. */
async function baselineOf(
  text: string,
  change: (entry: GateBaseline['scenarios'][number]) => object = () => ({}),
): Promise<PredictionBase> {
  const path = join(folder, 'gate.json')
  writeFileSync(path, '{"document":"spillway-gate-baseline","format":1,"scenarios":[]}')
  await updateBaseline(path, await baselineEntries([put(folder, 'shop.yaml', text)], FEW))
  const baseline = readJson(path) as GateBaseline
  const scenarios = baseline.scenarios.map((entry) => ({ ...entry, ...change(entry) }))
  writeFileSync(path, JSON.stringify({ ...baseline, scenarios }))
  return { kind: 'file', path }
}

const figure = ({ metrics }: GateCase, label: string) => {
  const metric = metrics.find(({ class: className, name }) => `${className}: ${name}` === label)
  if (metric === undefined) throw new Error(`Expected ${label} among ${metrics.length} metrics`)
  return metric
}

describe('a load is a share of the capacity of the base, on both sides', () => {
  test.each<[string, () => PredictionBase | Promise<PredictionBase>]>([
    [
      'another scenario',
      () => ({ kind: 'scenario', path: put(folder, 'base.yaml', BASE), set: [] }),
    ],
    ['other values', () => ({ kind: 'scenario', path: null, set: FASTER })],
    ['a baseline', () => baselineOf(BASE)],
  ])('so a slower service fails against %s', async (_, base) => {
    const judged = await gated(SLOWER, await base())
    expect(judged.verdict).toBe('FAIL')
    expect(figure(judged, 'web: p99').ratio).toBeGreaterThan(4)
  })

  test('so a load has the figures of the rate that it is for the base', async () => {
    const rate = (text: string) => changed(text, ['load: 0.4', `rate_rps: ${0.4 * (16 / 0.036)}`])
    const [byLoad, byRate] = [await against(BASE, SLOWER), await against(rate(BASE), rate(SLOWER))]
    const ratio = (judged: GateCase) => figure(judged, 'web: p99').ratio!
    expect(ratio(byLoad)).toBeCloseTo(ratio(byRate), 6)
  })

  test('an unchanged scenario has unchanged figures', async () => {
    const unchanged: PredictionBase = { kind: 'scenario', path: null, set: [] }
    for (const base of [await baselineOf(BASE), unchanged]) {
      const judged = await gated(BASE, base)
      expect(judged).toMatchObject({ verdict: 'PASS', reason: 'no figure has changed' })
    }
  })

  test('a base whose capacity is not known cannot be compared', async () => {
    const unread = await gated(SLOWER, await baselineOf(BASE, () => ({ scenario: null })))
    expect(unread).toMatchObject({
      verdict: 'NOT COMPARABLE',
      reason: expect.stringMatching(/^a load is a share of the base's capacity, .* not known here/),
    })
    const profile = { name: 'ci', hash: 'x' }
    const measured = await gated(SLOWER, await baselineOf(BASE, () => ({ profile })))
    expect(measured.verdict).toBe('NOT COMPARABLE')
    expect(measured.reason).toContain('gate.json was made with another profile')
  })
})

describe('both sides are judged by the objectives of the base', () => {
  const LIMIT = /slo: .*\n/
  const rated = (text: string) => changed(text, ['load: 0.4', 'rate_rps: 200'])
  const strict = rated(changed(BASE, [LIMIT, 'slo: { web: ["p(99) latency_ms < 45"] }\n']))
  const loose = rated(changed(BASE, [LIMIT, 'slo: { web: ["p(99) latency_ms < 90"] }\n']))
  const none = rated(changed(BASE, [LIMIT, '']))

  test.each<[string, string, RegExp]>([
    ['raised', loose, /45 is removed, web: p\(99\) latency_ms < 90 is new$/],
    ['removed', none, /: web: p\(99\) latency_ms < 45 is removed$/],
  ])('so one that is %s changes no figure, and is named', async (_, head, named) => {
    const cases = [await against(strict, head), await gated(head, await baselineOf(strict))]
    for (const judged of cases) {
      expect(judged.verdict).toBe('PASS')
      expect(judged.reason).toMatch(/^no figure has changed; objectives changed, and both sides /)
      expect(judged.reason).toMatch(named)
    }
  })

  test('so a slower service fails an objective that it no longer states', async () => {
    const slower = (text: string) => changed(text, ['base_ms: 12', 'base_ms: 18'])
    const judged = await against(strict, slower(none))
    const kept = await against(strict, slower(strict))
    expect(judged.verdict).toBe('FAIL')
    expect(figure(judged, 'web: lost or late').verdict).toBe('FAIL')
    expect(judged.metrics).toEqual(kept.metrics)
  })

  test('so an objective that only the head states is not judged, and is named', async () => {
    const judged = await against(none, strict)
    expect(judged).toMatchObject({ verdict: 'PASS' })
    expect(judged.reason).toMatch(/web: p\(99\) latency_ms < 45 is new$/)
  })
})

describe('a scenario that the baseline lacks', () => {
  /** The scenario under another name, which the baseline does not have. */
  const unlisted = async (text: string) => {
    const file = put(folder, 'unlisted.yaml', changed(text, ['name: shop', 'name: other']))
    const { cases, verdict } = await predictionGate([file], await baselineOf(BASE), FEW)
    expect(verdict).toBe(cases[0]!.verdict)
    return cases[0]!
  }

  test('cannot be compared, and has its figures', async () => {
    const { verdict, reason, metrics, figures } = await unlisted(BASE)
    expect(verdict).toBe('NOT COMPARABLE')
    expect(metrics).toMatchObject([{ name: 'p(99) latency_ms < 60', verdict: 'UNDECIDED' }])
    expect(reason).toMatch(/; add it with --update; not decided: web: p\(99\) latency_ms < 60$/)
    const p99 = figures!.find(({ class: of, name }) => of === 'web' && name === 'p99')!
    expect(p99.value).toBeGreaterThan(0)
    expect(p99.low).toBeLessThan(p99.value!)
  })

  test('fails where it is overloaded', async () => {
    const { verdict, reason, figures } = await unlisted(changed(BASE, ['load: 0.4', 'load: 1.5']))
    expect(verdict).toBe('FAIL')
    expect(reason).toMatch(
      /has no scenario .*unlisted\.yaml, and it is overloaded: the backlog grew/,
    )
    expect(figures!.length).toBeGreaterThan(0)
  })
})

test('less traffic beside a slower service cannot be compared, and is named', async () => {
  const base = changed(BASE, ['load: 0.4', 'rate_rps: 200'])
  const head = changed(BASE, ['load: 0.4', 'rate_rps: 80'], ['base_ms: 12', 'base_ms: 16'])
  for (const judged of [await against(base, head), await gated(head, await baselineOf(base))]) {
    expect(judged).toMatchObject({
      verdict: 'NOT COMPARABLE',
      reason: expect.stringContaining('traffic.web.arrivals.rate_rps: 200 → 80'),
    })
  }
  // a load beside a base without any
  expect((await against(base, BASE)).verdict).toBe('NOT COMPARABLE')
})
