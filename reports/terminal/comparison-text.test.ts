import { describe, expect, test } from 'vitest'
import type { Comparison, ErrorSplit, Verdict } from '../../sim/documents/index.ts'
import { sampleComparison } from '../sample-comparison.test-helper.ts'
import { sampleInput } from '../sample-documents.test-helper.ts'
import { comparisonText } from './comparison-text.ts'

describe('the comparison in text', () => {
  test('has two tables of one row for each percentile and the same number of cells in each', () => {
    const lines = comparisonText(sampleComparison({ whatIf: false }))
      .split('\n')
      .filter((line) => /^(percentile|p\d)/.test(line))
    const split = lines.findIndex((line) => /^percentile +structure {2}\+/.test(line))
    // the parts of the error stand between the two tables
    lines.splice(split, 5)
    const cells = lines.map((line) => line.split(/ {2,}/))
    expect(lines).toHaveLength(12)
    expect(new Set(cells.map((row) => row.length))).toEqual(new Set([9]))
    expect(cells[1]!.slice(0, 3)).toEqual(['p50', '30,000', '1.40 [1.37, 1.43] ms'])
    expect(cells[7]!.slice(0, 2)).toEqual(['p50', '28,200'])
  })

  test('states the share of requests without stalls on both sides, and nothing where none met one', () => {
    const comparison = sampleComparison({ whatIf: false })
    expect(comparisonText(comparison).split('\n')).toContain(
      'Percentiles of the latency of requests that met no stall: 93.8 % of the measured, 94.4 % of the simulated',
    )
    const every = { value: 1, low: 1, high: 1, n: 30_000 }
    comparison.stall_free!.share = { simulated: every, measured: every }
    expect(comparisonText(comparison)).not.toContain('met no stall:')
    comparison.stall_free!.share = { simulated: every, measured: { ...every, low: 0.99 } }
    comparison.stall_free!.percentiles = []
    expect(comparisonText(comparison)).toMatch(/met no stall: 100 % .*\n\n {2}structure/)
  })

  test('states nothing of stalls where tokens are generated', () => {
    const { stall_free: _, ...generated } = sampleComparison({ whatIf: false })
    expect(comparisonText(sampleComparison({ whatIf: false }))).toContain(
      'A request met a stall if',
    )
    expect(comparisonText(generated)).not.toMatch(/met (no|a) stall/)
  })

  test('shows errors that belong to the figures of their row, and the worst replay apart', () => {
    const comparison = sampleComparison({ replays: [1, 1, 1] })
    const row = comparison.percentiles[3]!
    const errors = [0.01, -0.034, 0.02]
    row.structure = row.structure.map((error, i) => {
      const relative = errors[i]!
      const simulated = error.measured * (1 + relative)
      return { ...error, simulated, error_relative: relative }
    })
    row.simulated = { value: 17, low: 10, high: 30, n: 30_000 }
    row.measured = { value: 20, low: 5, high: 80, n: 30_000 }
    // (1.01 x 0.966 x 1.02) ** (1/3) - 1 is -0.16 %, and 17 / 20 - 1 is -15 %
    expect(comparisonText(comparison)).toMatch(/^p99 .* −0\.2 % +−3\.4 % +−15 % +±4\.8 % /m)
  })

  describe('splits the prediction error', () => {
    const split = { structure: -0.002, service_model: 0.011, drift: -0.044, noise: 0.001 }
    const comparisonWith = (of: ErrorSplit) => {
      const comparison = sampleComparison()
      comparison.percentiles[0]!.split = of
      return comparison
    }
    const tableOf = (comparison: Comparison) => {
      const lines = comparisonText(comparison).split('\n')
      return lines.slice(lines.indexOf('Parts of the prediction error') + 1)
    }

    test('into signed parts in the order in which they add up, with the control kernel', () => {
      const comparison = comparisonWith(split)
      const lines = tableOf(comparison)
      expect(lines[0]!.split(/ {2,}/)).toEqual([
        ...['percentile', 'structure', '+ service model', '+ drift', '+ noise'],
        '= prediction error',
      ])
      const cells = ['p50', '−0.2 %', '+1.1 %', '−4.4 %', '+0.1 %', '−3.4 %']
      expect(lines[1]!.split(/ {2,}/)).toEqual(cells)
      expect(lines[4]).toMatch(/^p99 /)
      // p99.9 has no figure, and so no parts
      expect(lines[5]).toBe(
        '  control kernel: 1.049 ms before the replays, 1.012 ms in the profile (+3.7 %)',
      )
      expect(comparisonText(comparison)).toContain('Drift: change of the machine since its profile')
    })

    test('into three parts where the drift is not known, and says why', () => {
      const comparison = comparisonWith({ ...split, drift: null })
      const [pool] = comparison.control_kernel.pools
      const pools = [{ ...pool!, profile_ms: null }]
      comparison.control_kernel = { pools, unknown: 'the profile was not timed' }
      const lines = tableOf(comparison)
      expect(lines[0]).toMatch(/structure {2}\+ service model and drift {2}\+ noise {2}= pred/)
      expect(lines[1]!.split(/ {2,}/)).toEqual(['p50', '−0.2 %', '+1.1 %', '+0.1 %', '+1.0 %'])
      expect(lines.slice(5, 7)).toEqual([
        '  control kernel: 1.049 ms before the replays, – in the profile',
        '  the drift is not known: the profile was not timed',
      ])
    })

    test('of no percentile where none has figures, without a legend', () => {
      const comparison = comparisonWith(split)
      for (const row of comparison.percentiles) row.split = null
      expect(comparisonText(comparison)).not.toMatch(/parts of|control kernel/i)
    })
  })

  test('says how many replays count, and why others do not', () => {
    const comparison = sampleComparison()
    expect(comparisonText(comparison)).toContain('80 replications against 3 replays\n')
    const why = { reason: 'the dispatcher stalled', figure: '12 % of the time' }
    comparison.not_counted = [{ replay: 1, ...why }]
    expect(comparisonText(comparison)).toContain(
      '80 replications against 2 of 3 replays\n  replay 2 does not count: the dispatcher stalled (12 % of the time)\n',
    )
    comparison.not_counted = [0, 1, 2].map((replay) => ({ replay, ...why }))
    expect(comparisonText(comparison)).toContain('against 3 replays, of which none counts\n')
  })

  test('says which rounds of a what-if do not count', () => {
    const comparison = sampleComparison()
    const why = { reason: 'requests were sent late', figure: 'p99 7.0 ms' }
    comparison.what_if!.not_counted = [{ round: 1, ...why }]
    expect(comparisonText(comparison)).toMatch(/What if .*\n {2}round 2 does not count: requests/)
  })

  test('gives the noise floor as a figure, without a verdict', () => {
    const comparison = sampleComparison()
    const line = (text: string) => text.split('\n').find((one) => one.includes('noise floor'))
    expect(line(comparisonText(comparison))).toBe(
      '  noise floor (A/A)              two replays of the same requests differ by 4.8 % at p99, in the median',
    )
    for (const row of comparison.percentiles) row.noise_floor.median = null
    expect(line(comparisonText(comparison))).toMatch(/A\) {14}not known from one replay; /)
  })

  test('a terminal gets the verdict first, right aligned columns and the reason of each dash', () => {
    const sample = { verdict: 'UNDECIDED', whatIf: false } as const
    const lines = comparisonText(sampleComparison(sample)).split('\n')
    expect(lines[0]).toMatch(/^UNDECIDED {2}structure: /)
    const table = lines.slice(3, 9)
    expect(new Set(table.map((line) => line.length)).size).toBe(1)
    expect(lines).toContain('  p99.9: needs 100,000 requests')
  })

  test('a change has a separate table, and its check is listed with the others', () => {
    const comparison = sampleComparison()
    const row = comparisonText(comparison)
      .split('\n')
      .filter((line) => line.startsWith('p95 '))
      .at(-1)!
    const ratios = ['0.57 [0.54, 0.61]', '0.55 [0.52, 0.59]']
    const cells = ['p95', '30,000', '2.31 ms', '1.27 ms', ...ratios, '+3.6 %', '±5.4 %', 'PASS']
    expect(row.split(/ {2,}/)).toEqual(cells)
    const lines = comparisonText(comparison).split('\n')
    const title =
      'What if (A → B): pools.central.batching.max_batch: 8 → 2; 15 blocks of alternating slices of 1 s in 5 rounds'
    const start = lines.indexOf(title)
    expect(lines[start + 1]).toMatch(/^percentile +n +A +B +B\/A predicted/)
    expect(new Set(lines.slice(start + 1, start + 7).map((line) => line.length)).size).toBe(1)
    expect(lines).toContain(
      '  what-if             PASS       the predicted ratio is within 5 % or 50 µs',
    )
    expect(lines).toContain('  audit               PASS       no rule is broken in 90,000 rows')
  })

  test('a change that was not measured in slices is measured in whole replays', () => {
    const comparison = sampleComparison()
    const what_if = { ...comparison.what_if!, blocks: 5, slice_ms: null }
    expect(comparisonText({ ...comparison, what_if })).toContain(
      'max_batch: 8 → 2; 5 rounds of alternating whole replays',
    )
  })

  test('without a change, no line mentions one', () => {
    expect(comparisonText(sampleComparison({ whatIf: false }))).not.toMatch(/what.if|B\/A/i)
  })

  test('the verdict names the check that decided, and others that would have', () => {
    const first = (verdict: Verdict, failed: readonly ('what_if' | 'audit')[]) => {
      const comparison = sampleComparison()
      comparison.verdict = verdict
      for (const key of failed) comparison.checks[key]!.verdict = verdict
      return comparisonText(comparison).split('\n')[2]
    }
    expect(first('PASS', [])).toBe('PASS  what-if: the predicted ratio is within 5 % or 50 µs')
    expect(first('FAIL', ['audit'])).toBe('FAIL  audit: no rule is broken in 90,000 rows')
    expect(first('FAIL', ['what_if', 'audit'])).toBe(
      'FAIL  what-if: the predicted ratio is within 5 % or 50 µs; also audit',
    )
  })
})

