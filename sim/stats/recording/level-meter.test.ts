import { expect, test } from 'vitest'
import { LEVEL_INTERVALS, LevelMeter } from './level-meter.ts'

test.each([10_000, 7000, 110_000, 240_000])(
  'a constant level is the same in each interval of %d ms, however its edges are rounded',
  (durationMs) => {
    const meter = new LevelMeter({ levels: [1, 1], pools: [0, 0], warmupMs: 0, durationMs })
    const width = durationMs / LEVEL_INTERVALS
    // changes at rounded edges and between them
    for (let i = 1; i < LEVEL_INTERVALS; i += 5) meter.set(0, i * width, 1)
    meter.set(1, 0.37 * durationMs, 3)
    meter.until(durationMs)
    const series = [...meter.series[0]!].map((levelS) => (levelS * 1000) / width)
    const last = series.pop()
    expect(last).toBeCloseTo(0, 9)
    const change = Math.floor(0.37 * LEVEL_INTERVALS)
    for (const [i, level] of series.entries()) {
      if (i !== change) expect(level, `interval ${i}`).toBeCloseTo(i < change ? 2 : 4, 9)
    }
    expect(meter.totals[0]).toBeCloseTo((durationMs * (1 + 0.37 + 0.63 * 3)) / 1000, 9)
  },
)
