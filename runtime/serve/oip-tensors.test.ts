import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type TensorType, tensorTypes } from '../../scenarios/index.ts'
import { bytesOfJson, jsonOfBytes } from './oip-tensors.ts'
import { datatypeOf, tensorTypeOf } from './oip-types.ts'

const types = Object.keys(tensorTypes) as TensorType[]
const at = 'inputs.x'

const elementOf = (type: TensorType): fc.Arbitrary<number> => {
  const range = tensorTypes[type]
  if (range !== null) return fc.integer({ min: range.least, max: range.most })
  if (type === 'float16') return fc.integer({ min: -2048, max: 2048 })
  const finite = { noNaN: true, noDefaultInfinity: true }
  return type === 'float32' ? fc.float(finite) : fc.double(finite)
}

test.each(types)('%s passes through JSON unchanged', (type) => {
  fc.assert(
    fc.property(fc.array(elementOf(type), { maxLength: 20 }), (values) => {
      const bytes = bytesOfJson(values, { type, count: values.length, at })
      const back = JSON.parse(jsonOfBytes(type, bytes)) as (number | boolean)[]
      expect(back.map(Number)).toEqual(values.map((value) => value + 0 || 0))
    }),
  )
})

test('every type has a name in the protocol', () => {
  const names = types.map(datatypeOf)
  expect(new Set(names).size).toBe(types.length)
  expect([tensorTypeOf('float32'), tensorTypeOf('string'), tensorTypeOf('__proto__')]).toEqual([
    'float32',
    null,
    null,
  ])
})

test('nested lists are read in row-major order', () => {
  const nested = [
    [1, 2],
    [3, 4],
  ]
  const bytes = bytesOfJson(nested, { type: 'uint8', count: 4, at })
  expect([...bytes]).toEqual([1, 2, 3, 4])
})

test('numbers that JSON lacks are null', () => {
  const bytes = new Uint8Array(Float32Array.of(1.5, Number.NaN, Number.POSITIVE_INFINITY).buffer)
  expect(jsonOfBytes('float32', bytes)).toBe('[1.5,null,null]')
})

test('whole numbers beyond 2^53 are written in full', () => {
  const bytes = new Uint8Array(BigInt64Array.of(2n ** 62n + 1n, -1n).buffer)
  expect(jsonOfBytes('int64', bytes)).toBe('[4611686018427387905,-1]')
})

describe('what is no tensor is refused by name', () => {
  let deep: unknown = 1
  for (let i = 0; i < 10_000; i++) deep = [deep]

  test.each([
    ['text', 'float32', 1, 'expected a list, got "text"'],
    [{ 0: 1 }, 'float32', 1, 'expected a list, got a map'],
    [[1], 'float32', 2, 'expected 2 elements by its shape, got 1'],
    [[1, 2, 3], 'float32', 2, 'expected 2 elements by its shape, got more'],
    [[1, null], 'float32', 2, 'expected numbers, got null'],
    [['1'], 'float32', 1, 'expected numbers, got "1"'],
    [[true], 'float32', 1, 'expected numbers, got true'],
    [[256], 'uint8', 1, 'expected whole numbers from 0 to 255 of uint8, got 256'],
    [[1.5], 'int64', 1, 'got 1.5'],
    [[2 ** 53], 'int64', 1, 'got 9007199254740992'],
    [deep, 'float32', 1, 'expected no deeper lists'],
  ] as const)('%#', (data, type, count, problem) => {
    expect(() => bytesOfJson(data, { type, count, at })).toThrow(problem)
  })
})
