import { describe, expect, test } from 'vitest'
import type { Result } from '../../../sim/documents/index.ts'
import { sampleInput, sampleResult } from '../../sample-documents.test-helper.ts'
import { type PlotText, plotText } from './layers.ts'
import { resultPlots } from './result-plots.ts'

const plain = (text: PlotText) =>
  text.map((part) => (typeof part === 'string' ? part : part.text)).join('')
const linesOf = (text: PlotText) => plain(text).split('\n')

const tick = (at: number) => ({ at, text: String(at) })
const flat = (y: number) => [0, 5, 10].map((x) => [x, y] as const)
const AXES = {
  title: 'Two levels',
  width: 40,
  height: 4,
  yRange: [0, 3],
  xTicks: [0, 10].map(tick),
  yTicks: [0, 1, 2, 3].map(tick),
} as const

describe('curves in a terminal', () => {
  test('stand at the height of their tick, each in its own lines and with its name', () => {
    const curves = [
      { name: 'low', look: 'heavy', points: flat(1) },
      { name: 'high', look: 'light', points: flat(2) },
    ] as const
    const lines = linesOf(plotText({ ...AXES, curves }))
    expect(lines[1]!.trim()).toBe('━ low   ─ high')
    expect(lines.find((line) => line.includes(' 1┤'))).toMatch(/┤━{20,}/)
    expect(lines.find((line) => line.includes(' 2┤'))).toMatch(/┤─{20,}/)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40)
  })

  test('where two meet, the later one is drawn', () => {
    const curves = [
      { name: 'below', look: 'heavy', points: flat(1) },
      { name: 'above', look: 'double', points: flat(1) },
    ] as const
    const text = plotText({ ...AXES, curves })
    expect(plain(text)).not.toContain('━━')
    expect(text).toContainEqual({ style: 'green', text: expect.stringMatching(/^═{20,}$/) })
  })

  test('a curve that ends early keeps the axis of the others', () => {
    const short = { name: 'short', look: 'light', points: flat(2).slice(0, 2) } as const
    const long = { name: 'long', look: 'heavy', points: flat(1) } as const
    const [row] = linesOf(plotText({ ...AXES, curves: [long, short] })).filter((line) =>
      line.includes('──'),
    )
    const columns = row!.match(/─/g)!.length
    expect(columns).toBeGreaterThan(10)
    expect(columns).toBeLessThan(20)
  })
})

describe('plots of results', () => {
  const only = (simulated: Result) => ({ simulated, measured: null, comparison: null })
  const titles = (text: PlotText) => linesOf(text).filter((line) => /^\S/.test(line))

  test('are the tail, the rate, the queue and the latency of each interval', () => {
    expect(titles(resultPlots(only(sampleResult('simulated')), 80))).toEqual([
      'Latency by percentile, log scale',
      'Requests served per second',
      'Requests waiting, mean',
      'p99 latency of each interval, ms',
    ])
  })

  test.each([40, 80, 200])('no line is wider than %d columns', (width) => {
    const lines = linesOf(resultPlots(sampleInput(), width))
    const plotted = lines.filter((line) => /[│┤└]/.test(line))
    expect(Math.max(...plotted.map((line) => line.length))).toBeLessThanOrEqual(width)
    expect(plotted.length).toBeGreaterThan(30)
  })

  test('both sides, the limit and the percentiles of the axis are named', () => {
    const text = plain(resultPlots(sampleInput(), 80))
    expect(text).toContain('╌ SLO p99 < 10 ms   ━ simulated   ─ measured, median of 3 replays')
    expect(text).toMatch(/p50 +p90 +p95 +p99 +p99\.9/)
  })

  test('a comparison without simulated curves has the simulated percentiles', () => {
    const { measured, comparison } = sampleInput()
    const text = plain(resultPlots({ simulated: null, measured, comparison }, 80))
    expect(text).toContain('━ simulated   ─ measured')
  })

  test('each class has its curve, and served requests are named where others were lost', () => {
    const simulated = sampleResult('simulated')
    const [own] = simulated.classes
    const { tail } = simulated
    simulated.classes = ['web', 'batch'].map((name) => ({ ...own!, name, tail }))
    expect(plain(resultPlots(only(simulated), 80))).toContain('━ web   ─ batch')
    for (const { counts } of simulated.classes) counts.served /= 2
    expect(titles(resultPlots(only(simulated), 80))[0]).toBe(
      'Latency of the served requests by percentile, log scale',
    )
  })

  test('a percentile of an interval is one that the intervals support', () => {
    const simulated = sampleResult('simulated')
    const { heat } = simulated.series
    heat.counts = heat.counts.map((row) => row.map((_, i) => (i < 70 ? 1 : 0)))
    expect(titles(resultPlots(only(simulated), 80)).at(-1)).toBe('p95 latency of each interval, ms')
    heat.counts = heat.counts.map((row) => row.map(() => 0))
    expect(() => resultPlots(only(simulated), 80)).not.toThrow()
  })

  test('nothing recorded is said, not drawn', () => {
    const simulated = { ...sampleResult('simulated'), tail: [] }
    const none = { ...simulated.series, arrived_rps: [], served_rps: [], queue_mean: [] }
    simulated.series = { ...none, heat: { latency_edges: [], counts: [] } }
    expect(plain(resultPlots(only(simulated), 80)).trim()).toBe(
      'Latency by percentile: the sample supports none',
    )
  })
})
