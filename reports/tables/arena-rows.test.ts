import { describe, expect, test } from 'vitest'
import type { Comparison } from '../../sim/documents/index.ts'
import { reportHtml } from '../page/page.ts'
import { sampleComparison } from '../sample-comparison.test-helper.ts'
import { comparisonText } from '../terminal/comparison-text.ts'
import { arenaNotes, arenaRows } from './arena-rows.ts'

const figures = {
  held_mib: 32.5,
  in_use_mib: 18.3243,
  requested_mib: 14.6469,
  internal_fragmentation: 0.21857,
  external_fragmentation: null,
  free_share: 0.4362,
  extensions_mib: [1, 2, 4, 0.5, 1.5],
}
const same = { value: 40, low: 40, high: 40, n: 10 }

const comparison: Comparison = {
  ...sampleComparison({ whatIf: false }),
  memory: [
    {
      pool: 'central',
      replica: 0,
      pattern: true,
      batches: 500,
      left_out: 'only the first 500 of 1,234 batches were run again',
      measured: figures,
      driven: { ...figures, held_mib: 33.5, external_fragmentation: 0.4, free_share: 0.4531 },
      predicted: {
        held_mib: same,
        in_use_mib: { ...same, low: 38, high: 42 },
        requested_mib: same,
        internal_fragmentation: { ...same, value: 0.1, low: 0.1, high: 0.1 },
        free_share: { ...same, value: 0.5, low: 0.45, high: 0.55 },
        external_fragmentation: { value: null, low: null, high: null, n: 10 },
      },
      error: { held: 0.034, in_use: 0, requested: -0.002, free_share: 0.0169 },
      other_from: 17,
      verdict: 'PASS',
      process: { started_mib: 100, loaded_mib: 130, peak_mib: 190, ended_mib: 190 },
    },
    {
      pool: 'central',
      replica: 1,
      pattern: true,
      batches: 1,
      left_out: null,
      measured: { ...figures, free_share: null, extensions_mib: [] },
      driven: null,
      predicted: null,
      error: null,
      other_from: null,
      verdict: 'UNDECIDED',
      process: { started_mib: 100, loaded_mib: 130, peak_mib: 190, ended_mib: 190 },
    },
  ],
}

describe('arenas in a report', () => {
  test('have a row each for the measurement, its model and the prediction', () => {
    const rows = arenaRows(comparison).map(({ replica, of, cells }) => [replica, of, ...cells])
    expect(rows).toEqual([
      [
        ...['central 1', 'measured', '32.50 MiB', '18.32 MiB', '14.65 MiB', '44 %', '22 %', '–'],
        '5: 1, 2, 4, 0.5, 1.5 MiB',
      ],
      [
        ...['central 1', 'driven', '33.50 MiB (+3.4 %)', '18.32 MiB (0.0 %)'],
        ...['14.65 MiB (−0.2 %)', '45 % (+1.7 points)', '22 %', '40 %', 'differs from batch 18 on'],
      ],
      [
        ...[
          'central 1',
          'predicted',
          '40.00 MiB',
          '40 [38, 42] MiB',
          '40.00 MiB',
          '50 [45, 55] %',
          '10 %',
          '–',
        ],
        '–',
      ],
      ['central 2', 'measured', '32.50 MiB', '18.32 MiB', '14.65 MiB', '–', '22 %', '–', 'none'],
    ])
    const [first, second] = arenaNotes(comparison)
    expect(first).toContain('500 batches (only the first 500 of 1,234 batches were run again) with')
    expect(second).toContain('central 2: 1 batch with the memory pattern; its process took 100 MiB')
  })

  test('without reserved memory have a dash for free memory, and no error for it', () => {
    const [row] = comparison.memory!
    const driven = { ...row!.driven!, free_share: null }
    const error = { ...row!.error!, free_share: null }
    const rows = arenaRows({ ...comparison, memory: [{ ...row!, driven, error }] })
    expect(rows[1]!.cells[3]).toBe('–')
  })

  test('are in texts and pages only if the comparison has any', async () => {
    const none = sampleComparison({ whatIf: false })
    const page = async (of: Comparison) => {
      const input = { simulated: null, measured: null, comparison: of, command: 'none' }
      return (await reportHtml(input)).replaceAll('\u00a0', ' ')
    }
    for (const [text, plain] of [
      [comparisonText(comparison), comparisonText(none)],
      [await page(comparison), await page(none)],
    ] as const) {
      expect(text).toContain('33.50 MiB (+3.4 %)')
      expect(text).toContain('central 1: 500 batches')
      expect(plain).not.toMatch(/arena|MiB \(/)
    }
  })
})
