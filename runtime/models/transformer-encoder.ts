import type { Precision } from '../../scenarios/index.ts'
import { MAX_POSITIONS, type TransformerOptions } from './builtin-inputs.ts'
import { dense } from './dense.ts'
import { Graph } from './graph.ts'
import { gelu, norm } from './transformer-layers.ts'

/**
 * An encoder with normalisation after each sum (Vaswani et al. 2017, section 3; GELU of Hendrycks
 * and Gimpel 2016), pooled by the mean over the positions that the mask keeps. `input_ids` and
 * `attention_mask` are [batch, length] int64, `pooled` is [batch, hidden] float32.
 */
export function buildTransformer(
  options: TransformerOptions,
  precision: Precision,
): readonly Uint8Array[] {
  const graph = new Graph({ name: 'transformer-encoder', seed: options.seed, precision })
  const ids = graph.input('input_ids', 'INT64', ['batch', 'length'])
  const mask = graph.input('attention_mask', 'INT64', ['batch', 'length'])
  const kept = keptPositions(graph, mask)
  const bias = maskBias(graph, precision === 'fp16' ? graph.cast(kept, 'FLOAT16') : kept)
  let x = embedding(graph, ids, kept, options)
  for (let i = 0; i < options.layers; i++) {
    const layer = `layer${i}`
    const attended = attention(graph, x, bias, layer, options)
    x = norm(graph, graph.node('Add', [x, attended]), `${layer}.norm1`, options.hidden)
    const fed = feedForward(graph, x, layer, options.hidden)
    x = norm(graph, graph.node('Add', [x, fed]), `${layer}.norm2`, options.hidden)
  }
  if (precision === 'fp16') x = graph.cast(x, 'FLOAT')
  graph.output(meanPool(graph, x, kept), 'pooled', ['batch', options.hidden])
  return graph.encode()
}

/**
 * The mask as float32, by a table: WebGPU reads int64 only as indices, and would move a Cast, or
 * the Shape that positions are often cut by, to the cpu.
 */
function keptPositions(graph: Graph, mask: string): string {
  return graph.node('Gather', [graph.floats('kept', [2], Float32Array.of(0, 1), 'FLOAT'), mask])
}

/** Added to attention scores: 0 where the mask is 1, otherwise it removes the position. */
function maskBias(graph: Graph, mask: string): string {
  const masked = graph.node('Sub', [graph.scalar('one', 1), mask])
  // float16 ends at 65504, and exp(-10^4) is 0 in float32, too
  const bias = graph.node('Mul', [masked, graph.scalar('maskedScore', -10_000)])
  return graph.node('Unsqueeze', [bias, graph.int64('maskAxes', [1, 2])])
}

/** Token and position vectors. Positions count the kept tokens; the last one repeats. */
function embedding(
  graph: Graph,
  ids: string,
  kept: string,
  { hidden, vocabulary }: TransformerOptions,
): string {
  const tokens = graph.weight('embedding', [vocabulary, hidden], 1)
  const positions = graph.weight('positions', [MAX_POSITIONS, hidden], 1)
  const before = graph.node('CumSum', [kept, graph.int64('positionAxis', [1], [])], {
    exclusive: 1,
  })
  const last = graph.floats('positionLast', [], Float32Array.of(MAX_POSITIONS - 1), 'FLOAT')
  const position = graph.cast(graph.node('Min', [before, last]), 'INT32')
  const placed = graph.node('Gather', [positions, position])
  return graph.node('Add', [graph.node('Gather', [tokens, ids]), placed])
}

function attention(
  graph: Graph,
  x: string,
  bias: string,
  layer: string,
  { hidden, heads }: TransformerOptions,
): string {
  const project = (name: string, input: string) =>
    dense(graph, input, {
      name: `${layer}.${name}`,
      inputs: hidden,
      outputs: hidden,
      scale: 1 / Math.sqrt(hidden),
    })
  const split = graph.int64(`${layer}.split`, [0, 0, heads, hidden / heads])
  const byHead = (name: string, perm: readonly number[]) =>
    graph.node('Transpose', [graph.node('Reshape', [project(name, x), split])], { perm })
  const query = byHead('query', [0, 2, 1, 3])
  const key = byHead('key', [0, 2, 3, 1])
  const value = byHead('value', [0, 2, 1, 3])
  const scale = graph.scalar(`${layer}.scale`, 1 / Math.sqrt(hidden / heads))
  const scores = graph.node('Mul', [graph.node('MatMul', [query, key]), scale])
  const shares = graph.node('Softmax', [graph.node('Add', [scores, bias])], { axis: -1 })
  const mixed = graph.node('Transpose', [graph.node('MatMul', [shares, value])], {
    perm: [0, 2, 1, 3],
  })
  const joined = graph.int64(`${layer}.join`, [0, 0, hidden])
  return project('output', graph.node('Reshape', [mixed, joined]))
}

function feedForward(graph: Graph, x: string, layer: string, hidden: number): string {
  const up = { inputs: hidden, outputs: 4 * hidden, scale: 1 / Math.sqrt(hidden) }
  const down = { inputs: 4 * hidden, outputs: hidden, scale: 1 / Math.sqrt(4 * hidden) }
  const inner = gelu(graph, dense(graph, x, { name: `${layer}.up`, ...up }), layer)
  return dense(graph, inner, { name: `${layer}.down`, ...down })
}

/** Mean over kept positions of float32 [batch, length, hidden]; 0 if none is kept. */
function meanPool(graph: Graph, x: string, kept: string): string {
  const axis = graph.int64('poolAxis', [1])
  const weights = graph.node('Unsqueeze', [kept, graph.int64('poolUnsqueeze', [2])])
  const weighted = graph.node('Mul', [x, weights])
  const sum = graph.node('ReduceSum', [weighted, axis], { keepdims: 0 })
  const count = graph.node('ReduceSum', [kept, axis], { keepdims: 1 })
  const least = graph.floats('poolLeast', [1], Float32Array.of(1), 'FLOAT')
  return graph.node('Div', [sum, graph.node('Max', [count, least])])
}
