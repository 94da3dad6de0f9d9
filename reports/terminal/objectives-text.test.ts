import { describe, expect, test } from 'vitest'
import { sampleInput, sampleResult } from '../sample-documents.test-helper.ts'
import { objectivesText, resultText } from './result-text.ts'

describe('objectives in text', () => {
  test('have a line for each side, aligned', () => {
    const input = sampleInput({ limitMs: 2 })
    expect(
      objectivesText({ ...input, comparison: null })
        .join('\n')
        .split('\n'),
    ).toEqual([
      'Objectives of the scenario, no part of the verdict above:',
      '  FAIL  simulated  interactive: p(99) latency_ms < 2  3.3 [3.0, 3.6] ms, 1.6 times the limit',
      '  PASS  simulated  interactive: goodput > 99%         99.62 [99.58, 99.66] %',
      '  FAIL  measured   interactive: p(99) latency_ms < 2  3.4 [3.1, 3.7] ms, 1.7 times the limit',
      '  PASS  measured   interactive: goodput > 99%         99.62 [99.58, 99.66] %',
    ])
  })

  test('are absent where the scenario states none', () => {
    const { simulated } = sampleInput()
    const none = { ...simulated, objectives: [] }
    expect(objectivesText({ simulated: none, measured: null, comparison: null })).toEqual([])
  })
})

describe('the answers of a result in text', () => {
  test('states the worst window beside the whole run, unless the run is too short for windows', () => {
    const result = sampleResult('measured')
    const text = resultText(result)
    expect(text).toMatch(/^worst window +over the run +in the worst window\n/m)
    expect(text).toMatch(
      /^central: utilisation +61\.0 \[60\.4, 61\.6\] % +93\.0 \[92\.1, 93\.9\] %$/m,
    )
    expect(text).toMatch(/^queue .* 12\.\d \[11\.\d, 12\.\d\]\n {2}of all windows of 10 s, /m)
    expect(resultText({ ...result, worst_window: null })).not.toContain('worst window')
  })

  test('states headroom as traffic, where it was searched', () => {
    const result = sampleResult('simulated')
    const text = (holds: number | null, breaks: number | null) =>
      resultText({
        ...result,
        headroom: { holds, breaks, objective: breaks === null ? null : 'web: goodput' },
      })
    expect(resultText(result)).not.toContain('headroom')
    expect(text(1.1067, 1.137)).toMatch(
      /^headroom {3}10 % more traffic passes every objective by its interval; 14 % more traffic does not: web: go/m,
    )
    expect(text(0.75, 1)).toContain(
      '25 % less traffic passes every objective by its interval; this',
    )
    expect(text(5.0625, 5.2)).toContain('5.06 times this traffic passes')
    expect(text(11.4, null)).toContain(
      '11.4 times this traffic passes every objective by its inter',
    )
    expect(text(null, 0.0878)).toContain(
      'no traffic that was tried passes every objective: 92 % less traffic does not, web: goodput',
    )
  })

  test('states why an objective is undecided, and what would decide it', () => {
    const result = sampleResult('measured')
    const [first] = result.objectives
    const reason = 'p99 needs 10,000 requests in each run, got 4,200'
    const estimate = { ...first!.estimate, reason }
    const undecided = { ...first!, estimate, verdict: 'UNDECIDED' as const }
    const text = (deciding_duration_s: number | null) =>
      resultText({ ...result, objectives: [{ ...undecided, deciding_duration_s }] })
    const line = /^UNDECIDED {2}interactive: .* of the limit; p99 needs 10,000 requests in .*\)$/m
    expect(text(null)).toMatch(line)
    expect(text(null)).not.toContain('would decide')
    expect(text(1300)).toContain('got 4,200; duration_s of about 1,300 would decide)')
  })
})
