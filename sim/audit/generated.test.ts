import { expect, test } from 'vitest'
import { OUTCOME } from '../serving/index.ts'
import { auditGenerated } from './generated.ts'

const rows = {
  outcome: [OUTCOME.served, OUTCOME.failed, OUTCOME.shed],
  outputTokens: [3, 4, 2],
}
const answers = { keys: [0, 0, 1, 0, 1], tokens: [5, 6, 7, 8, 9], margins: [1, 1, 1, 1, 1] }
const blocks = { executors: [0, 1], used: [4, 2], kept: [1, 0], free: [5, 8] }
const believed = { ...blocks, ended: [10, 20] }

const textsOf = (changed: object, own: object = {}) =>
  auditGenerated(rows, { answers, blocks, ...changed }, { ...believed, ...own })
    .flatMap(({ first }) => first)
    .map(({ text }) => text)

test('answers and blocks as they should be', () => {
  const reports = auditGenerated(rows, { answers, blocks }, believed)
  expect(reports.map(({ checked, violations }) => [checked, violations])).toEqual([
    [4, 0],
    [3, 0],
  ])
})

test.each([
  ['no answer of a served request', { keys: [1, 1], tokens: [7, 9] }, '0 tokens came, expected 3'],
  ['one too few', { keys: [0, 0, 1], tokens: [5, 6, 7] }, '2 tokens came, expected 3'],
  [
    'too many of a lost one',
    { keys: [0, 0, 0, 1, 1, 1, 1, 1] },
    '5 tokens came, expected at most 4',
  ],
  ['one of a shed request', { keys: [0, 0, 0, 2, 2, 2] }, '3 tokens came, expected at most 2'],
  ['one of no request', { keys: [0, 0, 0, 9] }, '1 tokens are of no request'],
])('%s is found', (_, changed, text) => {
  expect(textsOf({ answers: { ...answers, ...changed } }).join()).toContain(text)
})

test.each([
  ['other blocks', { used: [4, 3] }, 'after the run that ended at 20.000 ms: executor 1 with 3'],
  ['another executor', { executors: [0, 0] }, 'executor 0 with 2 blocks in use'],
  [
    'a run that is missing',
    { used: [4] },
    'executors ended 1 runs of steps, the control plane saw 2',
  ],
])('%s is found', (_, changed, text) => {
  expect(textsOf({ blocks: { ...blocks, ...changed } }).join()).toContain(text)
})
