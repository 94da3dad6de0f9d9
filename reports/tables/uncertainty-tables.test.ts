import { describe, expect, test } from 'vitest'
import { probabilityText } from '../../sim/documents/index.ts'
import { reportHtml } from '../page/page.ts'
import { sampleResult } from '../sample-documents.test-helper.ts'
import { uncertainResult } from '../sample-uncertainty.test-helper.ts'
import { resultText } from '../terminal/result-text.ts'
import { objectiveSentences } from './objective-sentences.ts'
import { endsText } from './uncertainty-figures.ts'

describe('a result with uncertain inputs', () => {
  const lines = resultText(uncertainResult()).split('\n')
  const lineOf = (start: string) => lines.find((line) => line.startsWith(start))

  test('has both intervals in the terminal, told apart in words', () => {
    expect(lineOf('figure ')).toMatch(/stated inputs +by draws +with uncertain inputs +hangs on/)
    expect(lineOf('interactive: latency p99  ')).toMatch(
      /49\.7 ms +\[48\.7, 50\.7\] ms +\[42, 61\] ms +traffic\.interactive\.arrivals\.surges\.0\.factor 75 %, 1 more$/,
    )
    expect(lineOf('cost of a million requests')).toContain('6.0 USD and more')
    expect(lines.join('\n')).toContain('further draws may still move ends of intervals')
  })

  test('has what moves the highest percentile', () => {
    const moved = lines.filter((line) => line.startsWith('interactive: latency p'))
    expect(
      moved.some((line) =>
        /p99 +models\.encoder\.work\.base_ms +\+2\.9 \[2\.7, 3\.1\] %/.test(line),
      ),
    ).toBe(true)
    expect(moved.some((line) => /p50 +models/.test(line))).toBe(false)
  })

  test('has the width that is left where an input is known, and the width that is enough', () => {
    const narrowing = lines.filter((line) => / of its width /.test(line))
    expect(narrowing).toHaveLength(1)
    const [service, surge, price] = lines.slice(lines.indexOf(narrowing[0]!) + 1)
    expect(service).toMatch(
      /latency p99 +models\.encoder\.work\.base_ms +\[43, 60\] ms +87 \[84, 90\] % +± 5\.4 %$/,
    )
    expect(surge).toMatch(/factor +\[46, 55\] ms +49 \[46, 52\] % +± 6\.1 %$/)
    expect(price).toMatch(/price_usd_per_hour +\[42, 61\] ms +100 % +known$/)
  })

  test('has both intervals of objectives, and the probability that they hold', () => {
    const texts = objectiveSentences(uncertainResult()).map(({ text }) => text)
    for (const text of texts)
      expect(text).toMatch(/by draws, .* with uncertain inputs, holds with probability 83 %/)
  })

  test('has a section of its page', async () => {
    const others = { measured: null, comparison: null, against: null, command: 'x' }
    const page = await reportHtml({ simulated: uncertainResult(), ...others })
    expect(page).toContain('What is not known')
    expect(page).toContain('with uncertain inputs')
    const known = await reportHtml({ simulated: sampleResult('simulated'), ...others })
    expect(known).not.toContain('What is not known')
  })
})

const at = (value: number, half: number) => ({ value, low: value - half, high: value + half })

describe('inputs of sources', () => {
  const result = uncertainResult()
  const effect = { elasticity: at(0, 0), share: at(0.6, 0.1) }
  const figures = result.uncertainty!.figures.map((figure) => ({
    ...figure,
    effects: [...figure.effects, { input: 'laws of m', ...effect }],
  }))
  const inputs = [
    ...result.uncertainty!.inputs,
    { name: 'speed of m', source: 'fit' as const, value: 1, low: 0.917, high: 1.09 },
    { name: 'speed of n', source: 'benchmark' as const, value: 1, low: 0.909, high: 1.1 },
    { name: 'laws of m', source: 'fit' as const, value: 0, low: -0.475, high: 0.475, laws: 40 },
  ]
  const text = resultText({ ...result, uncertainty: { ...result.uncertainty!, inputs, figures } })

  test('name their source, and a choice of laws has no range', () => {
    expect(text).toMatch(/^speed of m, by its fit +1 +0\.917 to 1\.09$/m)
    expect(text).toMatch(/^speed of n, assumed of a benchmark +1 +0\.909 to 1\.1$/m)
    expect(text).toMatch(/^laws of m, by its fit +– +one of 40, each as likely$/m)
    expect(text).toMatch(/^models\.encoder\.work\.base_ms +12 /m)
  })

  test('have no elasticity where they are a choice of laws', () => {
    expect(text).toMatch(/^interactive: latency p99 +laws of m +– +60 \[50, 70\] %$/m)
  })
})

test('ends are in the unit of the value, and certain ones say so', () => {
  const estimate = { value: 49.7, low: 48.7, high: 50.6, n: 1 }
  expect(endsText(estimate, { low: 42, high: 61 }, 'time')).toBe('[42, 61] ms')
  expect(endsText(estimate, { low: null, high: null }, 'time')).toBe('without an end')
  expect([0.83, 0.9996, 0.0001].map(probabilityText)).toEqual(['83 %', 'over 97 %', 'under 3 %'])
})
