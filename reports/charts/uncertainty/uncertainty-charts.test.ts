import { afterEach, expect, test, vi } from 'vitest'
import type { Result, Uncertainty } from '../../../sim/documents/index.ts'
import { sampleResult } from '../../sample-documents.test-helper.ts'
import { uncertainResult } from '../../sample-uncertainty.test-helper.ts'
import { allCharts, NARROW, type ReportInput, WIDE } from '../index.ts'
import { toSvg } from '../render.ts'
import { LIGHT } from '../theme.ts'
import { subtitleOf, titleOf } from '../titles.test-helper.ts'
import { cutInput } from './uncertain-side.ts'

const NAMES = ['both-intervals', 'input-shares'] as const

const inputOf = (simulated: Result): ReportInput => ({
  simulated,
  measured: null,
  comparison: null,
})

const chartsOf = (input: ReportInput, width = WIDE) =>
  allCharts(input, width).filter(({ name }) => NAMES.some((known) => known === name))

function changed(change: (uncertainty: Uncertainty) => Partial<Uncertainty>): ReportInput {
  const result = uncertainResult()
  const uncertainty = result.uncertainty!
  return inputOf({ ...result, uncertainty: { ...uncertainty, ...change(uncertainty) } })
}

test('charts of uncertain inputs are only where there are some', () => {
  expect(chartsOf(inputOf(sampleResult('simulated')))).toEqual([])
  expect(chartsOf(inputOf(uncertainResult())).map(({ name }) => name)).toEqual([...NAMES])
})

test('titles are what an answer hangs on, and the figure that is widest', () => {
  const input = inputOf(uncertainResult())
  expect(titleOf(input, 'input-shares')).toBe(
    'interactive: latency p99 hangs on …arrivals.surges.0.factor (75 % of what is not known) and …encoder.work.base_ms (24 %)',
  )
  expect(titleOf(input, 'both-intervals')).toMatch(
    /^cost of a million requests may be 6\.0 USD and more with uncertain inputs, and \[6\.90?, 7\.10?\] USD by draws alone$/,
  )
  for (const name of NAMES) expect(subtitleOf(input, name)).toContain('64 draws of the inputs')
})

test('a title does not claim what draws leave open', () => {
  const open = inputOf(uncertainResult({ together: 0.5, open: 0.4 }))
  expect(titleOf(open, 'input-shares')).toBe(
    'what interactive: latency p99 hangs on is not clear: 40 % of its variance over 64 draws of the inputs is left open',
  )
})

test('shares with others are drawn where they are known', () => {
  expect(subtitleOf(inputOf(uncertainResult()), 'input-shares')).not.toContain('lighter')
  expect(subtitleOf(inputOf(uncertainResult({ together: 0.3 })), 'input-shares')).toContain(
    'lighter: with what it has together with others',
  )
})

test('long names of inputs keep their end', () => {
  expect(cutInput('speed of encoder')).toBe('speed of encoder')
  expect(cutInput('traffic.web.arrivals.surges.0.factor')).toBe('…arrivals.surges.0.factor')
  expect(cutInput('a'.repeat(40))).toHaveLength(26)
})

const many = changed(({ figures: [figure], answers: [answer], inputs }) => {
  const names = Array.from({ length: 30 }, (_, i) => `traffic.class-of-requests-${i}.arrivals.x`)
  const [effect] = answer!.effects
  return {
    inputs: names.map((name) => ({ ...inputs[0]!, name })),
    figures: names.map((name) => ({ ...figure!, class: name })),
    answers: ['a', 'b'].map((name) => ({
      ...answer!,
      class: `${name}-class-of-requests`,
      effects: names.map((input) => ({ ...effect!, input })),
    })),
  }
})

test('more figures than have room are left to the tables', () => {
  expect(subtitleOf(many, 'both-intervals')).toContain('the first 24 of 30 figures')
})

afterEach(() => vi.restoreAllMocks())

test.each([
  ['a result', inputOf(uncertainResult())],
  ['inputs that act together', inputOf(uncertainResult({ together: 0.6, open: 0.3 }))],
  ['many inputs and figures', many],
  [
    'a figure that is 0',
    changed(({ figures: [figure, ...others] }) => ({
      figures: [{ ...figure!, draws: { value: 0, low: 0, high: 0, n: 1 } }, ...others],
    })),
  ],
  [
    'ends that are infinite',
    changed(({ figures }) => ({
      figures: figures.map((figure) => ({ ...figure, low: null, high: null })),
    })),
  ],
])('%s: is drawn without a warning and fits its width', async (_, input) => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
  const error = vi.spyOn(console, 'error').mockImplementation(() => {})
  for (const width of [WIDE, NARROW]) {
    const charts = chartsOf(input, width)
    expect(charts.length).toBeGreaterThan(0)
    for (const { name, spec } of charts) {
      const svg = await toSvg(spec)
      expect(svg, name).not.toMatch(/NaN|undefined|Infinity/)
      // what is dark in the dark theme, too, is of no role
      const colors = [...svg.matchAll(/(?:fill|stroke)="(#[0-9a-f]+)"/g)].map(([, color]) => color!)
      expect(colors.filter((color) => !Object.values(LIGHT).includes(color))).toEqual([])
      expect(Number(/width="(\d+(?:\.\d+)?)"/.exec(svg)?.[1]), name).toBeLessThanOrEqual(width + 12)
    }
  }
  expect(warn.mock.calls).toEqual([])
  expect(error.mock.calls).toEqual([])
})
