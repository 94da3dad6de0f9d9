import onnxProto from 'onnx-proto'
import { describe, expect, test } from 'vitest'
import { readGraph } from './onnx-graph.ts'
import { passingOn, withExternalData } from './user-model.test-helper.ts'

const { onnx } = onnxProto

const encoded = (graph: object, opsets: object[] = [{ domain: '', version: 17 }]) =>
  onnx.ModelProto.encode(onnx.ModelProto.fromObject({ opsetImport: opsets, graph })).finish()
const tensor = (name: string, ...dims: number[]) => ({ name, dims, dataType: 1 })
const external = (location: string) => ({
  ...tensor('w', 2),
  dataLocation: 1,
  externalData: [{ key: 'location', value: location }],
})

describe('the graph of an ONNX file', () => {
  test('has types as scenarios name them, and names of free dimensions', () => {
    const graph = readGraph(
      passingOn([
        { name: 'a', type: 'FLOAT', shape: ['batch', 3, ''] },
        { name: 'b', type: 'DOUBLE', shape: [] },
        { name: 'c', type: 'BOOL', shape: [1] },
        { name: 'd', type: 'STRING', shape: [1] },
      ]),
    )!
    expect(graph.inputs).toEqual([
      { name: 'a', type: 'float32', shape: ['batch', 3, null], rows: null },
      { name: 'b', type: 'float64', shape: [], rows: null },
      { name: 'c', type: 'bool', shape: [1], rows: null },
      { name: 'd', type: 'string', shape: [1], rows: null },
    ])
    expect(graph.outputs[0]).toEqual({ name: 'a_out', type: 'float32', shape: ['batch', 3, null] })
  })

  test('may state no shape, or an input that is no tensor', () => {
    const node = [{ opType: 'Identity', input: ['a'], output: ['y'] }]
    const input = [
      { name: 'a', type: { tensorType: { elemType: 1 } } },
      { name: 's', type: { sequenceType: { elemType: { tensorType: { elemType: 1 } } } } },
    ]
    expect(readGraph(encoded({ node, input }))!.inputs).toEqual([
      { name: 'a', type: 'float32', shape: null, rows: null },
      { name: 's', type: null, shape: null, rows: null },
    ])
  })

  test('counts the elements of initializers and constants, in nested graphs, too', () => {
    const inner = { node: [], initializer: [tensor('c', 5)] }
    const node = [
      { opType: 'Constant', output: ['k'], attribute: [{ name: 'value', t: tensor('', 2, 3) }] },
      { opType: 'If', input: ['x'], attribute: [{ name: 'then_branch', g: inner }] },
    ]
    const { parameters } = readGraph(
      encoded({ node, initializer: [tensor('w', 10, 10), tensor('s')] }),
    )!
    expect(parameters).toBe(100 + 1 + 6 + 5)
  })

  test('names files with weights once each, in nested graphs, too', () => {
    const inner = { node: [], initializer: [external('b.bin')] }
    const node = [{ opType: 'If', attribute: [{ name: 'then_branch', g: inner }] }]
    const graph = { node, initializer: [external('c.bin'), external('b.bin')] }
    expect(readGraph(encoded(graph))!.externalFiles).toEqual(['b.bin', 'c.bin'])
    expect(readGraph(withExternalData('m.onnx_data'))!.externalFiles).toEqual(['m.onnx_data'])
  })

  test('shows how many rows indices may name, also behind a cast', () => {
    const int = { type: { tensorType: { elemType: 7, shape: {} } } }
    const lookup = (indices: string) => ({
      opType: 'Gather',
      input: ['table', indices],
      output: ['y'],
    })
    const cast = (from: string, to: string) => ({ opType: 'Cast', input: [from], output: [to] })
    const rows = (...node: object[]) =>
      readGraph(
        encoded({
          node,
          input: [{ name: 'ids', ...int }],
          initializer: [tensor('table', 30_522, 8)],
        }),
      )!.inputs[0]!.rows
    expect(rows(lookup('ids'))).toBe(30_522)
    expect(rows(cast('ids', 'whole'), lookup('whole'))).toBe(30_522)
    expect(rows(lookup('others'))).toBe(null)
    // no valid graph has a loop
    expect(rows(cast('ids', 'a'), cast('a', 'ids'))).toBe(null)
  })

  test('leaves out inputs that have a stored value, as early versions list them', () => {
    const input = ['x', 'w'].map((name) => ({ name, type: { tensorType: { elemType: 1 } } }))
    const node = [{ opType: 'Add', input: ['x', 'w'], output: ['y'] }]
    const { inputs } = readGraph(encoded({ node, input, initializer: [tensor('w', 1)] }))!
    expect(inputs.map(({ name }) => name)).toEqual(['x'])
  })

  test('is null for other bytes', () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from('text'), encoded({ node: [] })]) {
      expect(readGraph(bytes)).toBe(null)
    }
  })
})
