import { expect, test } from 'vitest'
import { sampleInput, sampleResult } from '../sample-documents.test-helper.ts'
import { bothSidesTable } from './both-sides-table.ts'

test('figures of A stand beside those of B, measured where both are', () => {
  const input = sampleInput()
  const measured = sampleResult('measured', { pools: ['edge'] })
  measured.load = 0.31
  const { columns, rows } = bothSidesTable({ ...input, against: { simulated: null, measured } })!
  expect(columns).toEqual(['measured', 'A', 'B'])
  const cells = new Map(rows.map(([name, ...both]) => [name, both]))
  expect([...cells.keys()].slice(0, 4)).toEqual([
    'interactive: latency p50',
    'interactive: latency p95',
    'interactive: latency p99',
    'interactive: goodput',
  ])
  expect(cells.get('load')).toEqual(['0.6', '0.31'])
  // a pool that the other side lacks
  expect(cells.get('central: capacity')).toEqual(['1,300 req/s', '–'])
  expect(cells.get('edge: capacity')).toEqual(['–', '1,300 req/s'])
  expect(cells.get('edge: utilisation')).toEqual(['–', expect.stringMatching(/%$/)])
})

test('both are simulated where one is not measured, and there is no table without B', () => {
  const { simulated, comparison } = sampleInput()
  const input = { simulated, measured: null, comparison }
  const against = { simulated: sampleResult('simulated'), measured: sampleResult('measured') }
  expect(bothSidesTable({ ...input, against })!.columns[0]).toBe('simulated')
  expect(bothSidesTable({ ...input, against: { ...against, simulated: null } })).toBeNull()
  expect(bothSidesTable(input)).toBeNull()
})
