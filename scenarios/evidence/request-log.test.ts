import { describe, expect, test } from 'vitest'
import { MOST_KINDS, OTHER_KIND, RequestLogBuilder } from './request-log.ts'
import { RecordProblem, type RequestRecord } from './request-record.ts'

const record = (some: Partial<RequestRecord>): RequestRecord => ({
  ...{ scheduledMs: Number.NaN, sentMs: 0, firstTokenMs: Number.NaN, endMs: Number.NaN },
  ...{ queueMs: Number.NaN, inputTokens: Number.NaN, outputTokens: Number.NaN },
  ...{ ok: true, kind: null, ...some },
})

function logOf(records: readonly Partial<RequestRecord>[]) {
  const builder = new RequestLogBuilder()
  for (const some of records) builder.add(record(some))
  return builder.log()
}

describe('a log of requests', () => {
  test('is in order of arrival, from the first one on', () => {
    const log = logOf([
      { sentMs: 30, endMs: 35, kind: 'b' },
      { sentMs: 10, endMs: 50, kind: 'a' },
    ])
    expect([...log.columns.sentMs]).toEqual([0, 20])
    expect([...log.columns.endMs]).toEqual([40, 25])
    expect([...log.kind].map((i) => log.kinds[i])).toEqual(['a', 'b'])
    expect(log.originMs).toBeNull()
  })

  test('arrives as scheduled only where every request has its schedule', () => {
    const both = [
      { scheduledMs: 5, sentMs: 9 },
      { scheduledMs: 7, sentMs: 8 },
    ] as const
    expect([...logOf(both).columns.sentMs]).toEqual([4, 3])
    expect(logOf([both[0], { sentMs: 8 }]).scheduled).toBe(false)
  })

  test('keeps a date where times count from 1970', () => {
    const at = Date.UTC(2026, 10, 30)
    expect(logOf([{ sentMs: at }]).originMs).toBe(at)
  })

  test('grows, and joins further kinds', () => {
    const log = logOf(
      Array.from({ length: 3 * MOST_KINDS }, (_, i) => ({ sentMs: i, kind: `kind ${i}` })),
    )
    expect(log.count).toBe(3 * MOST_KINDS)
    expect(log.kinds).toHaveLength(MOST_KINDS + 1)
    expect(log.kinds[log.kind.at(-1)!]).toBe(OTHER_KIND)
  })

  test('has the instance of each request, where it is known', () => {
    const builder = new RequestLogBuilder()
    builder.add(record({ sentMs: 3 }), 'b')
    builder.add(record({ sentMs: 2 }))
    builder.add(record({ sentMs: 1 }), '__proto__')
    builder.add(record({ sentMs: 4 }), 'b')
    expect([...builder.log().instance]).toEqual([1, -1, 0, 0])
  })

  test.each<[string, Partial<RequestRecord>]>([
    ['no time', { sentMs: Number.NaN }],
    ['an infinite time', { sentMs: Number.POSITIVE_INFINITY }],
    ['an end before its start', { sentMs: 10, endMs: 9 }],
    ['a first token after its end', { firstTokenMs: 9, endMs: 8 }],
    ['a first token before its start', { sentMs: 5, firstTokenMs: 4 }],
    ['a wait beyond its latency', { endMs: 5, queueMs: 6 }],
    ['a wait below 0', { endMs: 5, queueMs: -1 }],
    ['half a token', { outputTokens: 0.5 }],
    ['tokens below 0', { inputTokens: -1 }],
    ['too many tokens', { inputTokens: 1e10 }],
  ])('refuses a record with %s', (_, some) => {
    expect(() => logOf([some])).toThrow(RecordProblem)
  })
})
