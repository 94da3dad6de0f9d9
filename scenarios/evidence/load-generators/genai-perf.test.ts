import { expect, test } from 'vitest'
import { changed, genaiPerfExport, problemOf, sinceSent } from './fixtures.test-helper.ts'
import { genaiPerf } from './genai-perf.ts'

const read = (document: unknown) => [...genaiPerf.records(document)]
const at = (path: string, value: unknown) =>
  changed(genaiPerfExport, `experiments.0.requests.${path}`, value)

test('a request ends with its last response', () => {
  const records = read(genaiPerfExport)
  expect(records[0]!.sentMs).toBeCloseTo(1745526100300, 2)
  expect(records.map(sinceSent)).toMatchObject([
    { scheduledMs: Number.NaN, firstTokenMs: 50, endMs: 100, inputTokens: Number.NaN, ok: true },
    { firstTokenMs: Number.NaN, endMs: Number.NaN, ok: false },
  ])
})

test('a single response is the whole answer, without a time of its first token', () => {
  const [first] = read(at('0.response_timestamps', [1745526100400000000]))
  expect(sinceSent(first!)).toMatchObject({ firstTokenMs: Number.NaN, endMs: 100, ok: true })
})

test('several experiments are several loads, and refused with how to separate them', () => {
  const [experiment] = genaiPerfExport.experiments
  expect(problemOf(genaiPerf, { experiments: [experiment, experiment, experiment] })).toBe(
    "experiments: expected one experiment, got 3; save each as a file of its own, the first with: jq '.experiments |= [.[0]]'",
  )
})

test.each([
  [at('0.timestamp', null), 'experiments[0].requests[0].timestamp: expected a number of nanosec'],
  [at('0.response_timestamps', 5), 'experiments[0].requests[0].response_timestamps: expected a l'],
  [at('0.response_timestamps.2', 5), 'experiments[0].requests[0]: expected its end after its sta'],
  [at('0.response_timestamps.0', 1e300), 'response_timestamps[0]: expected a number of nanosecon'],
  [{ experiments: [{}] }, 'experiments[0].requests: expected a list, got nothing'],
  [7, 'expected a map, got 7'],
])('%#: an export that is not as expected is refused with its path', (document, message) => {
  expect(problemOf(genaiPerf, document)).toContain(message)
})
