import { describe, expect, test } from 'vitest'
import type { Result } from '../../sim/documents/index.ts'
import { sampleResult } from '../sample-documents.test-helper.ts'
import { objectiveSentences } from './objective-sentences.ts'
import { latencyTable } from './percentile-tables.ts'

/** The sentence of one objective of a result in which some requests may be lost. */
function sentence(of: Partial<Result['objectives'][number]>, served = 1): string {
  const result = sampleResult('simulated')
  const [own] = result.classes
  own!.counts.served = Math.round(served * own!.counts.arrived)
  const [first] = result.objectives
  result.objectives = [{ ...first!, ...of }]
  return objectiveSentences(result)[0]!.text
}

const ms = (value: number, low: number, high: number) => ({ value, low, high, n: 9000 })

describe('an objective in words', () => {
  test('has its figure and its limit', () => {
    const text = 'p(99) latency_ms < 250'
    expect(sentence({ text, estimate: ms(62, 51, 76), verdict: 'PASS' })).toBe(
      'interactive: p99 latency is 62 [51, 76] ms, below the limit of 250 ms',
    )
    expect(sentence({ text, estimate: ms(280, 270, 290), verdict: 'FAIL' })).toBe(
      'interactive: p99 latency is 280 [270, 290] ms, not below the limit of 250 ms',
    )
    const estimate = { ...ms(62, 51, 76), reason: 'p99 needs 10,000 requests' }
    expect(sentence({ text, estimate, verdict: 'UNDECIDED' })).toBe(
      'interactive: p99 latency is 62 [51, 76] ms, which does not decide about the limit of 250 ms: p99 needs 10,000 requests',
    )
  })

  test('is of all arrivals where requests were lost, and says so', () => {
    const text = 'p(50) latency_ms < 250'
    expect(sentence({ text, estimate: ms(62, 51, 76), verdict: 'PASS' }, 0.7)).toMatch(
      /^interactive: p50 latency of all arrivals, where a lost one never ends, is 62 .*; 30 % of the requests were not served$/,
    )
    const none = { value: null, low: null, high: null, n: 9000 }
    expect(sentence({ text, estimate: none, verdict: 'FAIL' }, 0.4)).toBe(
      'interactive: p50 latency of all arrivals is infinite, as 60 % of the requests were not served; the limit is 250 ms',
    )
  })

  test('of calls counts the calls that were not answered', () => {
    const none = { value: null, low: null, high: null, n: 9000 }
    const of = { text: 'p(99.9) call_ms < 500', estimate: none, verdict: 'FAIL' } as const
    expect(sentence(of)).toBe(
      'interactive: p99.9 time of a call with all its attempts of all calls is infinite, as 1.0 % of the calls were not answered; the limit is 500 ms',
    )
  })

  test('of goodput is a share of the requests', () => {
    const of = { text: 'goodput > 99.5%', estimate: ms(0.6, 0.55, 0.65), verdict: 'FAIL' } as const
    expect(sentence(of)).toBe(
      'interactive: goodput, requests served within every limit of their class, is 60 [55, 65] %, not above the limit of 99.5 %',
    )
  })
})

test('latencies are titled as those of the served requests only where some were lost', () => {
  const result = sampleResult('simulated')
  expect(latencyTable([result]).caption).toBe('Latency with 95 % intervals [low, high]')
  result.classes[0]!.counts.served /= 2
  const { caption, columns } = latencyTable([result])
  expect(caption).toBe(
    'Latency of the served requests with 95 % intervals [low, high]; 50 % of the requests were not served',
  )
  expect(columns[0]).toBe('latency of the served')
})
