import { expect, test } from 'vitest'
import { announcedMib, faultOf, type Outcome } from './outcome.ts'

const ENDED: Outcome = {
  code: 3,
  signal: null,
  stdout: '',
  stderr: 'error: s.yaml: no such file\n',
  peakMib: 80,
  overran: 'no',
}

test.each([
  ['an undocumented exit code', { code: 1 }],
  ['an interruption without Ctrl-C', { code: 130 }],
  ['a signal', { code: null, signal: 'SIGABRT' as const }],
  ['a stack trace', { stderr: 'Error: x\n    at f (file.js:1:1)\n' }],
  ['an internal error', { stderr: 'internal error: x\n' }],
  ['a refusal without a message', { stderr: '' }],
  ['much memory', { peakMib: 1100 }],
  ['an end by SIGINT only', { overran: 'responsive' as const }],
  ['no end at all', { overran: 'unresponsive' as const }],
  ['an escape sequence', { stderr: 'error: \u001b[2J\n' }],
  ['a C1 control character', { stderr: 'error: \u009b31m\n' }],
  ['reversed text', { stderr: 'error: \u202e\n' }],
  ['an escape sequence on stdout', { stdout: '\u001b[2J' }],
])('%s is a fault', (_, change) => {
  expect(faultOf(['simulate', 's.yaml'], { ...ENDED, ...change })).not.toBeNull()
})

test('a refusal with a message is no fault, nor is a result', () => {
  expect(faultOf(['simulate', 's.yaml'], ENDED)).toBeNull()
  const done = { ...ENDED, code: 0, stderr: '', stdout: 'p50 1.2 ms\nÄ – ±\n' }
  expect(faultOf(['simulate', 's.yaml'], done)).toBeNull()
})

test('data for other programs is not text for a terminal', () => {
  const data = { ...ENDED, code: 0, stdout: '{"class":"\u202e"}\n' }
  expect(faultOf(['requests', 's.yaml'], data)).toBeNull()
  expect(faultOf(['simulate', 's.yaml', '--json'], data)).toBeNull()
  expect(faultOf(['simulate', 's.yaml'], data)).not.toBeNull()
})

test('the memory of a growing queue is read from the warning', () => {
  const stderr =
    'warning: traffic exceeds the capacity and no queue is bounded: about 1,000,000 requests will wait, which takes 0.15 GB of memory in each of 2 simulations at once; set queue.max_length or queue.timeout_ms\n'
  expect(announcedMib(stderr)).toBeCloseTo(286, 0)
  expect(announcedMib('')).toBe(0)
})
