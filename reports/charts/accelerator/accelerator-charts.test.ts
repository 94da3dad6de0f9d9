import { describe, expect, test, vi } from 'vitest'
import { WIDE } from '../frame.ts'
import { toSvg } from '../render.ts'
import { type BatchCurvesChart, batchCurvesChart } from './batch-curves.ts'
import { type CapCurvesChart, capCurvesChart } from './cap-curves.ts'

const points = [
  { batch: 8, value: 1000, fitted: true },
  { batch: 64, value: 5000, fitted: false },
  { batch: 512, value: 9000, fitted: true },
]
const batchCurves: BatchCurvesChart = {
  title: 'Half of the rows predict the others',
  subtitle: 'made up',
  panels: [
    {
      title: 'throughput',
      quantity: 'tokens/s',
      range: [0, 10_000],
      curves: [{ name: '8B', points, line: points }],
    },
    {
      title: 'power',
      quantity: 'W',
      range: [0, 10_000],
      curves: [{ name: '8B', points, line: points }],
    },
  ],
}
const capPoints = [
  { share: 0.4, slowdown: 2 },
  { share: 0.9, slowdown: 1 },
]
const capCurves: CapCurvesChart = {
  title: 'Two cards slow down by one curve',
  subtitle: 'made up',
  slowdowns: [0.8, 5],
  panels: [
    {
      title: 'by the limit',
      share: 'cap ÷ limit',
      shares: [0, 1],
      series: [
        { name: 'V100', points: capPoints, line: capPoints },
        { name: 'A40', points: capPoints, line: capPoints },
      ],
    },
  ],
}

describe('charts of accelerators', () => {
  test('keep fitted rows apart from predicted ones', () => {
    const { concat } = batchCurvesChart(batchCurves) as unknown as {
      concat: { layer: { data: { values: object[] }; mark: { type: string; fill?: string } }[] }[]
    }
    const dots = concat[0]!.layer.filter(({ mark }) => mark.type === 'point')
    expect(dots.map(({ data }) => data.values.length)).toEqual([2, 1])
    expect(dots[0]!.mark.fill).not.toBe(dots[1]!.mark.fill)
  })

  test('are drawn without a warning and fit', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    for (const spec of [batchCurvesChart(batchCurves), capCurvesChart(capCurves)]) {
      const svg = await toSvg(spec)
      expect(svg).not.toMatch(/NaN|undefined|Infinity|\de\+\d/)
      expect(Number(/width="(\d+(?:\.\d+)?)"/.exec(svg)?.[1])).toBeLessThanOrEqual(WIDE + 12)
    }
    expect(warn.mock.calls).toEqual([])
  })
})
