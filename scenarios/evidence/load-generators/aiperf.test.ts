import { expect, test } from 'vitest'
import { aiperf } from './aiperf.ts'
import { aiperfRecord, changed, messageOf, sinceSent } from './fixtures.test-helper.ts'

const read = (record: unknown) => aiperf.reader()(JSON.stringify(record))
const problem = (record: unknown) => messageOf(() => read(record))
const at = (path: string, value: unknown) => changed(aiperfRecord, path, value)

test('a record has when it was let go, sent, answered and complete, and its lengths', () => {
  const record = read(aiperfRecord)!
  expect(record.sentMs).toBeCloseTo(1759813207532, 2)
  expect(sinceSent(record)).toEqual({
    scheduledMs: -1,
    firstTokenMs: 255.5,
    endMs: 306,
    queueMs: Number.NaN,
    inputTokens: 550,
    outputTokens: 9,
    ok: true,
    kind: null,
  })
})

test('a record without what has its default, as newer versions write it, is as complete', () => {
  const short = at('error', undefined)
  expect(read(changed(short, 'metadata.was_cancelled', undefined))).toEqual(read(aiperfRecord))
})

test('a cancelled request failed at its end, with the length of its prompt', () => {
  const cancelled = {
    ...at('metadata.was_cancelled', true),
    metrics: { error_isl: { value: 550, unit: 'tokens' } },
    error: { code: 499, type: 'RequestCancellationError', message: 'Request was cancelled' },
  }
  const record = read(cancelled)!
  expect(record).toMatchObject({ ok: false, inputTokens: 550, outputTokens: Number.NaN })
  expect(sinceSent(record)).toMatchObject({ endMs: 306, firstTokenMs: Number.NaN })
})

test('a request that was cancelled without an error failed', () => {
  expect(read(at('metadata.was_cancelled', true))).toMatchObject({ ok: false })
})

test('a failed request without lengths does not have lengths of 0', () => {
  const failed = { ...aiperfRecord, metrics: {}, error: { message: 'timeout' } }
  expect(read(failed)).toMatchObject({ inputTokens: Number.NaN, outputTokens: Number.NaN })
})

test('warm-up and empty lines have no record', () => {
  expect(read(at('metadata.benchmark_phase', 'warmup'))).toBeNull()
  expect(aiperf.reader()('  ')).toBeNull()
})

test('times of another clock are not the schedule', () => {
  expect(read(at('metadata.clock_offset_ns', 300_000))!.scheduledMs).toBeCloseTo(1759813207531, 2)
  expect(read(at('metadata.clock_offset_ns', -80e6))!.scheduledMs).toBeNaN()
  expect(read(at('metadata.credit_issued_ns', null))!.scheduledMs).toBeNaN()
})

test.each([
  ['ns', 255.5e6],
  ['us', 255.5e3],
  ['sec', 0.2555],
])('a latency in %s is converted', (unit, value) => {
  const record = read(at('metrics.time_to_first_token', { value, unit }))!
  expect(sinceSent(record).firstTokenMs).toBe(255.5)
})

test.each([
  [at('metadata.request_start_ns', '5'), 'metadata.request_start_ns: expected a number of nano'],
  [at('metadata.request_start_ns', -1), 'metadata.request_start_ns: expected a number of nano'],
  [at('metadata.request_end_ns', 1e30), 'metadata.request_end_ns: expected a number of nano'],
  [at('metadata.request_end_ns', null), 'got an empty value'],
  [
    at('metadata.request_end_ns', 1.759813207431e18),
    'expected its end after its start, got it 101 ms before',
  ],
  [
    at('metrics.time_to_first_token.value', 400),
    'expected its first token 0 ms to 306 ms after its start, got 400 ms',
  ],
  [
    at('metrics.time_to_first_token.unit', 'h'),
    'metrics.time_to_first_token.unit: expected ns, us',
  ],
  [at('metrics.input_sequence_length.value', 1.5), 'metrics.input_sequence_length.value: expected'],
  [at('metrics.output_sequence_length.value', -1), 'expected a whole number of tokens from 0'],
  [at('metrics', []), 'metrics: expected a map, got an empty list'],
  [at('metadata', 7), 'metadata: expected a map, got 7'],
  [{}, 'metadata.request_start_ns: expected a number of nanoseconds from 0 to 100000'],
  [[], 'expected a map, got an empty list'],
])('%#: a record that is not as expected is refused with its path', (record, message) => {
  expect(problem(record)).toContain(message)
})

test('a line that is not JSON is refused', () => {
  const message = messageOf(() => aiperf.reader()('{"metadata": NaN'))
  expect(message).toBe('expected a JSON object, got "{\\"metadata\\": NaN"')
})

test('a first token that rounding puts after the end is at the end', () => {
  const record = read(at('metrics.time_to_first_token.value', 306.2))!
  expect(record.firstTokenMs).toBe(record.endMs)
})
