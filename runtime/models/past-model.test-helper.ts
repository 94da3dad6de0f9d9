import { type DecoderOptions, kvWidthOf } from './decoder-inputs.ts'
import { dense } from './dense.ts'
import { Graph } from './graph.ts'
import { gelu, norm } from './transformer-layers.ts'

interface Exported {
  /** of keys and values; what is computed is float32 */
  readonly cache?: 'FLOAT' | 'FLOAT16'
  /** without position_ids, positions are counted in the mask; default: it has them */
  readonly positions?: boolean
}

/**
 * The built-in decoder at fp32 with `past_key_values` and `present`, as Optimum would export it,
 * with the same weights: its answers are those of the built-in one.
 */
export function pastModel(
  options: DecoderOptions,
  { cache = 'FLOAT', positions = true }: Exported = {},
): Buffer {
  const { layers, hidden, heads, kvHeads, vocabulary, context, seed } = options
  const graph = new Graph({ name: 'exported', seed, precision: 'fp32', opset: 24 })
  const ids = graph.input('input_ids', 'INT64', ['batch_size', 'sequence_length'])
  const mask = graph.input('attention_mask', 'INT64', ['batch_size', 'total_sequence_length'])
  const counted = () => {
    const before = graph.node('CumSum', [mask, graph.int64('along', [1], [])], { exclusive: 1 })
    const all = graph.node('Shape', [mask], { start: 1, end: 2 })
    const length = graph.node('Shape', [ids], { start: 1, end: 2 })
    return graph.node('Slice', [
      before,
      graph.node('Sub', [all, length]),
      all,
      graph.int64('axis', [1]),
    ])
  }
  const place = positions
    ? graph.input('position_ids', 'INT64', ['batch_size', 'sequence_length'])
    : counted()
  // key j is before query i, or is it: [batch, 1, queries, keys]
  const total = graph.node('Shape', [mask], { start: 1, end: 2 })
  const keys = graph.node('Range', [
    graph.int64('from', [0], []),
    graph.node('Squeeze', [total, graph.int64('only', [0])]),
    graph.int64('by', [1], []),
  ])
  const causal = graph.node('LessOrEqual', [
    keys,
    graph.node('Unsqueeze', [place, graph.int64('last', [-1])]),
  ])
  const allowed = graph.node('Unsqueeze', [causal, graph.int64('heads', [1])])
  const width = kvWidthOf(options)
  const size = hidden / heads
  let x = graph.node('Add', [
    graph.node('Gather', [graph.weight('embedding', [vocabulary, hidden], 1), ids]),
    graph.node('Gather', [graph.weight('places', [context, hidden], 0.5), place]),
  ])
  const project = (x: string, name: string, inputs: number, outputs: number) =>
    dense(graph, x, { name, inputs, outputs, scale: 1 / Math.sqrt(inputs) })
  for (let i = 0; i < layers; i++) {
    const layer = `layer${i}`
    const [pastKey, pastValue] = ['key', 'value'].map((part) => {
      const shape = ['batch_size', kvHeads, 'past_sequence_length', size]
      const input = graph.input(`past_key_values.${i}.${part}`, cache, shape)
      return cache === 'FLOAT' ? input : graph.cast(input, 'FLOAT')
    })
    const normed = norm(graph, x, `${layer}.norm1`, hidden)
    const joined = project(normed, `${layer}.input`, hidden, hidden + 2 * width)
    const widths = graph.int64(`${layer}.widths`, [hidden, width, width])
    const [query, key, value] = graph.nodes('Split', [joined, widths], 3, { axis: 2 })
    const [attended, presentKey, presentValue] = graph.nodes(
      'Attention',
      [query!, key!, value!, allowed, pastKey!, pastValue!],
      3,
      { q_num_heads: heads, kv_num_heads: kvHeads },
    )
    for (const [part, present] of [
      ['key', presentKey!],
      ['value', presentValue!],
    ] as const) {
      const shape = ['batch_size', kvHeads, 'total_sequence_length', size]
      const kept = cache === 'FLOAT' ? present : graph.cast(present, cache)
      graph.output(kept, `present.${i}.${part}`, shape, cache)
    }
    x = graph.node('Add', [x, project(attended!, `${layer}.output`, hidden, hidden)])
    const up = project(norm(graph, x, `${layer}.norm2`, hidden), `${layer}.up`, hidden, 4 * hidden)
    x = graph.node('Add', [x, project(gelu(graph, up, layer), `${layer}.down`, 4 * hidden, hidden)])
  }
  const head = graph.weight('head', [hidden, vocabulary], 1 / Math.sqrt(hidden))
  const logits = graph.node('MatMul', [norm(graph, x, 'norm', hidden), head])
  graph.output(logits, 'logits', ['batch_size', 'sequence_length', vocabulary])
  return Buffer.concat(graph.encode())
}
