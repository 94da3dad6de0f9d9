import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Result, WhatIf } from '../../sim/documents/index.ts'
import { sampleInput, sampleResult } from '../sample-documents.test-helper.ts'
import type { Sample } from '../sample-figures.test-helper.ts'
import { allCharts, type ChartName, NARROW, type ReportInput, WIDE } from './index.ts'
import { toSvg } from './render.ts'

function titleOf(input: ReportInput, name: ChartName): string {
  const spec = allCharts(input).find((chart) => chart.name === name)?.spec
  const title = spec?.title as { text: string[] }
  return title.text.join(' ')
}

const tailTitle = (sample: Sample) => titleOf(sampleInput(sample), 'tail')

function changed(world: 'simulated' | 'measured', change: (result: Result) => Result): ReportInput {
  const input = sampleInput()
  return { ...input, [world]: change(input[world]) }
}

test('charts of either side name the scenario', () => {
  for (const world of ['simulated', 'measured'] as const) {
    const input = {
      simulated: null,
      measured: null,
      comparison: null,
      [world]: sampleInput()[world],
    }
    const charts = allCharts(input)
    expect(charts.length).toBeGreaterThan(4)
    for (const { name, spec } of charts) {
      const { subtitle } = spec.title as { subtitle: string[] }
      expect(subtitle.join(' '), name).toContain('payment-peak')
    }
  }
})

describe('titles are findings', () => {
  test('the tail chart counts the replays that left the band, and names the percentile', () => {
    expect(tailTitle({ replays: [1, 1, 1] })).toBe('Simulated and measured tails agree')
    expect(tailTitle({ replays: [1, 3, 1] })).toBe(
      'Simulated and measured tails agree; one replay of three left the band above p95',
    )
    expect(tailTitle({ replays: [3, 3], verdict: 'FAIL' })).toBe(
      'Simulated and measured tails differ; both replays left the band above p95',
    )
    expect(tailTitle({ replays: [1], verdict: 'UNDECIDED' })).toBe(
      'No replay left the band; too little evidence for a verdict',
    )
  })

  test('the tail chart of one side states how far the limit is', () => {
    const only = (limitMs: number) => ({
      simulated: sampleResult('simulated', { limitMs }),
      measured: null,
      comparison: null,
    })
    expect(titleOf(only(10), 'tail')).toBe('Simulation only: p99 is 3.3 ms, 0.33 of the limit')
    expect(titleOf(only(2), 'tail')).toBe('Simulation only: p99 is 3.3 ms, 1.6 times the limit')
  })

  test('the rate chart states losses before anything else', () => {
    expect(titleOf(sampleInput(), 'rates')).toMatch(/^Serving kept up/)
    const lossy = changed('measured', (result) => ({
      ...result,
      classes: result.classes.map((c) => ({ ...c, counts: { ...c.counts, served: 45_000 } })),
    }))
    expect(titleOf(lossy, 'rates')).toMatch(/^50 % of the requests were not served/)
  })

  test('the rate chart states a growing backlog', () => {
    const slow = changed('measured', ({ series, ...result }) => ({
      ...result,
      series: { ...series, served_rps: series.arrived_rps.map((rate) => rate * 0.9) },
    }))
    expect(titleOf(slow, 'rates')).toMatch(/^Serving fell behind by up to 2,\d+ requests, at 30 s/)
  })

  test('batches are alike or different', () => {
    expect(titleOf(sampleInput(), 'batch-sizes')).toMatch(/smaller: 2.90 .* against 3.10/)
    const alike = changed('measured', (result) => ({
      ...result,
      pools: sampleInput().simulated.pools,
    }))
    expect(titleOf(alike, 'batch-sizes')).toMatch(/^Batches are alike/)
  })

  test('the machine ran as calibrated, or faster or slower', () => {
    expect(titleOf(sampleInput(), 'machine-speed')).toMatch(/^The machine ran at 0.97/)
    const steady = changed('measured', ({ series, ...result }) => ({
      ...result,
      series: { ...series, speed: series.speed.map(() => 1.01) },
    }))
    expect(titleOf(steady, 'machine-speed')).toMatch(/^The machine ran as calibrated/)
  })

  test('the largest part of the latency is named', () => {
    expect(titleOf(sampleInput(), 'where-time-went')).toMatch(/is service: 54 % simulated/)
  })

  test('errors beyond the tolerance are stated with their percentile', () => {
    expect(titleOf(sampleInput({ replays: [1, 1] }), 'errors')).toBe(
      'Structure error stays within tolerance up to p99; prediction error stays within tolerance up to p99',
    )
    expect(titleOf(sampleInput({ replays: [1, 2] }), 'errors')).toMatch(
      /prediction error reaches −50 % at p99$/,
    )
  })

  test('the queue and the heat map state when they were worst', () => {
    expect(titleOf(sampleInput(), 'queue-depth')).toMatch(/surged to 23 requests at 15 s/)
    expect(titleOf(sampleInput(), 'latency-heat')).toMatch(/^Latency was worst at 15 s/)
  })
})

describe('the tail chart', () => {
  test('describes tails only: a failed what-if or audit does not make tails differ', () => {
    const input = sampleInput({ replays: [1, 1, 1] })
    const { comparison } = input
    comparison.verdict = 'FAIL'
    comparison.checks.audit.verdict = 'FAIL'
    expect(titleOf(input, 'tail')).toBe('Simulated and measured tails agree')
    comparison.checks.prediction.verdict = 'FAIL'
    expect(titleOf(input, 'tail')).toBe('Simulated and measured tails differ')
  })
})

