import { describe, expect, test } from 'vitest'
import { messageOf, sinceSent } from '../load-generators/fixtures.test-helper.ts'
import { spansIn } from './span.ts'
import {
  exported,
  httpSpan,
  type SpanFields,
  type SpanValues,
  shown,
  shownBy,
  spanOf,
  VLLM_VALUES,
  vllmSpan,
} from './spans.test-helper.ts'

const problem = (span: unknown) => messageOf(() => shownBy(span))

describe('a span of a model server', () => {
  test('has the times and lengths that vLLM states, from its start', () => {
    const request = shownBy(vllmSpan())!
    expect(request.kind).toBe('model server')
    expect(request.record.sentMs).toBeCloseTo(1_780_000_000_000, 3)
    expect(sinceSent(request.record)).toEqual({
      scheduledMs: Number.NaN,
      firstTokenMs: 25.5,
      endMs: 499.5,
      queueMs: 1.5,
      inputTokens: 512,
      outputTokens: 64,
      ok: true,
      kind: null,
    })
  })

  test('ends with the span where no latency is stated', () => {
    const { 'gen_ai.latency.e2e': _, ...values } = VLLM_VALUES
    expect(sinceSent(shownBy(vllmSpan({ values }))!.record).endMs).toBe(500)
  })

  test('has no first token at 0 s, and no wait below 0 s', () => {
    const values = {
      ...VLLM_VALUES,
      'gen_ai.latency.time_to_first_token': 0,
      'gen_ai.latency.time_in_queue': -353_399.5,
    }
    const { firstTokenMs, queueMs } = shownBy(vllmSpan({ values }))!.record
    expect([firstTokenMs, queueMs]).toEqual([Number.NaN, Number.NaN])
  })

  test('names its model, of the request before that of the answer', () => {
    const kindOf = (names: Record<string, string>) =>
      shownBy(vllmSpan({ values: { ...VLLM_VALUES, ...names } }))!.record.kind
    expect(kindOf({ 'gen_ai.response.model': 'b' })).toBe('b')
    expect(kindOf({ 'gen_ai.response.model': 'b', 'gen_ai.request.model': 'a' })).toBe('a')
  })
})

describe('a call of a model', () => {
  const call = (values: SpanFields['values'] = {}) =>
    shownBy(
      spanOf({
        kind: 3,
        name: 'chat gpt-4',
        values: {
          'gen_ai.operation.name': 'chat',
          'gen_ai.request.model': 'gpt-4',
          'gen_ai.usage.input_tokens': 100,
          'gen_ai.usage.output_tokens': 180,
          'gen_ai.response.time_to_first_chunk': 0.25,
          ...values,
        },
      }),
    )

  test('has the lengths of the conventions of today', () => {
    const { kind, record } = call()!
    expect(kind).toBe('model call')
    expect(sinceSent(record)).toMatchObject({
      ...{ firstTokenMs: 250, endMs: 500, inputTokens: 100, outputTokens: 180, kind: 'gpt-4' },
    })
  })

  test.each(['invoke_agent', 'create_agent', 'execute_tool', 'retrieval', 'invoke_workflow'])(
    'is not around others: %s',
    (operation) => expect(call({ 'gen_ai.operation.name': operation })).toBeNull(),
  )
})

describe('a span of an HTTP server', () => {
  test.each<[SpanValues]>([
    [{ 'http.request.method': 'GET', 'http.response.status_code': 200, 'url.path': '/a/b/c' }],
    [{ 'http.method': 'GET', 'http.status_code': 200, 'http.target': '/a/b/c?x=1' }],
  ])('is a request by new names and by old ones: %j', (values) => {
    const { kind, record } = shownBy(httpSpan({ values }))!
    expect(kind).toBe('http')
    expect(sinceSent(record)).toMatchObject({ endMs: 500, ok: true, kind: '/a/b' })
  })

  test('is named by its route', () => {
    const values = { 'http.route': '/v1/models/{model}', 'url.path': '/v1/models/a' }
    expect(shownBy(httpSpan({ values }))!.record.kind).toBe('/v1/models/{model}')
  })

  test.each<[string, SpanFields]>([
    ['an answer 4xx', { values: { 'http.response.status_code': 429 } }],
    ['an answer 5xx', { values: { 'http.status_code': 503 } }],
    ['the status 2', { status: { code: 2, message: 'timeout' } }],
    ['a status by its name', { status: { code: 'STATUS_CODE_ERROR' } }],
    ['an error', { values: { 'http.method': 'GET', 'error.type': 'timeout' } }],
  ])('failed with %s', (_, fields) => {
    expect(shownBy(httpSpan(fields))!.record.ok).toBe(false)
  })

  test('is one by the name of its kind, and no client or inner span is', () => {
    expect(shownBy(httpSpan({ kind: 'SPAN_KIND_SERVER' }))!.kind).toBe('http')
    for (const kind of [0, 1, 3, 4, 5, 'SPAN_KIND_CLIENT']) {
      expect(shownBy(httpSpan({ kind }))).toBeNull()
    }
    expect(shownBy(spanOf({ values: { 'rpc.system': 'grpc' } }))).toBeNull()
  })
})

