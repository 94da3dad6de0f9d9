import { expect, test } from 'vitest'
import {
  MOST_RESPONSE_BYTES,
  PrometheusProblem,
  parseRangeResponse,
  readRangeResponse,
  readSavedResponses,
  seriesByName,
} from './range-response.ts'
import { responseOf } from './response.test-helper.ts'

const ONE = responseOf([
  { __name__: 'a_total', instance: 'x:1' },
  [
    [10, '1'],
    [10.5, '2.5e+06'],
    [11, 'NaN'],
    [12, '+Inf'],
    [13, '-Inf'],
  ],
])

test('a response is read as the server writes it', () => {
  const { series, warnings } = readRangeResponse({ ...ONE, warnings: ['slow'], infos: ['x'] })
  expect(warnings).toEqual(['slow'])
  expect(series).toEqual([
    {
      name: 'a_total',
      labels: new Map([['instance', 'x:1']]),
      times: Float64Array.of(10, 10.5, 11, 12, 13),
      values: Float64Array.of(1, 2.5e6, Number.NaN, Number.POSITIVE_INFINITY, -Infinity),
    },
  ])
})

const withResult = (result: unknown) => ({
  status: 'success',
  data: { resultType: 'matrix', result },
})
const withValues = (values: unknown) => withResult([{ metric: {}, values }])

test.each<[string, unknown, string]>([
  ['a list', [], 'response: expected a map, got an empty list'],
  ['null', null, 'response: expected a map, got an empty value'],
  ['no status', {}, 'status: expected success or error, got nothing'],
  [
    'an error',
    { status: 'error', errorType: 'bad_data', error: 'parse error' },
    'status: the server reports bad_data: parse error',
  ],
  ['an error without text', { status: 'error' }, 'status: the server reports an error: no reason'],
  ['no data', { status: 'success' }, 'data: expected a map, got nothing'],
  [
    'a vector',
    { status: 'success', data: { resultType: 'vector', result: [] } },
    'data.resultType: expected matrix, got "vector"; query a range: /api/v1/query_range',
  ],
  ['a map of results', withResult({}), 'data.result: expected a list, got a map'],
  ['a number', withResult([7]), 'data.result[0]: expected a map, got 7'],
  ['no metric', withResult([{ values: [] }]), 'data.result[0].metric: expected a map, got nothing'],
  [
    'a number as a label',
    withResult([{ metric: { a: 1 }, values: [] }]),
    'data.result[0].metric.a: expected a text, got 1',
  ],
  [
    'a native histogram',
    withResult([{ metric: {}, histograms: [] }]),
    'data.result[0]: expected values, got native histograms, which are not read',
  ],
  ['a text as values', withValues('x'), 'data.result[0].values: expected a list, got "x"'],
  [
    'three numbers',
    withValues([[1, '2', 3]]),
    'data.result[0].values[0]: expected a time and a value, got a list of 3',
  ],
  [
    'a text as time',
    withValues([['1', '2']]),
    'data.result[0].values[0][0]: expected a time in s since 1970, got "1"',
  ],
  [
    'a time that falls',
    withValues([
      [2, '1'],
      [1, '1'],
    ]),
    'data.result[0].values[1][0]: expected a time after 2, got 1',
  ],
  [
    'a number instead of a text',
    withValues([[1, 2]]),
    'data.result[0].values[0][1]: expected a number as text, got 2',
  ],
  [
    'another text',
    withValues([[1, '0x10']]),
    'data.result[0].values[0][1]: expected a number as text, got "0x10"',
  ],
  [
    'a number of a million digits',
    withValues([[1, '1'.repeat(1e6)]]),
    `data.result[0].values[0][1]: expected a number as text, got "${'1'.repeat(57)}…"`,
  ],
  ['warnings that are none', { ...ONE, warnings: 7 }, 'warnings: expected a list, got 7'],
])('%s is refused with its place', (_, document, problem) => {
  expect(() => readRangeResponse(document)).toThrow(new PrometheusProblem(problem))
})

test('keys of objects are labels like others, and change no object', () => {
  const text =
    '{"status":"success","data":{"resultType":"matrix","result":[{"metric":' +
    '{"__proto__":"a","constructor":"b"},"values":[[1,"2"]]}]}}'
  const [series] = parseRangeResponse(text).series
  expect([...series!.labels]).toEqual([
    ['__proto__', 'a'],
    ['constructor', 'b'],
  ])
  expect(Object.hasOwn(Object.prototype, 'a')).toBe(false)
  expect(() => parseRangeResponse('{"__proto__":{"status":"success"}}')).toThrow('status: expected')
})

test.each<[string, string]>([
  ['deep lists', '['.repeat(1e6)],
  ['millions of lists', `[${'[],'.repeat(6e6)}[]]`],
  ['more than 64 MiB', ' '.repeat(MOST_RESPONSE_BYTES + 1)],
  ['no JSON', '<html>'],
  ['nothing', ''],
])('%s give an error', (_, text) => {
  expect(() => parseRangeResponse(text)).toThrow(PrometheusProblem)
  expect(() => readSavedResponses(text)).toThrow(PrometheusProblem)
})

const named = (name: string) => responseOf([{ __name__: name }, [[1, '2']]])

test('a file has one response, responses by name, or one on each line', () => {
  const names = (text: string) => readSavedResponses(text).series.map(({ name }) => name)
  expect(names(JSON.stringify(named('a'), null, 2))).toEqual(['a'])
  const unnamed = responseOf([{}, [[1, '2']]])
  expect(names(JSON.stringify({ first: unnamed, second: named('b') }))).toEqual(['first', 'b'])
  const lines = [named('a'), named('b')].map((one) => JSON.stringify(one))
  expect(names(`${lines.join('\n\n')}\r\n`)).toEqual(['a', 'b'])
})

test.each([
  ['{}', 'expected a response, got an empty map'],
  ['{"a": 7}', 'a: expected a map, got 7'],
  ['{"a": {"status": "success"}}', 'a.data: expected a map, got nothing'],
  [`${JSON.stringify(ONE)}\n{"status": 7}`, 'line 2: status: expected success or error, got 7'],
  [`${JSON.stringify(ONE)}\n{"status": `, 'line 2: not JSON'],
])('the place of a problem is in a file, too: %s', (text, problem) => {
  expect(() => readSavedResponses(text)).toThrow(problem)
})

test('pieces of one series are joined in order of time, and repeated samples count once', () => {
  const [first, second, other] = [
    responseOf([
      { __name__: 'a', x: '1', y: '2' },
      [
        [3, '3'],
        [4, '4'],
      ],
    ]),
    responseOf([
      { y: '2', x: '1', __name__: 'a' },
      [
        [1, '1'],
        [2, 'NaN'],
        [3, '3'],
      ],
    ]),
    responseOf([{ __name__: 'a', x: '2', y: '2' }, [[1, '7']]]),
  ].map((response) => readRangeResponse(response).series)
  const joined = seriesByName([...first!, ...second!, ...other!])
  expect(joined.get('a')!.map(({ times }) => [...times])).toEqual([[1, 2, 3, 4], [1]])
  expect([...joined.get('a')![0]!.values]).toEqual([1, Number.NaN, 3, 4])
})

test('two values at one time are refused', () => {
  const at = (value: string) => readRangeResponse(responseOf([{ __name__: 'a' }, [[1, value]]]))
  const series = [...at('1').series, ...at('2').series]
  expect(() => seriesByName(series)).toThrow('a: expected one value at 1, got 1 and 2')
})
