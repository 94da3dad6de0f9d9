import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mostBodyBytes, parseInferRequest } from './infer-request.ts'
import { RequestProblem } from './request-problem.ts'
import { SERVED } from './served-model.test-helper.ts'

const X = { name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 2.5] }
const IDS = { name: 'ids', shape: [1, 3], datatype: 'INT64', data: [[7, 8, 9]] }
const WHOLE = { inputs: [X, IDS] }

const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
const parsed = (value: unknown) => parseInferRequest(bytesOf(value), null, SERVED)

/** A body of JSON with binary tensors behind it. */
function withBinary(value: unknown, ...tensors: ArrayBufferView[]) {
  const json = bytesOf(value)
  const parts = tensors.map((one) => Buffer.from(one.buffer, one.byteOffset, one.byteLength))
  return { body: Buffer.concat([json, ...parts]), header: json.length }
}

test('a request has its inputs in the order of the model, and by default all outputs', () => {
  const request = parsed({ id: 'a', inputs: [IDS, X] })
  expect(request).toMatchObject({ id: 'a', class: 1, length: 3 })
  expect([...new Float32Array(Uint8Array.from(request.inputs[0]!).buffer)]).toEqual([1, 2.5])
  expect([...new BigInt64Array(Uint8Array.from(request.inputs[1]!).buffer)]).toEqual([7n, 8n, 9n])
  expect(request.outputs).toEqual([
    { output: 0, binary: false },
    { output: 1, binary: false },
  ])
})

test('binary tensors follow the JSON in the order of the inputs', () => {
  const inputs = [
    { ...IDS, data: undefined, parameters: { binary_data_size: 24 } },
    { ...X, data: undefined, parameters: { binary_data_size: 8 } },
  ]
  const ids = BigInt64Array.of(1n, 2n ** 60n, -3n)
  const outputs = [{ name: 'z', parameters: { binary_data: false } }, { name: 'y' }]
  const head = { inputs, outputs, parameters: { binary_data_output: true } }
  const { body, header } = withBinary(head, ids, Float32Array.of(4, 5))
  const request = parseInferRequest(body, header, SERVED)
  expect([...new BigInt64Array(Uint8Array.from(request.inputs[1]!).buffer)]).toEqual([...ids])
  expect([...new Float32Array(Uint8Array.from(request.inputs[0]!).buffer)]).toEqual([4, 5])
  expect(request.outputs).toEqual([
    { output: 1, binary: false },
    { output: 0, binary: true },
  ])
  const cut = () => parseInferRequest(body.subarray(0, -1), header, SERVED)
  expect(cut).toThrow('inputs.x.parameters.binary_data_size: expected at most 7')
  const longer = () => parseInferRequest(Buffer.concat([body, Buffer.of(0)]), header, SERVED)
  expect(longer).toThrow('expected no bytes after the last tensor, got 1')
  const beyond = () => parseInferRequest(body, body.length + 1, SERVED)
  expect(beyond).toThrow('Inference-Header-Content-Length: expected at most')
})

test('parameters.class chooses among the classes of the model', () => {
  const of = (parameters: object) => parsed({ ...WHOLE, parameters })
  expect(of({ class: 'batch' }).class).toBe(3)
  expect(of({ priority: 0, timeout: 0, sequence_id: 0 }).class).toBe(1)
  expect(() => of({ class: 'other' })).toThrow('expected a class of m (web, batch), got "other"')
  expect(() => of({ priority: 2 })).toThrow('parameters.priority: remove it')
})

