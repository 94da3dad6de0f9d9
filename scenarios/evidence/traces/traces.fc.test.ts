import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pathsOf, replaced } from '../load-generators/fixtures.test-helper.ts'
import {
  exported,
  found,
  httpSpan,
  readAny,
  type SpanValues,
  spanOf,
  vllmSpan,
} from './spans.test-helper.ts'

const DOCUMENT = exported([vllmSpan({ traceState: 'ot=th:c' }), httpSpan()])

const other = fc.oneof(
  fc.constantFrom<unknown>(null, undefined, true, '', 'inf', [], {}, [[]], [{}], Number.NaN, -1),
  fc.constantFrom<unknown>(0, 1e300, Number.POSITIVE_INFINITY, '__proto__', 2 ** 53),
  fc.jsonValue({ maxDepth: 3 }),
)

test('a document with another value is read, or refused with its path', () => {
  const paths = pathsOf(DOCUMENT)
  fc.assert(
    fc.property(fc.constantFrom(...paths), other, (path, value) => {
      readAny(replaced(DOCUMENT, path, value))
    }),
    { numRuns: 2000, seed: 36 },
  )
})

test('any JSON is read, or refused with its path', () => {
  fc.assert(fc.property(fc.jsonValue(), readAny), { numRuns: 500, seed: 36 })
})

test('keys of prototypes are no values, and none is changed', () => {
  const hostile = JSON.parse(
    '{"__proto__": {"resourceSpans": [7]}, "constructor": {"prototype": {"x": 1}}}',
  )
  readAny(hostile)
  const values = JSON.parse('{"__proto__": "x", "constructor": "y", "http.method": "GET"}')
  const documents = [exported([httpSpan({ values })], { service: '__proto__' })]
  expect(found(documents).requests).toHaveLength(1)
  expect(Object.hasOwn(Object.prototype, 'x')).toBe(false)
})

test('whatever the spans around spans are, no request counts twice', () => {
  const id = fc.constantFrom('a', 'b', 'c', 'd', '')
  const kind = fc.constantFrom(1, 2, 3)
  const values: readonly SpanValues[] = [
    { 'http.method': 'GET' },
    { 'gen_ai.operation.name': 'chat' },
    { 'gen_ai.usage.input_tokens': 5 },
  ]
  const span = fc
    .record({ spanId: id, parentSpanId: id, kind, values: fc.constantFrom(...values) })
    .map(spanOf)
  const server = httpSpan({ spanId: 'root' })
  fc.assert(
    fc.property(fc.array(span, { maxLength: 8 }), (spans) => {
      const all = [server, ...spans]
      const { requests } = found([exported(all), exported(all)])
      const named = all.filter(({ spanId }) => spanId !== '').map(({ spanId }) => spanId)
      const nameless = all.length - named.length
      expect(requests.length).toBeLessThanOrEqual(new Set(named).size + 2 * nameless)
    }),
    { seed: 36 },
  )
})
