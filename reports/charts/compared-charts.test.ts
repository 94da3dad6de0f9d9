import { describe, expect, test } from 'vitest'
import type { WhatIf } from '../../sim/documents/index.ts'
import { sampleInput } from '../sample-documents.test-helper.ts'
import { allCharts } from './index.ts'
import { titleOf } from './titles.test-helper.ts'

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
  test('says where its verdict is undecided, whatever the errors of single replays', () => {
    const input = sampleInput({ replays: [1, 1] })
    input.comparison.percentiles[3]!.verdicts = { structure: 'UNDECIDED', prediction: 'PASS' }
    expect(titleOf(input, 'errors')).toBe(
      'Structure error stays within tolerance, undecided at p99; prediction error stays within tolerance up to p99',
    )
    for (const row of input.comparison.percentiles) row.verdicts.structure &&= 'UNDECIDED'
    expect(titleOf(input, 'errors')).toMatch(
      /^Structure error is undecided at p50, p90, p95, p99; /,
    )
    for (const row of input.comparison.percentiles) {
      row.verdicts = { structure: null, prediction: null }
    }
    expect(titleOf(input, 'errors')).toBe('No error has a verdict')
  })

  test('leaves out percentiles without enough samples for a verdict', () => {
    const input = sampleInput({ replays: [1, 2] })
    const p99 = input.comparison.percentiles[3]!
    p99.verdicts = { structure: null, prediction: null }
    expect(titleOf(input, 'errors')).toBe(
      'Structure error stays within tolerance up to p95; prediction error stays within tolerance up to p95',
    )
  })
})

describe('the chart of the parts of an error', () => {
  const split = { structure: 0.001, service_model: 0.02, drift: -0.07, noise: -0.01 }

  test('names the largest part where a judged error is largest, of the same sign', () => {
    const input = sampleInput()
    const [p50, p90, , p99] = input.comparison.percentiles
    p50!.split = { ...split, drift: -0.03 }
    p90!.split = split
    p99!.split = { ...split, noise: 0.5 }
    for (const row of input.comparison.percentiles) row.verdicts.prediction = null
    for (const row of [p50!, p90!]) row.verdicts.prediction = 'FAIL'
    expect(titleOf(input, 'error-split')).toBe(
      'Drift is the largest part of the prediction error of −5.9 % at p90: −7.0 %',
    )
    p99!.verdicts.prediction = 'UNDECIDED'
    expect(titleOf(input, 'error-split')).toMatch(
      /^Noise is the largest part of the prediction error of \+45 % at p99: \+50 %/,
    )
  })

  test('draws the parts of each sign side by side, from 0 to their sum', () => {
    const input = sampleInput()
    for (const row of input.comparison.percentiles) row.split = null
    input.comparison.percentiles[0]!.split = split
    const { spec } = allCharts(input).find(({ name }) => name === 'error-split')!
    const [bars, , sums] = (spec as unknown as { layer: { data: { values: Bar[] } }[] }).layer
    const ends = bars!.data.values.map(({ low, high }) => [low, high])
    const expected = [
      [0, 0.001],
      [0.001, 0.021],
      [-0.07, 0],
      [-0.08, -0.07],
    ]
    expect(ends).toEqual(expected.map((pair) => pair.map((end) => expect.closeTo(end, 12))))
    expect(sums!.data.values.map(({ low }) => low)).toEqual([expect.closeTo(-0.059, 12)])
  })

  test('exists only where an error is split', () => {
    const input = sampleInput()
    const names = () => allCharts(input).map(({ name }) => name)
    expect(names()).toContain('error-split')
    for (const row of input.comparison.percentiles) row.split = null
    expect(names()).not.toContain('error-split')
  })
})

interface Bar {
  readonly low: number
  readonly high: number
}

describe('the what-if chart', () => {
  const title = (change: (whatIf: WhatIf) => void) => {
    const input = sampleInput()
    change(input.comparison.what_if!)
    return titleOf(input, 'what-if')
  }

  test('states the effect of the change at the highest percentile with a verdict, and the prediction', () => {
    expect(title(() => {})).toBe(
      'max_batch 8 → 2 scales p95 by 0.55 [0.52, 0.59]; predicted 0.57 (+3.6 %)',
    )
  })

  test('states of A/A that there is no change', () => {
    const finding = title((whatIf) => {
      whatIf.changes = []
    })
    expect(finding).toMatch(/^No change \(A\/A\) scales p95 by 0\.55 /)
  })

  test('states the worst prediction if one failed, and undecided ones', () => {
    const failed = title(({ percentiles: [p50, , p95] }) => {
      Object.assign(p50!, { verdict: 'FAIL', error_relative: 2.84 })
      p50!.predicted = { value: 1.09, low: 0.99, high: 1.19, n: 30_000 }
      p95!.verdict = 'UNDECIDED'
    })
    expect(failed).toBe(
      'max_batch 8 → 2 scales p50 by 0.284 [0.279, 0.289], but 1.09 was predicted (+284 %); ' +
        'undecided at p95',
    )
  })

  test('claims an effect, or hardly any, only where the interval does', () => {
    const measured = (value: number, low: number | null, high: number | null) =>
      title(({ percentiles }) => {
        percentiles[2]!.measured = { value, low, high, n: 30_000 }
      })
    expect(measured(2.4, 2.3, 2.5)).toMatch(/ scales p95 by 2\.40 \[2\.30, 2\.50\]; /)
    expect(measured(0.99, 0.97, 1.01)).toMatch(/ leaves p95 as it is: 0\.99 \[0\.97, 1\.01\]; /)
    expect(measured(0.4, 0.2, 1.04)).toMatch(
      /^max_batch 8 → 2: effect on p95 not decided in 5 rounds, 0\.4 \[0\.2, 1\.0\] measured; /,
    )
    expect(measured(0.4, null, null)).toMatch(/: effect on p95 not decided in 5 rounds, 0\.40 me/)
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
