import { expect, test } from 'vitest'
import { exitCodeBy } from './verdict-exit.ts'

test.each([
  [{ document: 'spillway-result', objectives: [] }, 0],
  [{ document: 'spillway-result', objectives: [{ verdict: 'UNDECIDED' }, { verdict: 'FAIL' }] }, 4],
  [{ document: 'spillway-result', objectives: [{ verdict: 'PASS' }, { verdict: 'UNDECIDED' }] }, 5],
  [{ document: 'spillway-variants', variants: [{ row: { verdict: 'FAIL' } }] }, 4],
  [
    {
      document: 'spillway-variants',
      variants: [{ row: { verdict: 'FAIL' } }, { row: { verdict: 'UNDECIDED' } }],
    },
    5,
  ],
  [{ document: 'spillway-plan', winner: null, rows: [{ verdict: 'FAIL' }] }, 4],
  [{ document: 'spillway-plan', winner: null, rows: [{ verdict: 'MEETS' }], with_inputs: {} }, 5],
  [{ document: 'spillway-plan', winner: {}, verified: { verdict: 'FAIL' } }, 4],
  [{ document: 'spillway-plan', winner: {}, verified: null }, 0],
  [{ document: 'spillway-gate', verdict: 'NOT COMPARABLE' }, 6],
  [{ document: 'spillway-gate', verdict: 'NEW' }, 0],
  [{ document: 'spillway-comparison', verdict: 'UNDECIDED' }, 5],
  [{ written: [] }, 0],
])('the exit code by a document: %o is %d', (document, code) => {
  expect(exitCodeBy(document)).toBe(code)
})
