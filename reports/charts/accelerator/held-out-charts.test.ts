import { describe, expect, test, vi } from 'vitest'
import { WIDE } from '../frame.ts'
import { toSvg } from '../render.ts'
import { LIGHT } from '../theme.ts'
import { type HeldOutChart, heldOutTimes } from './held-out-times.ts'
import { type RooflineChart, rooflineChart } from './roofline.ts'

const heldOut: HeldOutChart = {
  title: 'Half of the latencies predict the other half within 5 % in the median',
  subtitle: 'published',
  bar: 0.4,
  panels: ['T4', 'A100'].map((name) => ({
    name,
    series: [
      {
        name: 'FP16',
        color: LIGHT.measured,
        shape: 'square',
        points: [
          { measured: 1, predicted: 1.1 },
          { measured: 20, predicted: 18 },
        ],
      },
    ],
  })),
}

const roofline: RooflineChart = {
  title: 'A layer reaches 70 % of the peak and 80 % of the bandwidth',
  subtitle: 'one card',
  panels: ['A40', 'A100', 'H100'].map((name) => ({
    name,
    bandwidthGbS: 1000,
    tflops: 100,
    measured: [
      { intensity: 1, tflops: 0.8 },
      { intensity: 1000, tflops: 70 },
    ],
    fitted: [
      { intensity: 1, tflops: 0.7 },
      { intensity: 1000, tflops: 72 },
    ],
  })),
}

interface Concat {
  readonly concat: readonly {
    readonly layer: readonly {
      readonly data?: { readonly values: readonly Readonly<Record<string, number>>[] }
      readonly mark: { readonly type: string }
    }[]
  }[]
}

describe('charts of held-out times and rooflines', () => {
  test('the roof has its ridge where peak and bandwidth meet', () => {
    const { concat } = rooflineChart(roofline) as unknown as Concat
    const [roof] = concat[0]!.layer.filter(({ mark }) => mark.type === 'line')
    expect(roof!.data!.values[1]).toEqual({ intensity: 100, tflops: 100 })
  })

  test('every held-out point is drawn, and the band has the width of the bar', () => {
    const { concat } = heldOutTimes(heldOut) as unknown as Concat
    const layers = concat[0]!.layer
    const [points] = layers.filter(({ mark }) => mark.type === 'point')
    expect(points!.data!.values).toHaveLength(2)
    const lines = layers.filter(({ mark }) => mark.type === 'line')
    const slopes = lines.map(({ data }) => data!.values[0]!.predicted! / data!.values[0]!.measured!)
    expect(slopes).toEqual([1, 1.4, 0.6].map((slope) => expect.closeTo(slope, 12)))
  })

  test('are drawn without a warning and fit', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    for (const spec of [heldOutTimes(heldOut), rooflineChart(roofline)]) {
      const svg = await toSvg(spec)
      expect(svg).not.toMatch(/NaN|undefined|Infinity/)
      expect(Number(/width="(\d+(?:\.\d+)?)"/.exec(svg)?.[1])).toBeLessThanOrEqual(WIDE + 12)
    }
    expect(warn.mock.calls).toEqual([])
  })
})
