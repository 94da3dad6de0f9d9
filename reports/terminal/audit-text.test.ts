import { expect, test } from 'vitest'
import type { Audit } from '../../sim/documents/index.ts'
import { auditText } from './audit-text.ts'

const rule = { rule: 'order', promise: 'first come, first served', checked: 12_345 }
const run = {
  run: 'replay-1',
  requests: 12_345,
  calls: [],
  tokens: [],
  percentiles: [
    {
      class: null,
      n: 50,
      values: [
        { p: 0.5, value: 1.23456 },
        { p: 0.999, value: null },
      ],
    },
  ],
}
const audit: Audit = {
  document: 'spillway-audit',
  format: 1,
  version: '0.0.0',
  commit: null,
  scenario: { name: 'peak', hash: '0123456789abcdef', description: '' },
  requests: 'none',
  runs: [{ ...run, rules: [{ ...rule, violations: 0, first: [] }], journal: null }],
  claims: [],
  verdict: 'PASS',
  reason: 'all is well',
  command: 'spillway audit peak',
}

test('a table has a line for each rule and each class, and the verdict comes last', () => {
  expect(auditText(audit).split('\n')).toEqual([
    'peak (0123456789abcdef)',
    '',
    'replay-1: 12,345 requests',
    '',
    'rule   checked  violations  promise',
    'order   12,345           0  first come, first served',
    '',
    'latency, ms  served    p50  p99.9',
    'all              50  1.235      –',
    '',
    'decision log: none was kept',
    '',
    'PASS  all is well',
  ])
})

test('violations, other decisions and wrong figures are named, and how many there are', () => {
  const first = [{ rule: 'order', text: 'rows 3, 4: 4 went before 3', rows: [3, 4] }]
  const claim = { document: 'measured.json', figure: 'served of class web', tolerance: 0 }
  const text = auditText({
    ...audit,
    runs: [
      {
        ...run,
        rules: [{ ...rule, violations: 1001, first }],
        journal: { entries: 7, differences: ['row 3: pool was 0, is 1'] },
      },
    ],
    claims: [
      { ...claim, stated: 5, recomputed: 5, holds: true },
      { ...claim, stated: 6, recomputed: null, holds: false },
    ],
  })
  const lines = text.split('\n')
  const from = lines.indexOf('  order: rows 3, 4: 4 went before 3')
  expect(lines[from + 1]).toBe('  order: and 1,000 more')
  expect(text).toContain(
    'decision log: 7 entries fed back, other decisions\n  row 3: pool was 0, is 1\n',
  )
  expect(text).toContain(
    'measured.json: 1 of 2 figures hold\n  served of class web: states 6, rows give nothing\n',
  )
})

test('times of tokens stand below the latency, where there are any', () => {
  const time = (value: number) => ({ n: 50, values: [{ p: 0.5, value }] })
  const tokens = [{ class: null, ttft: time(7.5), tpot: time(0.25) }]
  const lines = auditText({ ...audit, runs: [{ ...audit.runs[0]!, tokens }] }).split('\n')
  for (const [title, value] of [
    ['TTFT', '7.500'],
    ['TPOT', '0.250'],
  ]) {
    const at = lines.findIndex((line) => line.startsWith(`${title}, ms`))
    expect(lines[at]).toMatch(/ served +p50$/)
    expect(lines[at + 1]).toMatch(new RegExp(`^all +50 +${value}$`))
  }
})
