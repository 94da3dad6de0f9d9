import onnxProto from 'onnx-proto'
import { describe, expect, test } from 'vitest'
import { countOperations } from './count-operations.ts'
import { settledGraph } from './settled-graph.ts'
import { weightlessModel } from './weightless-model.ts'

const { onnx } = onnxProto
const { FLOAT, INT64 } = onnx.TensorProto.DataType
const { GRAPH, TENSOR } = onnx.AttributeProto.AttributeType

const value = (name: string, elemType: number, dims: readonly string[]) => ({
  name,
  type: { tensorType: { elemType, shape: { dim: dims.map((dimParam) => ({ dimParam })) } } },
})
const constant = (name: string, dims: readonly number[], own: object) => ({
  opType: 'Constant',
  output: [name],
  attribute: [{ name: 'value', type: TENSOR, t: { dims, ...own } }],
})
const branch = (name: string, node: object[], output: string) => ({
  name,
  type: GRAPH,
  g: { name, node, output: [{ name: output, type: { tensorType: { elemType: FLOAT } } }] },
})

/** A product with a matrix of 100 columns or of 200, whose names are alike. */
const times = (columns: number) => {
  const floatData = Array.from({ length: 10 * columns }, () => 1)
  return [
    constant('w', [10, columns], { dataType: FLOAT, floatData }),
    { opType: 'MatMul', input: ['x', 'w'], output: ['product'] },
  ]
}
const ifNode = (condition: string, output: string, then: object[], otherwise: object[]) => ({
  opType: 'If',
  input: [condition],
  output: [output],
  attribute: [branch('then_branch', then, 'product'), branch('else_branch', otherwise, 'product')],
})

/** `mode` 3 chooses a nested choice by the rank of x: 100 columns; other modes: 200. */
const nested = onnx.ModelProto.encode(
  onnx.ModelProto.fromObject({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 17 }],
    graph: {
      name: 'nested',
      node: [
        constant('three', [], { dataType: INT64, int64Data: [3] }),
        { opType: 'Equal', input: ['mode', 'three'], output: ['chosen'] },
        ifNode(
          'chosen',
          'y',
          [
            { opType: 'Shape', input: ['x'], output: ['shape'] },
            { opType: 'Size', input: ['shape'], output: ['rank'] },
            constant('two', [], { dataType: INT64, int64Data: [2] }),
            { opType: 'Equal', input: ['rank', 'two'], output: ['flat'] },
            ifNode('flat', 'inner', times(100), times(300)),
            { opType: 'Relu', input: ['inner'], output: ['product'] },
          ],
          times(200),
        ),
      ],
      input: [value('x', FLOAT, ['batch', 'width']), value('mode', INT64, [])],
      output: [{ name: 'y', type: { tensorType: { elemType: FLOAT } } }],
    },
  }),
).finish()

const counted = async (mode: number | null) => {
  const given = { name: 'mode', sizes: [], ...(mode !== null && { value: mode }) }
  const inputs = [{ name: 'x', sizes: [4, 10] }, given]
  return countOperations(await settledGraph(weightlessModel(nested), inputs))
}

describe('branches that stored values and shapes choose', () => {
  test('are counted, nested ones, too, with their weights', async () => {
    const found = await counted(3)
    expect(found).toMatchObject({ flops: 2 * 4 * 10 * 100, kernels: 2, notCounted: [] })
    expect(found.weightBytes).toBe(4 * 1000)
  })

  test('are others for another value', async () => {
    const found = await counted(4)
    expect(found).toMatchObject({ flops: 2 * 4 * 10 * 200, kernels: 1, notCounted: [] })
  })

  test('are not counted where the condition depends on an input, and named', async () => {
    const found = await counted(null)
    expect(found.notCounted).toEqual([{ operator: 'If', nodes: 1, unknown: 'work' }])
    expect(found.flops).toBe(0)
  })
})
