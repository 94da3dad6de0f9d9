import { describe, expect, test } from 'vitest'
import { parseScenario } from '../parse/parse.ts'
import { modelKey } from '../schema/model-key.ts'
import { problemsIn } from './problems.test-helper.ts'

const withInputs = (inputs: string, onnx = 'a.onnx', pool = '') => `spillway: 1
name: own
duration_s: 1
models: { m: { onnx: ${onnx}, inputs: ${inputs} } }
traffic: [{ class: web, arrivals: { process: poisson, rate_rps: 1 } }]
pools: [{ name: central, model: m${pool} }]
`

const X = 'x: { shape: [batch, 8] }'
const problemsOf = (input: string) => problemsIn(withInputs(`{ ${X}, own: ${input} }`))

describe('inputs of own models', () => {
  test.each([
    '{ shape: [], type: int64, value: 16000 }',
    '{ shape: [], type: bool, value: true }',
    '{ shape: [1], type: bool, value: 0 }',
    '{ shape: [2, 2], type: float64, value: [0.5, -1, 2, 1e300] }',
    '{ shape: [2, batch, 128], value: 0 }',
    '{ shape: [batch, 3, length], type: uint8, fill: tokens, vocabulary: 256 }',
    '{ shape: [batch, 3, 16, 16], type: uint8, file: images.npy }',
  ])('may be scalars, constants, samples and of any type: %s', (input) => {
    expect(problemsOf(input)).toEqual([])
  })

  test.each([
    [
      '{ shape: [2], value: [1, 2, 3] }',
      'models.m.inputs.own.value: expected 2 values, as many as shape [2] has elements, got 3',
    ],
    [
      '{ shape: [batch, 2], value: [1, 2] }',
      'models.m.inputs.own.value: expected one number for all elements, as batch in the shape has no fixed size, got a list',
    ],
    [
      '{ shape: [2], type: uint8, value: [1, 256] }',
      'models.m.inputs.own.value.1: expected a whole number from 0 to 255, as type is uint8, got 256',
    ],
    [
      '{ shape: [], type: int64, value: 0.5 }',
      'models.m.inputs.own.value: expected a whole number from -9007199254740991 to 9007199254740991, as type is int64, got 0.5',
    ],
    [
      '{ shape: [], type: bool, value: 2 }',
      'models.m.inputs.own.value: expected true or false, as type is bool, got 2',
    ],
    [
      '{ shape: [], value: true }',
      'models.m.inputs.own.value: expected a number, as type is float32, got true',
    ],
    [
      '{ shape: [], value: text }',
      'models.m.inputs.own.value: expected a number or true or false or a list, got "text"',
    ],
    [
      '{ shape: [], value: 1, fill: ones }',
      'models.m.inputs.own.fill: remove fill: value gives the values of every request',
    ],
    [
      '{ shape: [batch], value: 1, file: a.npy }',
      'models.m.inputs.own.file: remove file: value gives the values of every request',
    ],
    [
      '{ shape: [batch], file: a.npy, vocabulary: 9 }',
      'models.m.inputs.own.vocabulary: remove vocabulary: the samples of file are the values',
    ],
    [
      '{ shape: [4], file: a.npy }',
      'models.m.inputs.own.file: remove file: own has no batch dimension: all requests of a batch share its values; use value',
    ],
    [
      '{ shape: [batch], type: int8, fill: tokens }',
      'models.m.inputs.own.vocabulary: expected at most 128, which is above every int8, got 1000',
    ],
    [
      '{ shape: [batch], type: string }',
      'models.m.inputs.own.type: expected one of float32, float16, float64, int64, int32, int16, int8, uint64, uint32, uint16, uint8, bool, got "string"',
    ],
  ])('%s is refused', (input, problem) => {
    expect(problemsOf(input)).toEqual([problem])
  })

  test('without a batch in any input, samples are one for each batch of one', () => {
    expect(problemsIn(withInputs('{ x: { shape: [4], file: a.npy } }'))).toEqual([])
  })
})

describe('files for each precision', () => {
  const files = '{ fp32: a.onnx, int8: b.onnx }'
  const keyOf = (onnx: string, precision: string) => {
    const text = withInputs(`{ ${X} }`, onnx, `, precision: ${precision}`)
    const { scenario } = parseScenario(text, { file: 's.yaml' })
    return modelKey(scenario, scenario.pools[0]!)
  }

  test('a file has the measurements that it has alone, whatever the other files', () => {
    expect(keyOf(files, 'fp32')).toBe(keyOf('a.onnx', 'fp32'))
    expect(keyOf(files, 'int8')).toBe(keyOf('{ int8: b.onnx }', 'int8'))
    expect(keyOf(files, 'int8')).not.toBe(keyOf(files, 'fp32'))
  })

  test.each([
    [
      files,
      'precision: fp16',
      'pools.central.precision: expected one of fp32, int8, of which model m has files, got "fp16"',
    ],
    [
      '{ int8: b.onnx }',
      'replicas: 1',
      'pools.central.precision: expected one of int8, of which model m has files, got nothing',
    ],
    [
      '{}',
      'replicas: 1',
      'models.m.onnx: expected a file for at least one of the precisions fp32, fp16, int8, got a map',
    ],
    [
      '{ fp8: b.onnx }',
      'replicas: 1',
      'models.m.onnx.fp8: unknown key; expected one of fp32, fp16, int8',
    ],
    ['7', 'replicas: 1', 'models.m.onnx: expected text or a map, got 7'],
  ])('%s with %s is refused', (onnx, pool, problem) => {
    expect(problemsIn(withInputs(`{ ${X} }`, onnx, `, ${pool}`))).toContain(problem)
  })
})
