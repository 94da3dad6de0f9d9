import { describe, expect, test } from 'vitest'
import type { BaselineEntry } from '../../documents/index.ts'
import { baselineEntry } from './gate-figures.ts'
import { predictionCase } from './prediction.ts'

type Figure = BaselineEntry['figures'][number]

const ms = (name: string, value: number | null): Figure => {
  return { class: 'web', name, unit: 'ms', better: 'lower', value }
}
const lost = (value: number): Figure => {
  return { class: 'web', name: 'lost or late', unit: 'share', better: 'lower', value }
}

const entry = (figures: Figure[], over: Partial<BaselineEntry> = {}): BaselineEntry => ({
  file: 'a.yaml',
  name: 'a',
  hash: 'h',
  version: '1.0.0',
  commit: null,
  profile: null,
  seed: 1,
  replications: 10,
  load: 0.5,
  figures,
  objectives: [],
  scenario: {},
  ...over,
})

const judge = (base: BaselineEntry, head: BaselineEntry, margin = 0.05) =>
  predictionCase(base, head, { margin, from: 'gate.json', changes: [] })

describe('a prediction gate', () => {
  test('passes without a change, and says so', () => {
    const same = judge(entry([ms('p99', 10)]), entry([ms('p99', 10)]))
    expect(same).toMatchObject({ verdict: 'PASS', reason: 'no figure has changed' })
  })

  test.each([
    [10.4, 'PASS'],
    [10.51, 'FAIL'],
    [9.6, 'PASS'],
    [9.4, 'IMPROVED'],
    [null, 'FAIL'],
  ])('a p99 of 10 ms that becomes %s is %s at a margin of 5 %%', (value, verdict) => {
    expect(judge(entry([ms('p99', 10)]), entry([ms('p99', value)])).verdict).toBe(verdict)
  })

  test.each([
    // 2.2 % of all goodput is within the margin; none to 2.2 % of lost requests is not
    [0, 0.022, 'FAIL'],
    [0.022, 0, 'IMPROVED'],
    [0.1, 0.2, 'FAIL'],
    [0.2, 0.1, 'IMPROVED'],
    // 4 % more than before
    [0.5, 0.52, 'PASS'],
    // twice as many, but only 1 in 2,000 requests
    [0.0005, 0.001, 'PASS'],
    [0, 0.0011, 'FAIL'],
  ])('a share of %s lost requests that becomes %s is %s', (before, now, verdict) => {
    const [one] = judge(entry([lost(before)]), entry([lost(now)])).metrics
    expect(one!.verdict).toBe(verdict)
    const small = Math.abs(now - before) <= 0.001
    expect(one!.note).toBe(small ? 'at most 0.1 points' : null)
  })

  test('a smaller queue that sheds requests is no improvement, however fast the others are', () => {
    const base = entry([ms('p99', 80), lost(0)])
    const shedding = judge(base, entry([ms('p99', 20), lost(0.022)]))
    expect(shedding).toMatchObject({
      verdict: 'FAIL',
      reason: 'worse by more than 5 %: web: lost or late +2.2 points',
    })
    const few = judge(base, entry([ms('p99', 20), lost(0.0009)]))
    expect(few.verdict).toBe('PASS')
    expect(few.metrics.find(({ name }) => name === 'p99')!.note).toMatch(/more requests are lost/)
    expect(judge(base, entry([ms('p99', 20), lost(0)])).verdict).toBe('IMPROVED')
  })

  test('a result of any version with goodput has its lost requests', () => {
    const percentiles = { p50: { value: 1 }, p95: { value: 2 }, p99: { value: 3 } }
    const web = { name: 'web', counts: { served: 9 }, latency: { percentiles } }
    const { figures } = baselineEntry(
      {
        ...{ version: '0.0.1', commit: null, profile: null, seed: 1, runs: 2, load: null },
        ...{ duration_s: 10, warmup_s: 0, scenario: { name: 'a', hash: 'h' }, objectives: [] },
        classes: [{ ...web, goodput_share: { value: 0.75 } }],
      },
      null,
      'a.yaml',
    )
    expect(figures.at(-1)).toEqual(lost(0.25))
  })

  test('the peak memory of a pool or device is a figure, and more of it is worse', () => {
    const withMemory = (mib: number) =>
      baselineEntry(
        {
          ...{ version: '0.0.1', commit: null, profile: null, seed: 1, runs: 2, load: null },
          ...{ duration_s: 10, warmup_s: 0, scenario: { name: 'a', hash: 'h' }, objectives: [] },
          classes: [],
          memory: [
            { name: 'a', shared: false, peak_in_use_mib: { value: mib } },
            { name: 'a', shared: true, peak_in_use_mib: { value: 9 } },
          ],
        },
        null,
        'a.yaml',
      )
    const found = judge(withMemory(1000), withMemory(1100))
    expect(found.reason).toBe('worse by more than 5 %: memory of pool a +10 %')
    expect(found.metrics.map(({ name }) => name)).toEqual([
      'memory of pool a',
      'memory of device a',
    ])
    expect(judge(withMemory(1100), withMemory(1000)).verdict).toBe('IMPROVED')
  })

  test('one worse metric fails whatever is better, and stands first', () => {
    const found = judge(
      entry([ms('p50', 10), ms('p95', 10), ms('p99', 10)]),
      entry([ms('p50', 2), ms('p95', 11), ms('p99', 20)]),
    )
    expect(found.verdict).toBe('FAIL')
    expect(found.metrics.map(({ name }) => name)).toEqual(['p99', 'p95', 'p50'])
    expect(found.reason).toBe('worse by more than 5 %: web: p99 +100 % and 1 more')
  })

  test('an objective that fails now is a regression within any margin', () => {
    const objective = (verdict: 'PASS' | 'FAIL') => {
      return { objectives: [{ class: 'web', text: 'p(99) latency_ms < 10', verdict }] }
    }
    const [kept, broken] = [objective('PASS'), objective('FAIL')]
    const [before, after] = [[ms('p99', 9.9)], [ms('p99', 10.1)]]
    expect(judge(entry(before, kept), entry(after, broken)).verdict).toBe('FAIL')
    expect(judge(entry(after, broken), entry(before, kept)).verdict).toBe('IMPROVED')
    expect(judge(entry(after, broken), entry(after, broken)).verdict).toBe('PASS')
  })

  test.each([
    ['PASS', 'UNDECIDED', 'UNDECIDED'],
    ['FAIL', 'UNDECIDED', 'PASS'],
    ['UNDECIDED', 'PASS', 'PASS'],
    ['UNDECIDED', 'FAIL', 'FAIL'],
  ] as const)('an objective that goes from %s to %s is said: %s', (before, now, verdict) => {
    const objective = (verdict: 'PASS' | 'FAIL' | 'UNDECIDED') => {
      return { objectives: [{ class: 'web', text: 'p(99) latency_ms < 10', verdict }] }
    }
    const figures = [ms('p99', 9)]
    const found = judge(entry(figures, objective(before)), entry(figures, objective(now)))
    expect(found.verdict).toBe(verdict)
    const row = found.metrics.find(({ name }) => name === 'p(99) latency_ms < 10')!
    expect(row.note).toBe(`${before} → ${now}`)
    if (verdict === 'UNDECIDED') expect(found.reason).toBe(`web: ${row.name}: ${row.note}`)
  })

  test('latency of two overloaded systems is undecided: it grows with the duration', () => {
    const busy = { load: 1.2 }
    expect(judge(entry([ms('p99', 10)], busy), entry([ms('p99', 20)], busy)).verdict).toBe(
      'UNDECIDED',
    )
    expect(judge(entry([ms('p99', 10)]), entry([ms('p99', 20)], busy)).verdict).toBe('FAIL')
  })

  test('names what changed', () => {
    const profile = { name: 'ci', hash: 'x' }
    const { changes } = judge(
      entry([ms('p99', 10)], { profile: { name: 'ci', hash: 'y' } }),
      entry([ms('p99', 10)], { profile, version: '1.1.0' }),
    )
    expect(changes).toEqual({ scenario: [], profile: 'ci (y) → ci (x)', engine: '1.0.0 → 1.1.0' })
  })

  test('other requests cannot be compared', () => {
    const head = entry([ms('p99', 10)])
    expect(judge(entry([ms('p99', 10)], { seed: 2 }), head)).toMatchObject({
      verdict: 'NOT COMPARABLE',
      reason: expect.stringContaining('seed 2 in gate.json, but 1 here'),
    })
  })

  test.each([
    [['traffic.web.arrivals.rate_rps: 200 → 80'], 'NOT COMPARABLE'],
    [['traffic.web.timeout_ms: 50 → none', 'pools.central.replicas: 2 → 3'], 'NOT COMPARABLE'],
    [['seed: 1 → 2'], 'NOT COMPARABLE'],
    // how the service treats the same requests
    [['traffic.web.priority: 1 → 2', 'traffic.web.hedge.after_ms: 5 → 9'], 'IMPROVED'],
    [['pools.central.replicas: 2 → 3', 'duration_s: 10 → 20'], 'IMPROVED'],
    [null, 'IMPROVED'],
  ])('with the changes %j is %s', (changes, verdict) => {
    const [base, head] = [entry([ms('p99', 10)]), entry([ms('p99', 5)])]
    const judged = predictionCase(base, head, { margin: 0.05, from: 'gate.json', changes })
    expect(judged.verdict).toBe(verdict)
    if (verdict === 'IMPROVED') return
    expect(judged.metrics).toEqual([])
    expect(judged.reason).toContain(`other requests than gate.json: ${changes?.[0]}; `)
  })

  test('each metric has the interval of the base, where that has one', () => {
    const known = { ...ms('p99', 10), low: 9.6, high: 10.4 }
    const { metrics } = judge(entry([known, ms('p50', 4)]), entry([ms('p99', 10), ms('p50', 4)]))
    const p99 = metrics.find(({ name }) => name === 'p99')
    expect(p99).toMatchObject({ base: 10, base_low: 9.6, base_high: 10.4 })
    expect(metrics.find(({ name }) => name === 'p50')).not.toHaveProperty('base_low')
    // what the head has is no interval of the base
    const back = judge(entry([ms('p99', 10)]), entry([known]))
    expect(back.metrics[0]).not.toHaveProperty('base_low')
    expect(back.metrics[0]).not.toHaveProperty('low', 9.6)
  })

  test('a base with none of its figures cannot be compared, one with some can', () => {
    const head = entry([ms('p50', 5), ms('p99', 10)])
    for (const figures of [[], [{ ...ms('p99', 10), class: 'other' }]]) {
      expect(judge(entry(figures), head)).toMatchObject({
        verdict: 'NOT COMPARABLE',
        reason: 'gate.json has no figure of a.yaml; make it again',
      })
    }
    expect(judge(entry([ms('p99', 10)]), head).verdict).toBe('PASS')
    // a figure without a value is one all the same
    expect(judge(entry([ms('p99', null)]), head).verdict).toBe('PASS')
  })

  test('a percentile that neither side has the requests for is a row that says so', () => {
    const figures = (p95: number) => [ms('p50', 5), ms('p95', p95), ms('p99', null), lost(0)]
    const judged = judge(entry(figures(8)), entry(figures(8.1)))
    expect(judged.reason).toBe('no metric is worse by more than 5 %; the worst is web: p95 +1.25 %')
    expect(judged.metrics.at(-1)).toMatchObject({
      ...{ name: 'p99', verdict: 'PASS', base: null, head: null, ratio: null },
      note: 'too few requests on both sides',
    })
    expect(judge(entry(figures(8)), entry(figures(8))).reason).toBe('no figure has changed')
  })

  test.each([
    [5, 'UNDECIDED'],
    [2, 'UNDECIDED'],
    [9, 'FAIL'],
  ])('with no tail on either side a p50 of 5 ms that becomes %s is %s', (p50, verdict) => {
    const figures = (value: number) => [ms('p50', value), ms('p95', null), ms('p99', null), lost(0)]
    const judged = judge(entry(figures(5)), entry(figures(p50)))
    expect(judged.verdict).toBe(verdict)
    if (verdict === 'FAIL') return
    expect(judged.reason).toBe('web: p95: too few requests on both sides; raise duration_s')
  })

  test('a base near 0 has no ratio to it, and is as wrong as it is', () => {
    const found = judge(entry([ms('p99', 5e-324)]), entry([ms('p99', 10)]))
    expect(found.metrics[0]).toMatchObject({ verdict: 'FAIL', ratio: null })
    expect(found.reason).toBe('worse by more than 5 %: web: p99')
  })
})
