import { describe, expect, test } from 'vitest'
import { NARROW, WIDE } from '../../reports/charts/index.ts'
import { toSvg } from '../../reports/charts/render.ts'
import { measuredErrors, whatIfTolerance } from '../../sim/experiment/index.ts'
import { LIMIT } from './mutant-chart.ts'
import { isFound } from './mutant-matrix.ts'
import { fidelityPage } from './page.ts'
import { CHARTS, type ChartName, fidelityHtml } from './report.ts'
import {
  CASES,
  CHANGES,
  FAULTS,
  type Fault,
  ratiosOf,
  sampleReport,
  WRONG,
} from './sample-report.test-helper.ts'
import { summaryLines } from './summary.ts'
import { jointErrors } from './what-if-chart.ts'

const NAMES = Object.keys(CHARTS) as ChartName[]

function titleOf(name: ChartName, fault: Fault | null = null): string {
  const { text } = CHARTS[name](sampleReport(fault), WIDE)!.title as { text: string[] }
  return text.join(' ')
}

describe('the fidelity report', () => {
  test('names every case, change and mutant, and its source', async () => {
    const page = (await fidelityHtml(sampleReport())).replaceAll('\u00a0', ' ')
    for (const name of [...CASES, ...CHANGES, ...WRONG]) {
      // once in the chart of each width, and at least once in a table
      expect(page.split(`>${name}<`).length - 1, name).toBeGreaterThanOrEqual(3)
    }
    for (const fact of ['Example CPU', '2026-11-25', 'abc123', 'c0ffee', '1.30.0', '1,234,567']) {
      expect(page).toContain(fact)
    }
    expect(page).toContain('<pre><bdi>npm run fidelity</bdi></pre>')
    expect(page).not.toMatch(/undefined|NaN|\[object/)
  })

  test('needs no network and no script', async () => {
    const page = await fidelityHtml(sampleReport())
    expect(page).not.toMatch(/(src|href|url)\s*[=(]\s*["']?\s*(https?:|\/\/)/i)
    expect(page).not.toMatch(/<(script|link|img|iframe|object)\b|@import/i)
  })

  test('passes, and mentions no failure, if every check holds', async () => {
    const page = await fidelityHtml(sampleReport())
    expect(page).toContain('class="verdict PASS"')
    expect(page).not.toMatch(/<b class="(FAIL|UNDECIDED)"/)
    expect(page).not.toMatch(/>(FAIL|UNDECIDED)</)
  })

  test.each(FAULTS)('does not pass with this fault: %s', async (fault) => {
    const report = sampleReport(fault)
    const verdict = fault === 'undecided' ? 'UNDECIDED' : 'FAIL'
    const page = await fidelityHtml(report)
    expect(page).toContain(`class="verdict ${verdict}"`)
    const bad = summaryLines(report).filter((line) => line.verdict !== 'PASS')
    expect(new Set(bad.map((line) => line.verdict))).toEqual(new Set([verdict]))
    for (const { check, text } of bad) {
      expect(page).toContain(`<b class="${verdict}">${verdict}</b> ${check}: ${text}`)
    }
  })

  test('has the same content as the Markdown page', async () => {
    for (const fault of [null, ...FAULTS]) {
      const report = sampleReport(fault)
      const page = fidelityPage(report)
      for (const { check, verdict, text } of summaryLines(report)) {
        expect(page).toContain(`- ${check}: ${verdict}, ${text}`)
      }
    }
  })
})

describe('charts', () => {
  test.each(NAMES)('no drawing of %s is wider than requested', async (name) => {
    for (const width of [WIDE, NARROW]) {
      const svg = await toSvg(CHARTS[name](sampleReport('what-if'), width)!)
      expect(Number(/width="([\d.]+)"/.exec(svg)![1])).toBeLessThanOrEqual(width)
    }
  })

  test('a chart without data is left out', async () => {
    const report = sampleReport()
    const nothing = {
      ...report,
      cases: [],
      changes: [],
      prediction: { rows: [], checks: [] },
    }
    const page = await fidelityHtml(nothing)
    expect(NAMES.filter((name) => page.includes(`<figure id="${name}"`))).toEqual(['mutants'])
  })

  test('titles state how many checks hold if all do', () => {
    expect(titleOf('structure')).toBe(
      'All 4 scenarios are rebuilt within max(1 %, 30 µs) at every judged percentile',
    )
    expect(titleOf('what-if')).toMatch(/^All 2 changes are predicted within tolerance; largest/)
    expect(titleOf('prediction')).toMatch(/^40 of 40 figures are in the 95 % band;/)
    expect(titleOf('mutants')).toBe(
      'All 3 wrong simulators are found, the hardest at 5.0 %; the true one is off by 0.8 % at most',
    )
  })

  test('titles name what fails', () => {
    expect(titleOf('structure', 'structure')).toBe(
      'Three of 4 scenarios rebuilt within max(1 %, 30 µs); furthest off +5.0 % at p50 of payment-peak',
    )
    expect(titleOf('structure', 'undecided')).toBe(
      'Three of 4 scenarios rebuilt within max(1 %, 30 µs), one undecided',
    )
    expect(titleOf('what-if', 'what-if')).toMatch(
      /^One of 2 changes predicted within tolerance; furthest off \+20 % at p\d+ of transformer one → two replicas$/,
    )
    expect(titleOf('prediction', 'prediction')).toMatch(/^0 of 40 /)
    expect(titleOf('mutants', 'mutant missed')).toMatch(/^2 of 3 .* are found, not constant work;/)
    expect(titleOf('mutants', 'true simulator found')).toMatch(/but so is the true one, in 1 of 5/)
  })

  test('the shaded tolerance and the lines are those of the verdicts', () => {
    const seen = new Set<string>()
    for (const error of [-0.2, -0.12, -0.09, -0.06, -0.045, 0, 0.045, 0.06, 0.09, 0.12, 0.2]) {
      for (const scatter of [0.002, 0.02, 0.06]) {
        for (const row of ratiosOf({ error, scatter }).percentiles) {
          const tolerance = whatIfTolerance(row)
          if (tolerance === null) {
            expect(row.verdict).toBeNull()
            continue
          }
          const { low, high } = measuredErrors(row)!
          const joint = jointErrors(row)!
          const inside = low >= -tolerance && high <= tolerance
          const outside = joint.low > tolerance || joint.high < -tolerance
          expect(row.verdict).toBe(inside ? 'PASS' : outside ? 'FAIL' : 'UNDECIDED')
          seen.add(`${row.p} ${row.verdict}`)
        }
      }
    }
    expect(seen.size).toBe(6)
  })

  test('the drawn limit is the one that detects mutants', () => {
    const cell = {
      mutant: '',
      case: '',
      check: '',
      time: 'latency',
      p: 0.5,
      outside: true,
    } as const
    expect(isFound({ ...cell, error: LIMIT * 1.001 })).toBe(true)
    expect(isFound({ ...cell, error: -LIMIT * 0.999 })).toBe(false)
  })
})