describe('the error chart', () => {
  test('leaves out percentiles without enough samples for a verdict', () => {
    const input = sampleInput({ replays: [1, 2] })
    const p99 = input.comparison.percentiles[3]!
    p99.verdicts = { structure: null, prediction: null }
    expect(titleOf(input, 'errors')).toBe(
      'Structure error stays within tolerance up to p95; prediction error stays within tolerance up to p95',
    )
  })
})

describe('the what-if chart', () => {
  const title = (change: (whatIf: WhatIf) => void) => {
    const input = sampleInput()
    change(input.comparison.what_if!)
    return titleOf(input, 'what-if')
  }

  test('states the effect of the change at the highest percentile with a verdict, and the prediction', () => {
    expect(title(() => {})).toBe('max_batch 8 → 2 scales p95 by 0.55; predicted 0.57 (+3.6 %)')
  })

  test('states the worst prediction if one failed, and undecided ones', () => {
    const failed = title(({ percentiles: [p50, , p95] }) => {
      Object.assign(p50!, { verdict: 'FAIL', error_relative: 2.84 })
      p50!.predicted = { value: 1.09, low: 0.99, high: 1.19, n: 30_000 }
      p95!.verdict = 'UNDECIDED'
    })
    expect(failed).toBe(
      'max_batch 8 → 2 scales p50 by 0.284, but 1.09 was predicted (+284 %); ' + 'undecided at p95',
    )
  })

  test('a change may be harmful, or indistinguishable from noise', () => {
    const times = (value: number) =>
      title(({ percentiles }) => {
        percentiles[2]!.measured = { value, low: value * 0.96, high: value * 1.04, n: 30_000 }
      })
    expect(times(2.4)).toMatch(/ scales p95 by 2\.40; /)
    expect(times(0.97)).toMatch(/ leaves p95 unchanged within the noise \(ratio 0\.97\); /)
  })

  test('several changes are named as long as they fit', () => {
    const named = (...changes: string[]) => title((whatIf) => Object.assign(whatIf, { changes }))
    const window = 'pools.central.batching.max_delay_ms: 1 → 0'
    expect(named(window, 'seed: 1 → 2')).toMatch(/^max_delay_ms 1 → 0 and seed 1 → 2 scale p95/)
    expect(named(window, window, window)).toMatch(/^Three changes scale p95/)
    expect(named(`pools.central.batching: none → ${'x'.repeat(80)}`)).toMatch(
      /^The change scales p95/,
    )
  })

  test('exists only if something was changed', () => {
    const names = (whatIf: boolean) => allCharts(sampleInput({ whatIf })).map(({ name }) => name)
    expect(names(true)).toContain('what-if')
    expect(names(false)).not.toContain('what-if')
  })
})

describe('drawing', () => {
  afterEach(() => vi.restoreAllMocks())

  const empty = (world: Result['world']) => {
    const result = sampleResult(world)
    const none = {
      ...result.series,
      arrived_rps: [],
      served_rps: [],
      queue_mean: [],
      queue_max: [],
    }
    const heat = { latency_edges: [], counts: [] }
    const series = { ...none, batch_mean: [], speed: [], heat }
    return { ...result, tail: [], tails: [], objectives: [], series }
  }
  const noisy = sampleInput()
  for (const [i, row] of noisy.comparison.what_if!.percentiles.entries()) {
    const { value } = row.measured
    row.measured = { value, low: i === 0 ? 0 : null, high: i === 0 ? 40 : null, n: 400 }
    row.noise_floor = { median: null, largest: null, pairs: 0 }
    row.verdict = 'UNDECIDED'
  }
  const cases: [string, ReportInput][] = [
    ['all documents', sampleInput()],
    ['two pools', sampleInput({ pools: ['central', 'edge'] })],
    ['one replay', sampleInput({ replays: [1.1] })],
    ['slow requests', sampleInput({ medianMs: 4000, limitMs: 250 })],
    ['fast requests', sampleInput({ medianMs: 0.02 })],
    ['nothing changed', sampleInput({ whatIf: false })],
    ['memory', sampleInput({ memory: true })],
    ['ratios with hardly an interval', noisy],
    ['simulated only', { ...sampleInput(), measured: null, comparison: null }],
    ['measured only', { ...sampleInput(), simulated: null, comparison: null }],
    [
      'nothing recorded',
      { ...sampleInput(), simulated: empty('simulated'), measured: empty('measured') },
    ],
  ]

  test.each(cases)(
    '%s: every chart is drawn without a warning and fits its width',
    async (_, input) => {
      const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
      const error = vi.spyOn(console, 'error').mockImplementation(() => {})
      for (const width of [WIDE, NARROW]) {
        for (const { name, spec } of allCharts(input, width)) {
          const svg = await toSvg(spec)
          expect(svg, name).not.toMatch(/NaN|undefined|Infinity/)
          expect(Number(/width="(\d+(?:\.\d+)?)"/.exec(svg)?.[1]), name).toBeLessThanOrEqual(
            width + 12,
          )
        }
      }
      expect(warn.mock.calls).toEqual([])
      expect(error.mock.calls).toEqual([])
    },
  )
})
