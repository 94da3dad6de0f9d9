import { afterEach, describe, expect, test, vi } from 'vitest'
import { NARROW, WIDE } from './frame.ts'
import { type HeadroomChart, headroomChart } from './latency/headroom.ts'
import { type ConcurrencyChart, concurrencyChart } from './load/concurrency.ts'
import { type PaddingChart, paddingChart } from './load/padding.ts'
import { type PlacementChart, placementChart } from './load/placement.ts'
import { toSvg } from './render.ts'

const concurrency: ConcurrencyChart = {
  title: 'Predicted p99 is 3 % off in the median',
  subtitle: 'a server · published and simulated',
  points: [16, 32, 48, 64].map((users, i) => ({
    users,
    simulated: { p50: users / 4, p99: users / 3 },
    measured: { p50: users / 4.2, p99: users / 2.8 },
    fitted: i % 2 === 0,
  })),
}

const headroom: HeadroomChart = {
  percentile: 'p99',
  limitMs: 2000,
  subtitle: 'two traces',
  curves: [
    {
      name: 'calm',
      points: [0.2, 0.5, 0.9].map((load) => ({ load, ms: 4000 * load })),
      headroom: 0.5,
    },
    {
      name: 'bursty',
      points: [0.1, 0.9].map((load) => ({ load, ms: 9e4 * load })),
      headroom: 0.92,
    },
  ],
}

const padding: PaddingChart = {
  title: 'Half of the tokens computed are padding',
  subtitle: 'two batch sizes',
  curves: [8, 32].map((batch) => ({
    batch,
    points: [0.1, 1, 2].map((cv) => ({ cv, useful: 1 / (1 + cv * Math.log2(batch)) })),
    traces: ['code', 'conv'].map((name) => ({ name, cv: 0.96, useful: 0.4 })),
  })),
}

const placement: PlacementChart = {
  title: 'The centre alone has more requests in time than any split',
  subtitle: 'two traces',
  edges: [2, 4].map((cards) => ({
    name: `${cards} L4 + 1 H100, ${cards + 2} USD an hour`,
    points: [512, 1000, 3000].map((threshold, i) => {
      const good = 0.8 + 0.02 * cards * i
      return { threshold, good, low: good - 0.05, high: good + 0.02 }
    }),
  })),
  centres: [{ name: '2 H100, 5.78 USD an hour', good: 0.98, low: 0.95, high: 1 }],
}

type Layers = { layer: { mark: { type: string; fill?: string }; data: { values: unknown[] } }[] }

describe('sweeps', () => {
  afterEach(() => vi.restoreAllMocks())

  test('the headroom chart names the need of each kind of traffic', () => {
    const { text } = headroomChart(headroom).title as { text: string[] }
    expect(text.join(' ')).toBe(
      'For p99 < 2,000 ms at equal mean load calm needs 50 %, bursty needs 92 % of the pool idle',
    )
  })

  test('dots are filled for predicted points and hollow for fitted ones', () => {
    const { layer } = concurrencyChart(concurrency) as unknown as Layers
    const dots = layer.filter(({ mark }) => mark.type === 'point')
    expect(dots.map(({ data }) => data.values.length)).toEqual([2, 2, 2, 2])
    const fills = dots.map(({ mark }) => mark.fill)
    expect(fills[0]).toBe('#ffffff')
    expect([fills[2], fills[1], fills[3]]).toEqual([fills[0], fills[3], fills[1]])
    expect(fills[1]).not.toBe(fills[0])
  })

  test('the placement chart has a line for each edge and a level for each centre', () => {
    const { layer } = placementChart(placement) as unknown as Layers
    const lines = layer.filter(({ mark }) => mark.type === 'line')
    expect(lines.map(({ data }) => data.values.length)).toEqual([2, 3, 3])
  })

  test.each([
    ['wide', WIDE],
    ['narrow', NARROW],
  ])('are drawn %s without a warning and fit', async (_, width) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const ofArticles = [headroomChart(headroom), paddingChart(padding), placementChart(placement)]
    const specs = [concurrencyChart(concurrency, width), ...(width === WIDE ? ofArticles : [])]
    for (const spec of specs) {
      const svg = await toSvg(spec)
      expect(svg).not.toMatch(/NaN|undefined|Infinity/)
      expect(Number(/width="(\d+(?:\.\d+)?)"/.exec(svg)?.[1])).toBeLessThanOrEqual(width + 12)
    }
    expect(warn.mock.calls).toEqual([])
  })
})
