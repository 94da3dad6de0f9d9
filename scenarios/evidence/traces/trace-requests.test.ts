import { describe, expect, test } from 'vitest'
import { Failure } from '../../failure.ts'
import { exported, found, httpSpan, spanOf, vllmSpan } from './spans.test-helper.ts'

const countOf = (...documents: readonly unknown[]) => found(documents).requests.length
const problemOf = (read: () => unknown) => {
  try {
    read()
  } catch (error) {
    if (error instanceof Failure) return error.message
    throw error
  }
  return 'no problem'
}
const id = (spanId: string, parentSpanId = '') => ({ spanId, parentSpanId })

describe('a request counts once', () => {
  test('with the span of its HTTP server and that of its engine, in one trace or in two', () => {
    for (const traceId of [
      '5b8efff798038103d269b633813fc60c',
      '00000000000000000000000000000001',
    ]) {
      const spans = [httpSpan(), vllmSpan({ traceId })]
      const { requests, kind, notes } = found([exported(spans)])
      expect(kind).toBe('model server')
      expect(requests.map(({ record }) => record.outputTokens)).toEqual([64])
      expect(notes.join()).toContain('1 spans of HTTP requests (0 failed) are left out')
    }
  })

  test('with the span of its client, in a service of the same name', () => {
    const client = spanOf({ kind: 3, values: { 'gen_ai.operation.name': 'chat' } })
    const spans = [client, vllmSpan({ ...id('b', 'eee19b7ec3c1b174') })]
    expect(found([exported(spans)])).toMatchObject({ kind: 'model server' })
    expect(countOf(exported(spans))).toBe(1)
  })

  test('with a proxy of the same name: by its outer HTTP span', () => {
    const outer = httpSpan(id('a'))
    const inner = httpSpan({ ...id('b', 'a'), endTimeUnixNano: '1780000000400000321' })
    const [request] = found([exported([inner]), exported([outer])]).requests
    expect(request!.record.endMs - request!.record.sentMs).toBeCloseTo(500, 2)
    expect(request!.file).toBe(1)
  })

  test('with a framework around the client: by the inner call, with the lengths of both', () => {
    const lengths = { 'gen_ai.operation.name': 'chat', 'gen_ai.usage.input_tokens': 9 }
    const outer = spanOf({ ...id('a'), kind: 1, values: lengths })
    const call = (spanId: string) =>
      spanOf({ ...id(spanId, 'a'), kind: 3, values: { 'gen_ai.operation.name': 'chat' } })
    const one = found([exported([outer, call('b')])]).requests
    expect(one.map(({ record }) => record.inputTokens)).toEqual([9])
    const two = found([exported([outer, call('b'), call('c')])]).requests
    expect(two.map(({ record }) => record.inputTokens)).toEqual([Number.NaN, Number.NaN])
  })

  test('where its span is exported again', () => {
    const { requests, notes } = found([exported([httpSpan()]), exported([httpSpan()])])
    expect(requests).toHaveLength(1)
    expect(notes.join()).toContain('1 spans are in the files again')
  })
})

describe('several answers to a request', () => {
  const VALUES = { 'gen_ai.usage.completion_tokens': 90, 'gen_ai.usage.prompt_tokens': 5 }
  const outputs = (spans: readonly unknown[]) =>
    found([exported(spans)]).requests.map(({ record }) => record.outputTokens)
  const notesOf = (spans: readonly unknown[]) => found([exported(spans)]).notes.join()

  test.each(['gen_ai.request.n', 'gen_ai.usage.num_sequences', 'gen_ai.request.choice.count'])(
    'in one span have no length, by %s',
    (name) => {
      const span = (n: number) => vllmSpan({ ...id(`s${n}`), values: { ...VALUES, [name]: n } })
      expect(outputs([span(1), span(3)])).toEqual([90, Number.NaN])
      expect(notesOf([span(1), span(3)])).toContain('1 requests have several answers each')
      expect(notesOf([span(1)])).not.toContain('answers')
    },
  )

  test('have none where a framework around the call asks for them', () => {
    const outer = spanOf({ ...id('a'), values: { 'gen_ai.request.choice.count': 2, ...VALUES } })
    const call = (values: object) =>
      spanOf({ ...id('b', 'a'), kind: 3, values: { 'gen_ai.operation.name': 'chat', ...values } })
    for (const inner of [call(VALUES), call({})]) {
      expect(outputs([{ ...outer, kind: 1 }, inner])).toEqual([Number.NaN])
    }
  })

  test('with a span for each are requests, as vLLM generates each apart', () => {
    const answer = (spanId: string, request: string) =>
      vllmSpan({ ...id(spanId), values: { ...VALUES, 'gen_ai.request.id': request } })
    const spans = [answer('a', 'cmpl-1'), answer('b', 'cmpl-1'), answer('c', 'cmpl-2')]
    expect(outputs(spans)).toEqual([90, 90, 90])
    expect(notesOf(spans)).toContain('1 requests have a span for each of several answers: their 2')
  })
})

test('instances are those of servers, and not of clients', () => {
  const documents = ['a', 'b'].map((instance) =>
    exported([vllmSpan(id(instance))], { instance, service: 'server' }),
  )
  const instancesIn = (all: readonly unknown[]) =>
    found(all).requests.map(({ instance }) => instance)
  expect(instancesIn(documents)).toEqual(['a', 'b'])
  expect(instancesIn([exported([vllmSpan()])])).toEqual([null])
  const client = spanOf({ kind: 3, values: { 'gen_ai.operation.name': 'chat' } })
  expect(instancesIn([exported([client], { instance: 'a' })])).toEqual([null])
})

test('requests of one trace count each', () => {
  expect(countOf(exported([httpSpan(id('a', 'x')), httpSpan(id('b', 'x'))]))).toBe(2)
})

test('spans without ids, or in themselves, are requests', () => {
  const nameless = httpSpan({ traceId: '', spanId: '' })
  expect(countOf(exported([nameless, nameless, httpSpan(id('a', 'a'))]))).toBe(3)
  const own = vllmSpan(id('a', 'a'))
  expect(countOf(exported([own]))).toBe(1)
})

describe('several services', () => {
  const documents = [
    exported([httpSpan(), httpSpan(id('b'))], { service: 'gateway' }),
    exported([vllmSpan()]),
    exported([spanOf({ kind: 1 })], { service: 'worker' }),
  ]

  test('are refused with those that have requests', () => {
    expect(problemOf(() => found(documents))).toBe(
      'traces.json: expected requests of one service, got those of gateway (2), vllm-server (1); state which with --service',
    )
  })

  test('have the requests of the one that is stated', () => {
    expect(found(documents, { service: 'gateway' }).requests).toHaveLength(2)
    expect(found(documents, { service: 'vllm-server' }).kind).toBe('model server')
  })

  test('do not have those of another name', () => {
    expect(problemOf(() => found(documents, { service: '__proto__' }))).toBe(
      '--service: expected one of gateway, vllm-server, got __proto__',
    )
  })
})

test('files without a request are refused with what one is', () => {
  expect(problemOf(() => found([exported([spanOf({})])]))).toMatch(
    /^traces.json: expected spans of/,
  )
})
