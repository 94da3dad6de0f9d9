import { type DecoderOptions, type DecoderPrecision, kvWidthOf } from './decoder-inputs.ts'
import { dense, denseByRow } from './dense.ts'
import { Graph } from './graph.ts'
import type { LikelyToken } from './likeliest.ts'
import { InferenceSession, Tensor } from './onnx-runtime.ts'
import { gelu, norm } from './transformer-layers.ts'

/**
 * The same decoder over whole sequences, with plain operators and no cache: `ids` int32 [tokens],
 * `bias` float32 [tokens, tokens], which is added to attention scores. `tokens` and `scores` are
 * the two likeliest answers to each token, and `next_scores` float32 [tokens, 1] is the score of
 * `next` int32 [tokens, 1]. At fp16 the weights are those, and sums are of float32.
 */
function wholeDecoder(options: DecoderOptions, of: DecoderPrecision): Uint8Array {
  const { layers, hidden, heads, kvHeads, vocabulary, context, seed } = options
  const rounded = of === 'fp16'
  const precision = rounded ? 'fp32' : of
  const graph = new Graph({ name: 'whole-decoder', seed, precision, opset: 24, rounded })
  const ids = graph.input('ids', 'INT32', ['tokens'])
  const positions = graph.input('positions', 'INT32', ['tokens'])
  const bias = graph.input('bias', 'FLOAT', ['tokens', 'tokens'])
  const next = graph.input('next', 'INT32', ['tokens', 1])
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
  const nextScores = graph.node('GatherElements', [logits, next], { axis: 1 })
  graph.output(nextScores, 'next_scores', ['tokens', 1])
  return Buffer.concat(graph.encode())
}

/** The likeliest answer to a token of a sequence. */
export interface WholeAnswer extends LikelyToken {
  /** by how much the score of the token of `next` is below its own */
  readonly behind: number
}

/** The likeliest answer to each token of a sequence, and by how much it is above the next one. */
export interface WholeDecoder {
  /** `next`: a token to compare with each likeliest answer; default: token 0 */
  run(ids: readonly number[], next?: readonly number[]): Promise<readonly WholeAnswer[]>
  close(): Promise<void>
}

/**
 * By how much less likely than in a whole recomputation an answer may be at most. Sums of floats
 * depend on what is computed together.
 *
 * At float16 a rounding is off by 2^-11 at most, and a sum of n terms that is rounded n times by
 * 2^-11 · sqrt(n / 6) of its spread. A layer has three sums of `hidden` terms and one of four times
 * as many, and scores have one: 8 · `hidden` terms, if what layers add has one spread. Attention
 * sums up to `context` terms, and scales what it has as often; the residual stream has two
 * roundings a layer. Scores have a spread of 1, the difference of two of them is off by sqrt(2)
 * times as much, and 6 times that does not happen by chance.
 */
export function leastMargin(
  { layers, hidden, context }: DecoderOptions,
  precision: DecoderPrecision,
): number {
  if (precision !== 'fp16') return LEAST_MARGIN
  return 6 * Math.SQRT2 * 2 ** -11 * Math.sqrt((8 * hidden + 2 * context) / 6 + 2 * layers)
}

/** Of scores, at float32 and int8. */
export const LEAST_MARGIN = 1e-3

export async function openWholeDecoder(
  options: DecoderOptions,
  precision: DecoderPrecision,
): Promise<WholeDecoder> {
  const session = await InferenceSession.create(wholeDecoder(options, precision), {
    intraOpNumThreads: 1,
  })
  const run: WholeDecoder['run'] = async (ids, next = []) => {
    const n = ids.length
    const bias = new Float32Array(n * n)
    for (let i = 0; i < n; i++) bias.fill(-1e9, i * n + i + 1, (i + 1) * n)
    const outputs = await session.run({
      ids: new Tensor('int32', Int32Array.from(ids), [n]),
      positions: new Tensor('int32', Int32Array.from(ids.keys()), [n]),
      bias: new Tensor('float32', bias, [n, n]),
      next: new Tensor(
        'int32',
        Int32Array.from({ length: n }, (_, i) => next[i] ?? 0),
        [n, 1],
      ),
    })
    const tokens = outputs.tokens!.data as BigInt64Array
    const scores = outputs.scores!.data as Float32Array
    const nextScores = outputs.next_scores!.data as Float32Array
    return ids.map((_, i) => {
      const best = scores[2 * i]!
      const margin = best - scores[2 * i + 1]!
      return { token: Number(tokens[2 * i]!), margin, behind: best - nextScores[i]! }
    })
  }
  return { run, close: () => session.release() }
}
