import { expect, test } from 'vitest'
import { outputSpecs } from './output-specs.ts'

/** One output at three shapes: of one request, of two, and of one that is longer. */
const specs = (one: number[], two: number[], longer: number[] | null, type = 'float32') => {
  const probe = (length: number, dims: number[]) => ({
    length,
    outputs: [{ name: 'y', type, dims }],
  })
  const other = longer && probe(16, longer)
  return outputSpecs('m.onnx', { one: probe(8, one), two: probe(8, two), other })
}

test('an axis that changes with the length is free, another one is fixed', () => {
  expect(specs([1, 8, 3], [2, 8, 3], [1, 16, 3])).toEqual([
    { name: 'y', type: 'float32', shape: ['batch', 'length', 3] },
  ])
  expect(specs([1, 8], [2, 8], [1, 8])[0]!.shape).toEqual(['batch', 8])
  // all requests have one length
  expect(specs([1, 8], [2, 8], null)[0]!.shape).toEqual(['batch', 8])
})

test('an output of which a request has no part is refused by name', () => {
  const problem = 'm.onnx: output y: expected the batch as its first axis'
  expect(() => specs([8, 1], [8, 2], null)).toThrow(problem)
  expect(() => specs([1], [1], null)).toThrow(problem)
  expect(() => specs([], [], null)).toThrow(problem)
  expect(() => specs([1, 4], [2, 4], [1, 8])).toThrow('axis 1 to be fixed or as long as a request')
  expect(() => specs([1, 1], [2, 2], null)).toThrow('axis 1')
  expect(() => specs([1], [2], null, 'string')).toThrow('elements of type string')
})
