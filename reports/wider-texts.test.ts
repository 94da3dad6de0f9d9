import { describe, expect, test } from 'vitest'
import { sampleComparison } from './sample-comparison.test-helper.ts'
import { comparisonText } from './terminal/comparison-text.ts'
import { widerLatencyTexts, widerRatioTexts } from './wider-texts.ts'

describe('what makes predictions wider', () => {
  test('is not mentioned where nothing does', () => {
    const comparison = sampleComparison()
    expect(widerRatioTexts(comparison.what_if!)).toEqual([])
    expect(widerLatencyTexts(comparison)).toEqual([])
  })

  test('of a change is the speed of B, the intervals with it, and what 1 % of speed does', () => {
    const { what_if: whatIf } = sampleComparison()
    whatIf!.speed = [
      { pool: 'front', low: 1, high: 1, reasons: [] },
      { pool: 'central', low: 0.953, high: 1.33, reasons: ['idle executors', 'few fields'] },
    ]
    const [p50, p90] = whatIf!.percentiles
    p50!.with_speed = { low: 0.2034, high: 0.41 }
    p90!.with_speed = { low: null, high: null }
    p90!.speed_elasticity = -13.7
    expect(widerRatioTexts(whatIf!)).toEqual([
      'pool central on B: 0.953 to 1.33 times as fast as predicted: idle executors, and few fields',
      'B/A predicted with that: [0.20, 0.41] at p50, [0, ∞] at p90',
      '1 % of speed moves B/A predicted by 14 % at p90',
    ])
  })

  test('of a change begins with what probes show of idle time', () => {
    const { what_if: whatIf } = sampleComparison()
    const busy = { busy_a: 0.35, busy_b: 0.8 }
    const range = { factor: 1.123, low: 1.08, high: 1.17, passes: 12 }
    whatIf!.idle = [{ pool: 'central', ...busy, ...range }]
    expect(widerRatioTexts(whatIf!)).toEqual([
      'pool central on B: predicted 1.12 [1.08, 1.17] times as fast as on A, as its executors are in ' +
        'batches for 80 % of the time in place of 35 %, by 12 passes of probes between slices',
    ])
  })

  test('of latencies is what is not known of speeds', () => {
    const comparison = sampleComparison()
    comparison.percentiles[0]!.with_inputs = { low: 1.21, high: 1.94 }
    comparison.percentiles[1]!.speed_elasticity = -4
    const texts = [
      'simulated with uncertain speeds: [1.2 ms, 1.9 ms] at p50',
      '1 % of speed moves the simulated latency by 4.0 % at p90',
    ]
    expect(widerLatencyTexts(comparison)).toEqual(texts)
    const lines = comparisonText(comparison).split('\n')
    for (const text of texts) expect(lines).toContain(`  ${text}`)
  })
})
