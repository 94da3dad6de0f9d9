import { expect, test } from 'vitest'
import {
  changed,
  inferencePerfRequests,
  inferencePerfRequestsOf2025,
  problemOf,
  sinceSent,
} from './fixtures.test-helper.ts'
import { inferencePerf } from './inference-perf.ts'

const read = (document: unknown) => [...inferencePerf.records(document)]
const at = (path: string, value: unknown) => changed(inferencePerfRequests, path, value)

test('requests have their times, their lengths as the server counts, and their adapter', () => {
  const [first] = read(inferencePerfRequests)
  expect(first!.sentMs).toBe(1000500)
  expect(sinceSent(first!)).toEqual({
    scheduledMs: Number.NaN,
    firstTokenMs: 250,
    endMs: 1000,
    queueMs: Number.NaN,
    inputTokens: 100,
    outputTokens: 32,
    ok: true,
    kind: 'french',
  })
})

test('a failed request has an end, and no lengths of 0', () => {
  expect(sinceSent(read(inferencePerfRequests)[1]!)).toMatchObject({
    endMs: 100,
    inputTokens: Number.NaN,
    outputTokens: Number.NaN,
    ok: false,
    kind: null,
  })
})

test('requests of 2025, which were not streamed, have no first token', () => {
  expect(read(inferencePerfRequestsOf2025)).toMatchObject([
    { firstTokenMs: Number.NaN, inputTokens: 100, outputTokens: 31, ok: true },
  ])
})

test('computed metrics stand in for info that was left out', () => {
  const computed = { time_to_first_token: 0.25, input_tokens: 100, output_tokens: 32 }
  const short = changed(at('0.info', undefined), '0.computed_metrics', computed)
  expect(read(short)[0]).toEqual({ ...read(inferencePerfRequests)[0], kind: null })
  const unary = changed(short, '0.computed_metrics.time_to_first_token', null)
  expect(read(unary)[0]!.firstTokenMs).toBeNaN()
})

test.each([
  [at('1.end_time', 1000), '[1]: expected its end after its start, got it 600 ms before'],
  [at('0.start_time', Number.NaN), '[0].start_time: expected a number of seconds'],
  [at('0.end_time', undefined), '[0].end_time: expected a number of seconds'],
  [at('0.info', 'x'), '[0].info: expected a map, got "x"'],
  [
    at('0.info.response_metrics.output_token_times', 5),
    'output_token_times: expected a list, got 5',
  ],
  [at('0.info.response_metrics.output_token_times.0', 900), '[0]: expected its first token 0 ms'],
  [at('0.info.response_metrics.server_usage.completion_tokens', -3), 'completion_tokens: expected'],
  [at('0', 7), '[0]: expected a map, got 7'],
  [{}, 'expected a list, got a map'],
])('%#: requests that are not as expected are refused with their path', (document, message) => {
  expect(problemOf(inferencePerf, document)).toContain(message)
})
