import { expect, test } from 'vitest'
import { changed, problemOf, sinceSent, vllmResult } from './fixtures.test-helper.ts'
import { vllmBench } from './vllm-bench.ts'

const read = (document: unknown) => [...vllmBench.records(document)]
const at = (path: string, value: unknown) => changed(vllmResult, path, value)
const problem = (document: unknown) => problemOf(vllmBench, document)

test('a result has the times and lengths of its requests', () => {
  const [first] = read(vllmResult)
  expect(first!.sentMs).toBe(353399500)
  expect(sinceSent(first!)).toEqual({
    scheduledMs: 0,
    firstTokenMs: 250,
    endMs: 500,
    queueMs: Number.NaN,
    inputTokens: 512,
    outputTokens: 3,
    ok: true,
    kind: null,
  })
})

test('a request without a token failed, also without a text of the error', () => {
  const failed = { ok: false, endMs: Number.NaN, outputTokens: Number.NaN }
  const [, second, third] = read(vllmResult).map(sinceSent)
  expect(second).toMatchObject({ ...failed, scheduledMs: -250, firstTokenMs: Number.NaN })
  expect(third).toMatchObject({ ...failed, scheduledMs: -500, firstTokenMs: 500 })
})

test('the end is the sum of the gaps where latencies are missing', () => {
  expect(read(at('latencies', undefined))).toEqual(read(vllmResult))
})

test('a wait for a place is no schedule without a rate, nor where it is missing', () => {
  expect(read(at('request_rate', 'inf'))[0]!.scheduledMs).toBeNaN()
  expect(read(at('queue_times', undefined))[0]!.scheduledMs).toBeNaN()
})

test('arrivals are unknown without start_times, and the problem has the remedy', () => {
  expect(problem(at('start_times', undefined))).toBe(
    'start_times: expected a list, got nothing; without them the arrivals are unknown: run `vllm bench serve` of 2026 or later with --save-result --save-detailed',
  )
})

test.each([
  [at('ttfts', [0.1]), 'ttfts: expected 3 values, as start_times has, got 1'],
  [at('queue_times', []), 'queue_times: expected 3 values, as start_times has, got 0'],
  [at('itls', undefined), 'itls: expected a list, got nothing'],
  [at('errors', {}), 'errors: expected a list, got a map'],
  [changed(at('latencies', undefined), 'itls.0', [0.1, 'x']), 'itls[0][1]: expected a number of s'],
  [changed(at('latencies', undefined), 'itls.0', null), 'itls[0]: expected a list, got an empty v'],
  [at('latencies.0', 0.1), 'start_times[0]: expected its first token 0 ms to 100 ms'],
  [at('latencies.0', -1), 'latencies[0]: expected a number of seconds from 0 to 100000000000, got'],
  [at('start_times.1', null), 'start_times[1]: expected a number of seconds'],
  [at('input_lens.2', 1e300), 'input_lens[2]: expected a whole number of tokens'],
  [[], 'expected a map, got an empty list'],
])('%#: a result that is not as expected is refused with its path', (document, message) => {
  expect(problem(document)).toContain(message)
})
