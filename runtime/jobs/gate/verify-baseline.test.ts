import { describe, expect, test } from 'vitest'
import { EXIT, Failure, hashOf, type Scenario } from '../../../scenarios/index.ts'
import type { BaselineEntry, GateCase } from '../../../sim/documents/index.ts'
import { scenarioOf } from '../../../test/scenarios.ts'
import { doubtOf, underDoubt } from './verify-baseline.ts'

/** An engine of which all is known: p99 is twice the window of a batch. */
function simulated(scenario: Scenario): BaselineEntry {
  const { batching } = scenario.pools[0]!
  const window = batching.policy === 'dynamic' ? batching.max_delay_ms : 0
  const figure = { class: 'web', unit: 'ms', better: 'lower' } as const
  return {
    ...{ file: 'a.yaml', name: scenario.name, hash: hashOf(scenario), version: '1.0.0' },
    ...{ commit: null, profile: null, seed: scenario.seed, replications: 10, load: 0.4 },
    figures: [
      { ...figure, name: 'p50', value: 1 },
      { ...figure, name: 'p99', value: 2 * window },
    ],
    objectives: [{ class: 'web', text: 'p(99) latency_ms < 30', verdict: 'PASS' }],
    scenario: JSON.parse(JSON.stringify(scenario)) as Scenario,
  }
}

function withWindow(max_delay_ms: number): Scenario {
  const batching = { policy: 'dynamic', max_batch: 8, max_delay_ms }
  return scenarioOf({ pools: [{ name: 'central', model: 'm', batching }] })
}

const BASE = withWindow(5)
const entry = simulated(BASE)
const edited = (over: Partial<BaselineEntry>) => ({ ...entry, ...over })

const doubt = (known: BaselineEntry, head: BaselineEntry = simulated(withWindow(10))) =>
  doubtOf(known, { from: 'gate.json', head, simulate: async (scenario) => simulated(scenario) })

const one = (verdict: GateCase['verdict']): GateCase => ({
  ...{ file: 'a.yaml', name: 'a', hash: 'h', base: 'gate.json', verdict, reason: 'by 40 %' },
  ...{ changes: { scenario: [], profile: null, engine: null }, metrics: [], measured: null },
})

describe('a baseline', () => {
  test.each([
    ['of the same scenario', simulated(BASE)],
    ['of another one', simulated(withWindow(10))],
  ])('%s is relied on as it was written', async (_, head) => {
    expect(await doubt(entry, head)).toBe(null)
    expect(underDoubt(one('IMPROVED'), null)).toEqual(one('IMPROVED'))
  })

  test.each<[string, Partial<BaselineEntry>, RegExp]>([
    [
      'latencies x 10',
      { figures: entry.figures.map((own) => ({ ...own, value: 10 * own.value! })) },
      /^gate.json has web: p50 10, and its scenario 1: it was edited/,
    ],
    [
      'an interval that its scenario has not',
      { figures: entry.figures.map((own) => ({ ...own, low: 0, high: 100 })) },
      /has another interval of web: p50/,
    ],
    ['no figures', { figures: [] }, /lacks web: p50 at its place/],
    ['fewer figures', { figures: entry.figures.slice(0, 1) }, /lacks web: p99/],
    ['another order', { figures: entry.figures.toReversed() }, /lacks web: p50/],
    [
      'a value that is none',
      { figures: entry.figures.map((own) => ({ ...own, value: null })) },
      /has web: p50 null/,
    ],
    [
      'more figures',
      { figures: [...entry.figures, { ...entry.figures[0]!, name: 'p95' }] },
      /has web: p95, and its scenario has none/,
    ],
    ['another objective', { objectives: [] }, /another objectives than its scenario/],
    ['another load', { load: 1.2 }, /another load than/],
    [
      'the times of another machine',
      { profile: { name: 'ci', hash: 'x' } },
      /with profile x, and here it is none/,
    ],
    ['another name', { name: 'b' }, /another name than/],
    ['a forged hash', { hash: 'forged' }, /states the hash forged, which is not that of its/],
    [
      'the scenario of the head',
      { scenario: simulated(withWindow(10)).scenario },
      /not that of its scenario/,
    ],
    ['no scenario', { scenario: null }, /holds no scenario/],
    ['a scenario that is none', { scenario: { spillway: 1 } }, /holds no scenario/],
    [
      'an infinite number',
      { scenario: { ...BASE, duration_s: Number.POSITIVE_INFINITY } },
      /holds no scenario/,
    ],
  ])('with %s is refuted, and no verdict is left', async (_, over, reason) => {
    for (const head of [simulated(BASE), simulated(withWindow(10))]) {
      const found = await doubt(edited(over), head)
      expect(found).toMatchObject({ refuted: true, reason: expect.stringMatching(reason) })
      for (const verdict of ['PASS', 'IMPROVED', 'FAIL', 'UNDECIDED'] as const) {
        const left = underDoubt(one(verdict), found)
        expect(left).toMatchObject({ verdict: 'NOT COMPARABLE', metrics: [] })
      }
    }
  })

  test.each<[string, Partial<BaselineEntry>, RegExp]>([
    ['version', { version: '0.9.0' }, /was made by Spillway 0.9.0, and this is 1.0.0/],
    ['commit', { commit: 'abc' }, /was made by Spillway 1.0.0 \(abc\)/],
  ])('of another %s can show that a head is worse, and no more', async (_, over, reason) => {
    const found = await doubt(edited(over))
    expect(found).toMatchObject({ refuted: false, reason: expect.stringMatching(reason) })
    const worse = underDoubt(one('FAIL'), found)
    expect(worse.verdict).toBe('FAIL')
    expect(worse.reason).toMatch(/^by 40 %; the base is not verified: /)
    for (const verdict of ['PASS', 'IMPROVED', 'UNDECIDED'] as const) {
      expect(underDoubt(one(verdict), found).verdict).toBe('NOT COMPARABLE')
    }
  })

  test('that cannot be simulated here cannot be verified', async () => {
    const head = simulated(withWindow(10))
    const failing = (code: Failure) =>
      doubtOf(entry, { from: 'gate.json', head, simulate: () => Promise.reject(code) })
    expect(await failing(new Failure('no such trace'))).toEqual({
      refuted: false,
      reason: 'the base cannot be simulated here: no such trace',
    })
    await expect(failing(new Failure('Ctrl-C', EXIT.interrupted))).rejects.toThrow('Ctrl-C')
  })
})
