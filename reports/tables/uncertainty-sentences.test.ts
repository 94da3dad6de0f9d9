import { describe, expect, test } from 'vitest'
import type { Uncertainty } from '../../sim/documents/index.ts'
import { reportHtml } from '../page/page.ts'
import { sampleResult } from '../sample-documents.test-helper.ts'
import { sampleUncertainty, uncertainResult } from '../sample-uncertainty.test-helper.ts'
import { resultText } from '../terminal/result-text.ts'
import { illConditioned, uncertaintySentences } from './uncertainty-sentences.ts'

const SURGE = 'traffic.interactive.arrivals.surges.0.factor'
const SERVICE = 'models.encoder.work.base_ms'
const PRICE = 'pools.central.price_usd_per_hour'

type Answer = Uncertainty['answers'][number]

/** Sentences on the sample with another answer. */
function sentencesOn(changed: (answer: Answer) => Partial<Answer>): string[] {
  const uncertainty = sampleUncertainty()
  const answers = uncertainty.answers.map((answer) => ({ ...answer, ...changed(answer) }))
  return uncertaintySentences({ uncertainty: { ...uncertainty, answers } })
}

describe('what an answer hangs on', () => {
  test('is said with the next measurement, and with what is known well enough', () => {
    expect(uncertaintySentences(uncertainResult())).toEqual([
      `interactive: latency p99 hangs on ${SURGE} (75 % of what is not known) and ${SERVICE} (24 %)`,
      `next measurement: ${SURGE}; known exactly, it narrows interactive: latency p99 from [42, 61] ms to about the width of [46, 55] ms, and known within ± 6.1 % about as far`,
      `knowing ${SERVICE} better than ± 5.4 % changes nothing; ${PRICE} is known well enough`,
    ])
    expect(uncertaintySentences(sampleResult('simulated'))).toEqual([])
  })

  test('is in the terminal after the verdicts, and on the first screen of the page', async () => {
    const text = resultText(uncertainResult())
    expect(text.indexOf('next measurement')).toBeGreaterThan(text.indexOf('PASS'))
    expect(text.indexOf('next measurement')).toBeLessThan(text.indexOf('uncertain input  '))
    const none = { measured: null, comparison: null, against: null, command: 'x' }
    const page = await reportHtml({ simulated: uncertainResult(), ...none })
    expect(page.indexOf('next measurement')).toBeGreaterThan(page.indexOf('class="verdict'))
    expect(page.indexOf('next measurement')).toBeLessThan(page.indexOf('<figure'))
  })

  test('has what inputs do together', () => {
    const [hangs] = uncertaintySentences(uncertainResult({ together: 0.3 }))
    expect(hangs).toBe(
      `interactive: latency p99 hangs on ${SURGE} (53 % of what is not known, 68 % with others) and ${SERVICE} (17 %, 32 % with others); 30 % is of no input alone`,
    )
  })

  test('is not claimed where the fit leaves much open', () => {
    expect(uncertaintySentences(uncertainResult({ together: 0.4, open: 0.35 }))).toEqual([
      'what interactive: latency p99 hangs on is not clear: 35 % of its variance over 64 draws of the inputs is left open',
    ])
    const text = resultText(uncertainResult({ together: 0.4, open: 0.35 }))
    expect(text).not.toContain('of its width')
  })

  test('is no input where nothing moves it, and not known where draws are infinite', () => {
    const none = { effects: [], narrowings: [], together: null, open: null }
    expect(sentencesOn(() => ({ ...none, low: 48.7, high: 50.7 }))).toEqual([
      'no uncertain input moves interactive: latency p99',
    ])
    expect(sentencesOn(() => ({ ...none, low: 42, high: null }))).toEqual([
      'what interactive: latency p99 hangs on is not known: in some draws of the uncertain inputs it is infinite',
    ])
  })

  test('names inputs that narrow it about as well', () => {
    const [, next] = sentencesOn(({ narrowings }) => ({
      narrowings: narrowings.map((of) =>
        of.input === SERVICE ? { ...of, left: { value: 0.52, low: 0.48, high: 0.56 } } : of,
      ),
    }))
    expect(next).toContain(`next measurement: ${SURGE}, or about as well ${SERVICE}; `)
  })

  test('is more replications where draws are most of the width', () => {
    const [, next] = sentencesOn(() => ({ draws: { value: 50, low: 42.5, high: 60, n: 100 } }))
    expect(next).toMatch(
      /^more replications narrow interactive: latency p99 more than any measurement: draws alone are 92 % /,
    )
  })

  test('is no single measurement where none surely narrows it', () => {
    const [, next] = sentencesOn(({ narrowings }) => ({
      narrowings: narrowings.map((of) => ({ ...of, left: { value: 0.93, low: 0.9, high: 0.97 } })),
    }))
    expect(next).toBe('no single measurement is sure to narrow interactive: latency p99 by 5 %')
  })
})

describe('an answer that is ill-conditioned', () => {
  const ill = uncertainResult({ elasticity: [14, 2] })

  test('says by how much 1 % of an input moves it, once', () => {
    expect(illConditioned(uncertainResult())).toEqual([])
    expect(illConditioned(ill)).toEqual([
      `ill-conditioned: 1 % more of ${SERVICE} moves interactive: latency p99 by +14 [12, 16] %`,
    ])
  })

  test('is one by its whole interval, in either direction', () => {
    expect(illConditioned(uncertainResult({ elasticity: [14, 5] }))).toEqual([])
    expect(illConditioned(uncertainResult({ elasticity: [-14, 2] }))).toHaveLength(1)
  })

  test('says so first, in the terminal and on the page', async () => {
    const [, second] = resultText(ill).split('\n')
    expect(second).toMatch(/^ill-conditioned: /)
    const none = { measured: null, comparison: null, against: null, command: 'x' }
    const page = await reportHtml({ simulated: ill, ...none })
    expect(page.indexOf('ill-conditioned: ')).toBeGreaterThan(0)
    expect(page.indexOf('ill-conditioned: ')).toBeLessThan(page.indexOf('class="verdict'))
  })
})
