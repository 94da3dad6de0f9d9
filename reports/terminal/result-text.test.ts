import { describe, expect, test } from 'vitest'
import { resultTables } from '../page/page-tables.ts'
import { sampleInput, sampleResult } from '../sample-documents.test-helper.ts'
import { RESULT_TABLES } from '../tables/result-tables.ts'
import { resultText } from './result-text.ts'

describe('a result in text', () => {
  test('states of simulated intervals what they hold, where a profile is behind them', () => {
    const said = 'profile reference (77aa12bc); intervals are of the draws only, not of the profile'
    expect(resultText(sampleResult('simulated'))).toContain(`\n${said}\n`)
    expect(resultText(sampleResult('measured'))).not.toContain('of the draws')
    const declared = { ...sampleResult('simulated'), profile: null }
    expect(resultText(declared)).not.toContain('of the draws')
  })

  test('states objectives, percentiles, counts, goodput, parts and pools', () => {
    const text = resultText(sampleResult('measured'))
    expect(text).toMatch(/^payment-peak, measured: 3 replays of 30 s, load 0\.6, seed 1\n/)
    expect(text).toContain('PASS       interactive: p(99) latency_ms < 10  (3.4 [3.1, 3.7] ms')
    expect(text).toContain('99.62 [99.58, 99.66] %')
    expect(text).toMatch(/^requests a run .*\ninteractive +30,000 +29,985 +10 +5 +0 +0 +0/m)
    expect(text).toMatch(
      /central +1 +61\.0 \[60\.4, 61\.6\] % +66\.0 \[65\.3, 66\.7\] % +1,300 req\/s +2\.90 \[2\.84, 2\.96\]/,
    )
    expect(text).toContain('interactive p99.9: needs 100,000 requests')
  })

  test('states which capacity is undefined, with the reason', () => {
    const result = sampleResult('simulated')
    const pools = [{ ...result.pools[0]!, capacity_rps: null }]
    const text = resultText({ ...result, pools, load: null })
    expect(text).toMatch(/ of 30 s, load –, seed 1\n/)
    expect(text).toMatch(/central +1 +61\.0 \[60\.4, 61\.6\] % +66\.0 \[65\.3, 66\.7\] % +– +3\.10/)
    const said = 'capacity of central and load: undefined with model swapping'
    expect(text).toContain(said)
    expect(resultText(result)).not.toContain('not known')
    const input = { ...sampleInput(), simulated: { ...result, pools } }
    const page = resultTables(input, RESULT_TABLES)
    expect(page.html).toContain(said)
  })

  test('states which control shed requests, for pools that shed any', () => {
    const result = sampleResult('measured')
    expect(resultText(result)).toMatch(
      /shed by +memory +priority.*\ncentral +0 +0 +4 +0 +6 +0 +0 +0\n/,
    )
    const counts = { ...result.pools[0]!.counts, shed: 0 }
    const none = { ...result, pools: [{ ...result.pools[0]!, counts }] }
    expect(resultText(none)).not.toContain('shed by')
  })

  test('states memory: peaks, waste, causes and remedies, the worst first; if any is declared', () => {
    const result = sampleResult('simulated', { memory: true })
    const lines = resultText(result).split('\n')
    const rowsOf = (head: string) => {
      const at = lines.findIndex((line) => line.startsWith(head))
      return lines.slice(
        at + 1,
        lines.indexOf('', at + 1) < 0 ? undefined : lines.indexOf('', at + 1),
      )
    }
    const alarms = lines.filter((line) => line.startsWith('out of memory: '))
    // blocks that run out are no alarm
    expect(alarms).toEqual([
      expect.stringMatching(/^out of memory: card \d+ times in 80 runs, \d+ of them though enough/),
    ])
    const peaks = rowsOf('memory  ')
    expect(peaks.map((line) => line.split(' ')[0])).toEqual(['engine', 'card', 'central'])
    expect(peaks[0]).toMatch(/^engine +500 MiB +200 MiB +4\d\d \[.*\] MiB +500 MiB +500 MiB$/)
    expect(rowsOf('wasted memory ')).toHaveLength(3)
    expect(rowsOf('out of memory  ')).toHaveLength(2)
    expect(rowsOf('model swapping ')).toEqual([expect.stringMatching(/^card +12 +9 +4 % +3,000$/)])
    expect(resultText({ ...result, memory: [] })).not.toMatch(/^(memory|wasted|out of memory) /m)
  })

  test('an invalid replay is stated before any figure', () => {
    const text = resultText({ ...sampleResult('measured'), valid: false })
    expect(text.indexOf('NOT VALID')).toBeGreaterThan(0)
    expect(text.indexOf('NOT VALID')).toBeLessThan(text.indexOf('PASS'))
  })
})

test('a run that is not stable states it above its warnings, with what its figures are worth', () => {
  const { measured } = sampleInput()
  const reason = 'the backlog grew by 33 % of arrivals in the second half'
  const overloaded = { ...measured.stability, state: 'OVERLOADED' as const, reason }
  const text = resultText({ ...measured, stability: overloaded })
  expect(text).toContain(
    `OVERLOADED: ${reason}; latencies and lost requests depend on the duration`,
  )
  expect(resultText(measured)).not.toContain('OVERLOADED')
  const open = { ...overloaded, state: 'UNDECIDED' as const }
  expect(resultText({ ...measured, stability: open })).toContain(
    `not known whether it is overloaded`,
  )
})
