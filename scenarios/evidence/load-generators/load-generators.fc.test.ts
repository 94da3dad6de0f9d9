import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RecordProblem, type RequestRecord } from '../request-record.ts'
import {
  aiperfRecord,
  genaiPerfExport,
  guidellmReport,
  guidellmReportBefore04,
  inferencePerfRequests,
  inferencePerfRequestsOf2025,
  pathsOf,
  replaced,
  vllmResult,
} from './fixtures.test-helper.ts'
import { LOAD_GENERATORS } from './index.ts'

const DOCUMENTS: readonly unknown[] = [
  aiperfRecord,
  guidellmReport,
  guidellmReportBefore04,
  vllmResult,
  inferencePerfRequests,
  inferencePerfRequestsOf2025,
  genaiPerfExport,
]

/** Reads a document as each format would. */
function readAll(document: unknown): RequestRecord[] {
  const read: RequestRecord[] = []
  for (const format of LOAD_GENERATORS) {
    try {
      if (format.kind === 'document') read.push(...format.records(document))
      else {
        const record = format.reader()(JSON.stringify(document) ?? '')
        if (record !== null) read.push(record)
      }
    } catch (error) {
      if (!(error instanceof RecordProblem)) throw error
      expect(error.message).toMatch(/^(\S+: )?expected /)
    }
  }
  return read
}

function check({ sentMs, firstTokenMs, endMs, inputTokens, outputTokens, ok }: RequestRecord) {
  expect(sentMs).toBeGreaterThanOrEqual(0)
  expect(sentMs).toBeLessThanOrEqual(1e14)
  expect(endMs < sentMs || firstTokenMs < sentMs || firstTokenMs > endMs).toBe(false)
  for (const tokens of [inputTokens, outputTokens]) {
    expect(Number.isNaN(tokens) || (tokens >= 0 && tokens <= 1e9)).toBe(true)
  }
  expect(typeof ok).toBe('boolean')
}

const other = fc.oneof(
  fc.constantFrom<unknown>(null, undefined, true, '', 'inf', [], {}, [[]], [{}], Number.NaN, -1),
  fc.constantFrom<unknown>(0, 1e300, Number.POSITIVE_INFINITY, '__proto__', 2 ** 53),
  fc.jsonValue({ maxDepth: 3 }),
  fc.double(),
)

test('a document with other values gives valid records, or a problem', () => {
  fc.assert(
    fc.property(fc.constantFrom(...DOCUMENTS), fc.infiniteStream(fc.nat()), other, (...args) => {
      const [document, picks, value] = args
      const paths = pathsOf(document)
      const path = paths[picks.next().value! % paths.length]!
      readAll(replaced(document, path, value)).forEach(check)
    }),
    { numRuns: 2000, seed: 35 },
  )
})

test('any JSON gives valid records, or a problem', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (document) => readAll(document).forEach(check)),
    { numRuns: 500, seed: 35 },
  )
})

test('keys of prototypes are not values', () => {
  const hostile = JSON.parse(
    '{"__proto__": {"start_times": [1]}, "constructor": {"prototype": {"x": 1}}, "benchmarks": "x"}',
  )
  readAll(hostile).forEach(check)
  expect(readAll({ metadata: { __proto__: { request_start_ns: 1, request_end_ns: 2 } } })).toEqual(
    [],
  )
  expect(Object.hasOwn(Object.prototype, 'x')).toBe(false)
})

test('beginnings of any text are looked at without an error', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      for (const { looksLike } of LOAD_GENERATORS) expect(typeof looksLike(text)).toBe('boolean')
    }),
    { seed: 35 },
  )
})
