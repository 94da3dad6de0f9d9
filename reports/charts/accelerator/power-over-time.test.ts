import { describe, expect, test } from 'vitest'
import { sampleResult } from '../../sample-documents.test-helper.ts'
import type { Sample } from '../../sample-figures.test-helper.ts'
import { NARROW, WIDE } from '../frame.ts'
import { toSvg } from '../render.ts'
import { LIGHT } from '../theme.ts'
import { powerOverTime } from './power-over-time.ts'

const chart = (
  sample: Sample,
  width = WIDE,
  change: (of: ReturnType<typeof sampleResult>) => void = () => {},
) => {
  const result = sampleResult('simulated', sample)
  change(result)
  return powerOverTime([{ name: 'simulated', color: LIGHT.simulated, result }], width)
}

const titleOf = (spec: ReturnType<typeof chart>) =>
  (spec!.title as { text: string[] }).text.join(' ')

const svgOf = (sample: Sample, width?: number) => toSvg(chart(sample, width)!)

describe('power over time', () => {
  test('is not drawn without power', () => {
    expect(chart({})).toBeNull()
    expect(chart({ energy: { heat: null } })).not.toBeNull()
  })

  test('has temperature and clock where heat is simulated, and the tail below them', async () => {
    const heated = await svgOf({ energy: { heat: 'throttled' } })
    const titles = ['power† (W)', 'warmest† (°C)', 'clock†', 'p99 (ms, log scale)', 'surge']
    for (const title of titles) expect(heated).toContain(`>${title}<`)
    const powered = await svgOf({ energy: { heat: null } })
    expect(powered).toContain('>power† (W)<')
    expect(powered).not.toMatch(/warmest|clock/)
    expect(await svgOf({ energy: { heat: 'throttled' } }, NARROW)).toContain('&lt; 10 ms')
  })

  test('names pools where there are several', async () => {
    const svg = await svgOf({ energy: { heat: 'cool' }, pools: ['cards', 'others'] })
    expect(svg).toContain('>others<')
    expect(await svgOf({ energy: { heat: 'cool' }, pools: ['cards'] })).not.toContain('>cards<')
  })
})

describe('its title', () => {
  test('states when heat lowers the clock, how long after the surge, and what the tail does', () => {
    // the tail of the sample is longest at 15 s, just before
    expect(titleOf(chart({ energy: { heat: 'throttled' } }))).toBe(
      'Heat lowers the clock† from 15 s on, 3 s after the surge began; p99 rises from 2.6 ms to 17 ms',
    )
  })

  test('states that the tail stays where it does', () => {
    const title = titleOf(
      chart({ energy: { heat: 'throttled' } }, WIDE, ({ series }) => {
        series.heat.counts = series.heat.counts.map(() => series.heat.counts[0]!)
      }),
    )
    expect(title).toMatch(/; p99 stays near 2\.\d ms$/)
  })

  test('states the temperature where nothing throttles, and the power where heat is not simulated', () => {
    expect(titleOf(chart({ energy: { heat: 'cool' } }))).toBe(
      'The warmest accelerator reaches 88 °C† and keeps the full clock',
    )
    expect(titleOf(chart({ energy: { heat: null } }))).toBe(
      'All accelerators together take 812 W on average and at most 1,200 W†',
    )
  })

  test('states how many replicas heat stops, and the chart has them in a panel', async () => {
    const stopped = { energy: { heat: 'stopped' } } as const
    expect(titleOf(chart(stopped))).toMatch(
      /^Heat stops up to 1\.8 replicas† at a time, from 15 s on; p99 rises from /,
    )
    expect(await svgOf(stopped)).toContain('>replicas down†<')
    expect(await svgOf({ energy: { heat: 'throttled' } })).not.toContain('replicas down')
  })

  test('has no mark where everything was measured', () => {
    const title = titleOf(
      chart({ energy: { heat: 'cool' } }, WIDE, ({ pools }) => {
        for (const { energy } of pools) energy!.uncalibrated = []
      }),
    )
    expect(title).not.toContain('†')
  })
})