test('where tokens are generated, each of their times has a table and checks, the worst first', () => {
  const comparison = sampleComparison({ replays: [1, 1, 1] })
  const { percentiles, checks, what_if } = comparison
  for (const row of percentiles) row.verdicts = { structure: 'PASS', prediction: 'PASS' }
  const verdicts = { structure: 'FAIL', prediction: 'PASS' } as const
  const structure = { ...checks.structure!, verdict: 'FAIL', reason: 'off at p50' } as const
  const wrong = percentiles.map((row) => ({ ...row, verdicts }))
  comparison.token_times = {
    ttft: { percentiles: wrong, checks: { structure, prediction: checks.prediction } },
    tpot: { percentiles, checks },
  }
  what_if!.token_times = {
    ttft: { percentiles: what_if!.percentiles, check: { ...checks.what_if!, verdict: 'PASS' } },
  }
  comparison.verdict = 'FAIL'
  const text = comparisonText(comparison)
  expect(text).toContain('FAIL  TTFT structure: off at p50')
  expect(text.match(/^(Percentiles of the|What the change).*$/gm)!.slice(0, 3)).toEqual([
    'Percentiles of the time to first token (TTFT), 3 replays',
    'Percentiles of the latency of all served requests, 3 replays',
    'Percentiles of the time per output token after the first (TPOT), 3 replays',
  ])
  expect(text).toMatch(/^What the change does to the time to first token \(TTFT\)$/m)
  for (const check of ['TTFT structure', 'TPOT prediction', 'TTFT what-if']) {
    expect(text).toMatch(new RegExp(`^  ${check} +(PASS|FAIL) `, 'm'))
  }
})

test('a comparison says which side is not stable', () => {
  const { measured, comparison } = sampleInput()
  const reason = 'the backlog grew by 33 % of arrivals in the second half'
  const overloaded = { ...measured.stability, state: 'OVERLOADED' as const, reason }
  const stability = { ...comparison.stability, measured: overloaded }
  expect(comparisonText({ ...comparison, stability })).toContain(`measured: OVERLOADED: ${reason}`)
})
