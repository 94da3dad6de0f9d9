import { afterEach, describe, expect, test, vi } from 'vitest'
import type { Result } from '../../sim/documents/index.ts'
import { sampleInput, sampleResult } from '../sample-documents.test-helper.ts'
import type { Sample } from '../sample-figures.test-helper.ts'
import { allCharts, NARROW, type ReportInput, WIDE } from './index.ts'
import { toSvg } from './render.ts'
import { LIGHT } from './theme.ts'
import { subtitleOf, titleOf } from './titles.test-helper.ts'

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
    const open = only(3.35)
    open.simulated.objectives[0]!.verdict = 'UNDECIDED'
    expect(titleOf(open, 'tail')).toBe(
      'Simulation only: p99 is 3.3 [3.0, 3.6] ms; whether that is below 3.35 ms is undecided',
    )
  })

  test('tails of token times have the verdict and the limits of their own time', () => {
    const both = sampleInput({ tokens: true })
    expect(titleOf(both, 'ttft-tail')).toBe(
      'TTFT: simulated and measured tails agree; one replay of three left the band above p95',
    )
    both.comparison.token_times!.tpot!.checks.structure!.verdict = 'FAIL'
    expect(titleOf(both, 'tpot-tail')).toMatch(/^TPOT: simulated and measured tails differ/)
    expect(titleOf(both, 'tail')).toMatch(/^Simulated and measured tails agree/)
    const alone = { ...both, measured: null, comparison: null }
    const [objective] = alone.simulated.objectives
    expect(titleOf(alone, 'ttft-tail')).toBe('Simulation only: TTFT p99 is 1.64 ms')
    alone.simulated.objectives[0] = { ...objective!, text: 'p(99) ttft_ms < 20' }
    expect(titleOf(alone, 'ttft-tail')).toMatch(/^Simulation only: TTFT p99 is .*of the limit$/)
    expect(titleOf(alone, 'tail')).toMatch(/^Simulation only: p99 to the last token is /)
    const limits = allCharts(alone).filter(({ spec }) =>
      /SLO p99 < 20 ms/.test(JSON.stringify(spec)),
    )
    expect(limits.map(({ name }) => name)).toEqual(['ttft-tail'])
    const without = allCharts(sampleInput()).map(({ name }) => name)
    expect(without.filter((name) => /^t.*-tail$/.test(name))).toEqual([])
  })

  test('lanes of steps compare mean times of steps with and without prompts', () => {
    const input = sampleInput({ tokens: true })
    expect(titleOf(input, 'step-lanes')).toBe(
      'Steps with prompts take 9.0 ms measured and 9.9 ms simulated; steps that only decode take 3.0 ms measured and 3.3 ms simulated',
    )
    expect(subtitleOf(input, 'step-lanes')).toMatch(/replay 1, 12 to 13 s, .* 2 further engines$/)
    // what is on one side only is not compared
    for (const { simulated } of input.comparison.steps!.engines) simulated.prompts.fill(1)
    expect(titleOf(input, 'step-lanes')).toBe(
      'Steps with prompts take 9.0 ms measured and 5.9 ms simulated',
    )
    for (const { measured } of input.comparison.steps!.engines) measured.prompts.fill(0)
    expect(titleOf(input, 'step-lanes')).toBe('A step takes 5.4 ms measured and 5.9 ms simulated')
    for (const { measured, simulated } of input.comparison.steps!.engines) {
      for (const side of [measured, simulated]) side.at_ms.length = 0
    }
    expect(allCharts(input).map(({ name }) => name)).not.toContain('step-lanes')
  })

  test('a lane has a bar for each step, coloured by what it computes', async () => {
    const charts = allCharts(sampleInput({ tokens: true }))
    const svg = await toSvg(charts.find(({ name }) => name === 'step-lanes')!.spec)
    const places = [1, 2].flatMap((engine) =>
      ['measured', 'simulated'].map((side) => svg.indexOf(`>engine ${engine}, ${side}<`)),
    )
    expect(Math.min(...places)).toBeGreaterThan(0)
    expect(places).toEqual(places.toSorted((a, b) => a - b))
    const bars = (color: string) => svg.match(new RegExp(`<path[^>]*fill="${color}"`, 'g'))?.length
    expect(bars(LIGHT.batchWait)).toBe(4 * 40)
    expect(bars(LIGHT.service)).toBe(4 * 60)
    expect(bars(LIGHT.queue)).toBeUndefined()
  })

  test('the rate chart states losses before anything else', () => {
    expect(titleOf(sampleInput(), 'rates')).toBe(
      'Serving kept up with arrivals (simulated and measured): 899 requests/s on average',
    )
    const alone = { simulated: sampleResult('simulated'), measured: null, comparison: null }
    expect(titleOf(alone, 'rates')).toMatch(/^Serving kept up with arrivals \(simulated\): /)
    const lossy = changed('measured', (result) => ({
      ...result,
      classes: result.classes.map((c) => ({ ...c, counts: { ...c.counts, served: 45_000 } })),
    }))
    expect(titleOf(lossy, 'rates')).toBe(
      '50 % of the requests were not served in time or at all (measured; simulated: 0.050 %)',
    )
  })

  test('the rate chart states a growing backlog', () => {
    const slow = changed('measured', ({ series, ...result }) => ({
      ...result,
      series: { ...series, served_rps: series.arrived_rps.map((rate) => rate * 0.9) },
    }))
    expect(titleOf(slow, 'rates')).toMatch(
      /^Serving fell behind by up to 2,\d+ requests, at 30 s \(measured; simulated: kept up\)$/,
    )
  })

  test('batches are alike or different', () => {
    expect(titleOf(sampleInput(), 'batch-sizes')).toMatch(/smaller: 2.90 .* against 3.10/)
    const alike = changed('measured', (result) => ({
      ...result,
      pools: sampleInput().simulated.pools,
    }))
    expect(titleOf(alike, 'batch-sizes')).toMatch(/^Batches are alike/)
    // 2.9 against 3.1, with an interval that leaves open which is larger
    const open = changed('measured', ({ pools: [pool], ...result }) => {
      const batch_mean = { ...pool!.batch_mean, low: 2.4, high: 3.5 }
      return { ...result, pools: [{ ...pool!, batch_mean }] }
    })
    expect(titleOf(open, 'batch-sizes')).toBe(
      'A batch holds 3.10 requests on average simulated and 2.9 measured',
    )
    const both = changed('simulated', ({ pools: [pool], ...result }) => ({
      ...result,
      pools: [{ ...pool!, batch_mean: { ...pool!.batch_mean, value: 1, low: 1, high: 1 } }],
    }))
    expect(titleOf({ ...both, measured: null }, 'batch-sizes')).toBe(
      'A batch holds 1 request on average',
    )
  })

  test('charts over time say how many requests were left at the end of the traffic', () => {
    const growing = changed('measured', ({ series, ...result }) => ({
      ...result,
      series: { ...series, queue_mean: series.queue_mean.map((_, i) => 90 * i) },
    }))
    for (const name of ['rates', 'queue-depth'] as const) {
      expect(subtitleOf(sampleInput(), name)).not.toContain('drawn until')
      expect(subtitleOf(growing, name)).toContain(
        'drawn until the traffic ends, with about 5,300 measured requests still waiting',
      )
    }
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
    expect(titleOf(sampleInput(), 'where-time-went')).toBe(
      'The largest part of the mean latency is service: 54 % simulated, 53 % measured',
    )
    const queued = changed('measured', (result) => ({
      ...result,
      pools: result.pools.map(({ parts, ...pool }) => {
        const { service, queue } = parts
        return { ...pool, parts: { ...parts, service: queue, queue: service } }
      }),
    }))
    expect(titleOf(queued, 'where-time-went')).toBe(
      'The largest part of the mean latency is service simulated (54 %), queue measured (53 %)',
    )
  })

  test('errors beyond the tolerance are stated with their percentile', () => {
    expect(titleOf(sampleInput({ replays: [1, 1] }), 'errors')).toBe(
      'Structure error stays within tolerance up to p99; prediction error stays within tolerance up to p99',
    )
    expect(titleOf(sampleInput({ replays: [1, 2] }), 'errors')).toMatch(
      /prediction error reaches −50 % at p99 in one replay$/,
    )
  })

  test('the queue and the heat map state when they were worst', () => {
    expect(titleOf(sampleInput(), 'queue-depth')).toMatch(/surged to 23 requests at 15 s/)
    expect(titleOf(sampleInput(), 'latency-heat')).toMatch(/^Latency was worst at 15 s/)
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
    ['tokens', sampleInput({ tokens: true })],
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