describe('times', () => {
  test('keep a microsecond of ns since 1970', () => {
    const at = (startTimeUnixNano: string | number) =>
      shownBy(httpSpan({ startTimeUnixNano }))!.record.sentMs
    expect(at('1780000000000001000') - at('1780000000000000000')).toBeCloseTo(0.001, 3)
    expect(at('1780000000000999000') - at('1780000000000000000')).toBeCloseTo(0.999, 3)
    expect(at(1.78e18)).toBeCloseTo(1.78e12, 3)
    expect(at('999')).toBeCloseTo(0.000999, 9)
  })
})

const PATH = 'resourceSpans[0].scopeSpans[0].spans[0]'

test.each([
  [
    httpSpan({ startTimeUnixNano: '' }),
    `${PATH}.startTimeUnixNano: expected ns since 1970, got ""`,
  ],
  [httpSpan({ startTimeUnixNano: '0' }), 'startTimeUnixNano: expected ns since 1970, got "0"'],
  [httpSpan({ startTimeUnixNano: '-5' }), 'expected ns since 1970'],
  [httpSpan({ endTimeUnixNano: '99999999999999999999' }), 'endTimeUnixNano: expected ns since'],
  [httpSpan({ endTimeUnixNano: 1e30 }), 'endTimeUnixNano: expected a number of nanoseconds'],
  [
    httpSpan({ endTimeUnixNano: '1779999999000000321' }),
    `${PATH}: expected its end after its start, got it 1000 ms before`,
  ],
  [
    vllmSpan({ values: { ...VLLM_VALUES, 'gen_ai.latency.time_to_first_token': 7 } }),
    `${PATH}: expected its first token 0 ms to 499.5 ms after its start, got 7000 ms`,
  ],
  [
    vllmSpan({ values: { ...VLLM_VALUES, 'gen_ai.latency.time_in_queue': 7 } }),
    `${PATH}: expected a wait of at most 499.5 ms, its latency, got 7000 ms`,
  ],
  [
    vllmSpan({ values: { 'gen_ai.usage.prompt_tokens': 'many' } }),
    `${PATH}.attributes.gen_ai.usage.prompt_tokens: expected a whole number of tokens`,
  ],
  [
    vllmSpan({ values: { ...VLLM_VALUES, 'gen_ai.latency.e2e': 'soon' } }),
    'attributes.gen_ai.latency.e2e: expected a number of seconds',
  ],
  [{ ...httpSpan(), attributes: {} }, `${PATH}.attributes: expected a list, got a map`],
  [{ ...httpSpan(), attributes: [5] }, `${PATH}.attributes[0]: expected a map, got 5`],
  [{ ...httpSpan(), spanId: 7 }, `${PATH}.spanId: expected an id of at most 64 characters, got 7`],
  [{ ...httpSpan(), status: 'bad' }, `${PATH}.status: expected a map, got "bad"`],
  ['span', `${PATH}: expected a map, got "span"`],
])('%#: a span that is not as expected is refused with its path', (span, message) => {
  expect(problem(span)).toContain(message)
})

describe('a document', () => {
  test('has the spans of each scope of each service', () => {
    const [first, second] = [exported([httpSpan()]), exported([vllmSpan()], { service: 'b' })]
    const both = { resourceSpans: [...first.resourceSpans, ...second.resourceSpans] }
    expect(shown(both).map((span) => span!.service)).toEqual(['vllm-server', 'b'])
  })

  test('may be an answer of Jaeger, or have libraries in place of scopes', () => {
    expect(shown({ result: exported([httpSpan()]) })).toHaveLength(1)
    const { resource } = exported([]).resourceSpans[0]!
    const libraries = [{ instrumentationLibrary: {}, spans: [httpSpan()] }]
    const old = { resourceSpans: [{ resource, instrumentationLibrarySpans: libraries }] }
    expect(shown(old)).toHaveLength(1)
  })

  test('without spans has none, such as one of metrics', () => {
    const documents = [{}, { resourceMetrics: [] }, { resourceSpans: [] }, { resourceSpans: [{}] }]
    for (const document of documents) expect([...spansIn(document)]).toEqual([])
  })

  test('names a service without a name as OpenTelemetry does', () => {
    const document = { resourceSpans: [{ scopeSpans: [{ spans: [httpSpan()] }] }] }
    expect(shown(document)[0]!.service).toBe('unknown_service')
  })

  test.each([
    [[], 'expected a map, got an empty list'],
    [null, 'no problem'],
    [7, 'expected a map, got 7'],
    [{ resourceSpans: {} }, 'resourceSpans: expected a list, got a map'],
    [{ resourceSpans: [{ scopeSpans: 'x' }] }, 'resourceSpans[0].scopeSpans: expected a list'],
    [{ result: [] }, 'result: expected a map, got an empty list'],
  ])('that is another one is refused with its path: %j', (document, message) => {
    expect(messageOf(() => shown(document))).toContain(message)
  })
})
