import { expect, test } from 'vitest'
import { exitOf } from '../runtime/actions/output.ts'
import { kindOf } from '../runtime/documents/index.ts'
import { exitCodeBy } from './verdict-exit.ts'

const CASES: readonly (readonly [Readonly<Record<string, unknown>>, number])[] = [
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
]

test.each(CASES)('the exit code by a document: %o is %d', (document, code) => {
  expect(exitCodeBy(document)).toBe(code)
})

const KINDS = CASES.flatMap(([{ document: name, ...rest }, code]) =>
  typeof name === 'string' ? [[name.replace('spillway-', ''), rest, code] as const] : [],
)

test.each(KINDS)(
  'a command ends as the manual states: %s, %o: %d',
  async (name, document, code) => {
    const { verdict } = await kindOf(name)
    expect(exitOf(verdict!(document))).toBe(code)
  },
)
