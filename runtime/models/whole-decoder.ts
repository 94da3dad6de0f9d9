import { type DecoderOptions, kvWidthOf } from './decoder-inputs.ts'
import { dense, denseByRow } from './dense.ts'
import { Graph } from './graph.ts'
import type { LikelyToken } from './likeliest.ts'
import { InferenceSession, Tensor } from './onnx-runtime.ts'
import { gelu, norm } from './transformer-layers.ts'

/**
 * The same decoder over whole sequences, with plain operators and no cache: `ids` int32 [tokens],
 * `bias` float32 [tokens, tokens], which is added to attention scores. `tokens` and `scores` are
 * the two likeliest answers to each token.
 */
function wholeDecoder(options: DecoderOptions, precision: 'fp32' | 'int8'): Uint8Array {
  const { layers, hidden, heads, kvHeads, vocabulary, context, seed } = options
  const graph = new Graph({ name: 'whole-decoder', seed, precision, opset: 24 })
  const ids = graph.input('ids', 'INT32', ['tokens'])
  const positions = graph.input('positions', 'INT32', ['tokens'])
  const bias = graph.input('bias', 'FLOAT', ['tokens', 'tokens'])
  const project = (x: string, name: string, inputs: number, outputs: number) => {
    const of = { name, inputs, outputs, scale: 1 / Math.sqrt(inputs) }
    return precision === 'int8' ? denseByRow(graph, x, of) : dense(graph, x, of)
  }
  const size = hidden / heads
  const width = kvWidthOf(options)
  let x = graph.node('Add', [
    graph.node('Gather', [graph.weight('embedding', [vocabulary, hidden], 1), ids]),
    graph.node('Gather', [graph.weight('places', [context, hidden], 0.5), positions]),
  ])
  for (let i = 0; i < layers; i++) {
    const layer = `layer${i}`
    const shape = (name: string, sizes: readonly number[]) => graph.int64(`${layer}.${name}`, sizes)
    const joined = project(
      norm(graph, x, `${layer}.norm1`, hidden),
      `${layer}.input`,
      hidden,
      hidden + 2 * width,
    )
    const widths = shape('widths', [hidden, width, width])
    const [query, key, value] = graph.nodes('Split', [joined, widths], 3, { axis: 1 })
    const byHead = shape('byHead', [-1, heads, size])
    const few = shape('few', [-1, kvHeads, 1, size])
    const each = shape('each', [1, 1, heads / kvHeads, 1])
    const repeated = (of: string) =>
      graph.node('Reshape', [
        graph.node('Expand', [graph.node('Reshape', [of, few]), each]),
        byHead,
      ])
    const transposed = (of: string, perm: readonly number[]) =>
      graph.node('Transpose', [of], { perm })
    const q = transposed(graph.node('Reshape', [query!, byHead]), [1, 0, 2])
    const k = transposed(repeated(key!), [1, 2, 0])
    const v = transposed(repeated(value!), [1, 0, 2])
    const scale = graph.scalar(`${layer}.scale`, 1 / Math.sqrt(size))
    const scores = graph.node('Mul', [graph.node('MatMul', [q, k]), scale])
    const shares = graph.node('Softmax', [graph.node('Add', [scores, bias])], { axis: -1 })
    const mixed = transposed(graph.node('MatMul', [shares, v]), [1, 0, 2])
    const attended = graph.node('Reshape', [mixed, shape('join', [-1, hidden])])
    x = graph.node('Add', [x, project(attended, `${layer}.output`, hidden, hidden)])
    const up = project(norm(graph, x, `${layer}.norm2`, hidden), `${layer}.up`, hidden, 4 * hidden)
    x = graph.node('Add', [x, project(gelu(graph, up, layer), `${layer}.down`, 4 * hidden, hidden)])
  }
  const head = graph.weight('head', [hidden, vocabulary], 1 / Math.sqrt(hidden))
  const logits = graph.node('MatMul', [norm(graph, x, 'norm', hidden), head])
  const [scores, tokens] = graph.nodes('TopK', [logits, graph.int64('two', [2])], 2)
  graph.output(scores!, 'scores', ['tokens', 2])
  graph.output(tokens!, 'tokens', ['tokens', 2], 'INT64')
  return Buffer.concat(graph.encode())
}

/** The likeliest answer to each token of a sequence, and by how much it is above the next one. */
export interface WholeDecoder {
  run(ids: readonly number[]): Promise<readonly LikelyToken[]>
  close(): Promise<void>
}

export async function openWholeDecoder(
  options: DecoderOptions,
  precision: 'fp32' | 'int8',
): Promise<WholeDecoder> {
  const session = await InferenceSession.create(wholeDecoder(options, precision), {
    intraOpNumThreads: 1,
  })
  const run = async (ids: readonly number[]) => {
    const n = ids.length
    const bias = new Float32Array(n * n)
    for (let i = 0; i < n; i++) bias.fill(-1e9, i * n + i + 1, (i + 1) * n)
    const outputs = await session.run({
      ids: new Tensor('int32', Int32Array.from(ids), [n]),
      positions: new Tensor('int32', Int32Array.from(ids.keys()), [n]),
      bias: new Tensor('float32', bias, [n, n]),
    })
    const tokens = outputs.tokens!.data as BigInt64Array
    const scores = outputs.scores!.data as Float32Array
    return ids.map((_, i) => {
      return { token: Number(tokens[2 * i]!), margin: scores[2 * i]! - scores[2 * i + 1]! }
    })
  }
  return { run, close: () => session.release() }
}