describe('what does not fit the model is refused by name', () => {
  test.each([
    [[], 'the body: expected a map, got a list'],
    [{}, 'inputs: expected a list, got nothing'],
    [{ inputs: [X] }, 'inputs: expected ids, which m takes, got nothing'],
    [{ inputs: [X, X, IDS] }, 'inputs.x: expected it once'],
    [{ inputs: [X, { ...IDS, name: 'id' }] }, 'inputs[1].name: expected one of x, ids, got "id"'],
    [{ inputs: [{ ...X, datatype: 'FP64' }, IDS] }, 'inputs.x.datatype: expected FP32, got "FP64"'],
    [{ inputs: [{ ...X, shape: [2, 2] }, IDS] }, 'inputs.x.shape[0]: expected 1, as a request'],
    [{ inputs: [{ ...X, shape: [1] }, IDS] }, 'inputs.x.shape: expected [1, 2], got 1 sizes'],
    [{ inputs: [{ ...X, shape: [1, 3] }, IDS] }, 'inputs.x.shape[1]: expected 2, got 3'],
    [{ inputs: [X, { ...IDS, shape: [1, 5] }] }, 'expected a whole number from 1 to 4, got 5'],
    [{ inputs: [X, { ...IDS, shape: [1, 0] }] }, 'expected a whole number from 1 to 4, got 0'],
    [{ inputs: [X, { ...IDS, shape: [1, '3'] }] }, 'expected a whole number from 1 to 4, got "3"'],
    [{ inputs: [X, { ...IDS, shape: [1, 2] }] }, 'expected 2 elements by its shape, got more'],
    [
      { inputs: [{ ...X, parameters: { binary_data_size: 8 } }, IDS] },
      'expected data or binary_data_size, got both',
    ],
    [
      { inputs: [{ ...X, data: undefined, parameters: { binary_data_size: 9 } }, IDS] },
      'inputs.x.parameters.binary_data_size: expected 8 by its shape, got 9',
    ],
    [{ ...WHOLE, id: 7 }, 'id: expected a text'],
    [{ ...WHOLE, outputs: [{ name: 'w' }] }, 'outputs[0].name: expected one of y, z, got "w"'],
    [{ ...WHOLE, outputs: [{ name: 'y' }, { name: 'y' }] }, 'outputs.y: expected it once'],
    [{ ...WHOLE, parameters: [] }, 'parameters: expected a map, got a list'],
    [{ ...WHOLE, parameters: { binary_data_output: 1 } }, 'expected true or false, got 1'],
  ])('%#', (value, problem) => {
    expect(() => parsed(value)).toThrow(problem)
    expect(() => parsed(value)).toThrow(RequestProblem)
  })

  test('keys of a prototype are none of its own', () => {
    const text = `{"inputs": [], "__proto__": {"outputs": 5}, "parameters": {"__proto__": {"class": "x"}}}`
    const parse = () => parseInferRequest(new TextEncoder().encode(text), null, SERVED)
    expect(parse).toThrow('inputs: expected x')
    expect(Object.hasOwn(Object.prototype, 'outputs')).toBe(false)
  })

  test('more values than the model takes are refused before they are parsed', () => {
    const text = `[${'[],'.repeat(20_000)}[]]`
    const parse = () => parseInferRequest(new TextEncoder().encode(text), null, SERVED)
    expect(parse).toThrow(expect.objectContaining({ status: 413 }))
  })

  test('any bytes are a request or a problem', () => {
    const small = fc.uint8Array({ maxLength: 200 })
    const json = fc.json({ maxDepth: 4 }).map((text) => new TextEncoder().encode(text))
    fc.assert(
      fc.property(fc.oneof(small, json), fc.option(fc.nat(300)), (body, header) => {
        try {
          parseInferRequest(body, header, SERVED)
        } catch (error) {
          expect(error).toBeInstanceOf(RequestProblem)
        }
      }),
    )
  })
})

test('a body may be as long as JSON of the largest request needs, with room', () => {
  const long = (1e-300 / 3).toString()
  const data = (count: number) => Array.from({ length: count }, () => long)
  const text = JSON.stringify({ inputs: [data(2), data(4)] })
  expect(mostBodyBytes(SERVED)).toBeGreaterThan(text.length)
})
