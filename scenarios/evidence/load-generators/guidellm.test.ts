import { expect, test } from 'vitest'
import {
  changed,
  guidellmReport,
  guidellmReportBefore04,
  problemOf,
  sinceSent,
} from './fixtures.test-helper.ts'
import { guidellm } from './guidellm.ts'

const read = (document: unknown) => [...guidellm.records(document)]
const at = (path: string, value: unknown) => changed(guidellmReport, `benchmarks.0.${path}`, value)
const problem = (document: unknown) => problemOf(guidellm, document)

test('a report has its successful, failed and incomplete requests', () => {
  const records = read(guidellmReport)
  expect(records.map(({ ok }) => ok)).toEqual([true, false, false])
  expect(records[0]!.sentMs).toBe(1700000002500)
  expect(sinceSent(records[0]!)).toEqual({
    scheduledMs: -2500,
    firstTokenMs: 250,
    endMs: 1000,
    queueMs: Number.NaN,
    inputTokens: 256,
    outputTokens: 128,
    ok: true,
    kind: null,
  })
})

test('a request that was not sent has the times of its worker', () => {
  expect(sinceSent(read(guidellmReport)[1]!)).toMatchObject({
    scheduledMs: -2500,
    firstTokenMs: Number.NaN,
    endMs: 150,
    outputTokens: Number.NaN,
  })
})

test('an output that the end of the run cut off has no length', () => {
  expect(read(guidellmReport)[2]).toMatchObject({ inputTokens: 256, outputTokens: Number.NaN })
})

test('a report before 0.4 has the same of a request', () => {
  expect(read(guidellmReportBefore04).map(sinceSent)).toEqual([
    { ...sinceSent(read(guidellmReport)[0]!), scheduledMs: -500 },
  ])
  const path = 'benchmarks.0.requests.successful.0.scheduler_info.targeted_start_time'
  expect(read(changed(guidellmReportBefore04, path, -1))[0]!.scheduledMs).toBeNaN()
})

test.each(['synchronous', 'concurrent', 'throughput', 'trace', 7])('%s plans no times', (type) => {
  expect(read(at('config.strategy.type_', type))[0]!.scheduledMs).toBeNaN()
})

test('a trace plans the times of rows that have one', () => {
  const trace = at('config.strategy.type_', 'trace')
  const path = 'benchmarks.0.requests.successful.0.info.settings.relative_timestamp'
  expect(read(changed(trace, path, 0))[0]!.scheduledMs).toBe(1700000000000)
})

test('several benchmarks are several loads, and refused with how to separate them', () => {
  const [benchmark] = guidellmReport.benchmarks
  expect(problem({ benchmarks: [benchmark, benchmark] })).toBe(
    "benchmarks: expected one benchmark, got 2; save each as a file of its own, the first with: jq '.benchmarks |= [.[0]]'",
  )
  expect(problem({ benchmarks: [] })).toBe('benchmarks: expected one benchmark, got 0')
})

test.each([
  ['scheduler_metrics.requests_made.successful', 50],
  ['metrics.request_totals.errored', 2],
  ['request_totals', { successful: 2 }],
])('a sample of the requests is refused by %s', (path, value) => {
  expect(problem(at(path, value))).toMatch(
    /^benchmarks\[0]\.requests\.(successful|errored): expected all \d+ requests, got a sample of 1; run guidellm without --sample-requests/,
  )
})

const first = 'requests.successful.0'
test.each([
  [at('requests.successful', undefined), 'benchmarks[0].requests.successful: expected a list'],
  [at('requests', 'x'), 'benchmarks[0].requests: expected a map, got "x"'],
  [
    at(first, null),
    'benchmarks[0].requests.successful[0].start_time: expected a number of seconds',
  ],
  [at(`${first}.info`, []), 'benchmarks[0].requests.successful[0].info: expected a map'],
  [at(`${first}.info.timings.request_start`, '1'), '[0].info.timings.request_start: expected a nu'],
  [at(`${first}.info.timings.request_end`, 1700000002), '[0]: expected its end after its start'],
  [at(`${first}.prompt_tokens`, 1e12), '[0].prompt_tokens: expected a whole number of tokens'],
  [at('metrics', 3), 'benchmarks[0].metrics: expected a map, got 3'],
  [{ benchmarks: {} }, 'benchmarks: expected a list, got a map'],
  [null, 'benchmarks: expected a list, got nothing'],
  ['x', 'expected a map, got "x"'],
])('%#: a report that is not as expected is refused with its path', (document, message) => {
  expect(problem(document)).toContain(message)
})
