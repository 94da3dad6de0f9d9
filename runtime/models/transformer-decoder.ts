import type { Precision } from '../../scenarios/index.ts'
import { cacheNames, type DecoderOptions, kvWidthOf } from './decoder-inputs.ts'
import { dense, denseByRow } from './dense.ts'
import { Graph } from './graph.ts'
import { gelu, norm } from './transformer-layers.ts'

/**
 * One step of a decoder with normalisation before each sum (Xiong et al. 2020) over a paged KV
 * cache. Of N tokens the first D belong to sequences that decode, one each, and the other C to
 * prompts. The part that is absent has one token, whose results are ignored.
 *
 * - `ids`, `positions`: int32 [N]; `parts`: int64 [2], D and C
 * - `key0`, `value0`, …: float32 [rows, kv heads · head size], the cache, which stays as it is
 * - `decode_index`: int32 [D, T], rows of the cache of each sequence, one more than it has tokens,
 *   padded; `decode_past`, `decode_length`: int64 [D], tokens before this one, and with it
 * - `prompt_index`: int32 [P], rows of what prompts have in the cache, one prompt after another;
 *   `prompt_mask`: bool [C, P + C], which of these and of the C tokens each token attends to
 * - `answers`: int32 [R], tokens that are followed by an answer
 *
 * `tokens` (int64 [R, 2]) and `scores` (float32 [R, 2]) are the two likeliest answers; `new_rows`
 * (float32 [N, 2 · layers · kv heads · head size]) is what the cache lacks, by layers, keys first.
 */
export function buildDecoder(
  options: DecoderOptions,
  precision: Exclude<Precision, 'fp16'>,
): readonly Uint8Array[] {
  const { layers, seed } = options
  const graph = new Graph({ name: 'transformer-decoder', seed, precision, opset: 24 })
  const step = stepInputs(graph)
  const caches = Array.from({ length: layers }, (_, i) => cacheInputs(graph, i, kvWidthOf(options)))
  const fresh: string[] = []
  const x = hiddenStates(graph, options, step, (x, layer, i) => {
    const attended = attention(graph, x, { layer, options, step, cache: caches[i]! })
    fresh.push(...attended.fresh)
    return attended.output
  })
  const width = 2 * layers * kvWidthOf(options)
  graph.output(graph.node('Concat', fresh, { axis: 1 }), 'new_rows', ['tokens', width])
  likeliestTwo(graph, options, graph.node('Gather', [x, step.answers]))
  return graph.encode()
}

/**
 * [tokens, hidden] after all layers. `attend`: what each token of [tokens, hidden] attends to in
 * layer `i`, by weights that begin with `layer`.
 */
export function hiddenStates(
  graph: Graph,
  options: DecoderOptions,
  { ids, positions }: { readonly ids: string; readonly positions: string },
  attend: (x: string, layer: string, i: number) => string,
): string {
  const { layers, hidden, vocabulary, context } = options
  const embedded = graph.node('Gather', [graph.weight('embedding', [vocabulary, hidden], 1), ids])
  const placed = graph.node('Gather', [graph.weight('places', [context, hidden], 0.5), positions])
  let x = graph.node('Add', [embedded, placed])
  for (let i = 0; i < layers; i++) {
    const layer = `layer${i}`
    const of = { layer, options }
    x = graph.node('Add', [x, attend(norm(graph, x, `${layer}.norm1`, hidden), layer, i)])
    x = graph.node('Add', [x, feedForward(graph, norm(graph, x, `${layer}.norm2`, hidden), of)])
  }
  return x
}

/** The outputs `scores` and `tokens`, from the hidden states of the tokens before answers. */
export function likeliestTwo(graph: Graph, options: DecoderOptions, x: string): void {
  const { hidden, vocabulary } = options
  const last = norm(graph, x, 'norm', hidden)
  const head = graph.weight('head', [hidden, vocabulary], 1 / Math.sqrt(hidden))
  const two = graph.int64('two', [2])
  const [scores, tokens] = graph.nodes('TopK', [graph.node('MatMul', [last, head]), two], 2)
  const floats = graph.precision === 'fp16' ? graph.cast(scores!, 'FLOAT') : scores!
  graph.output(floats, 'scores', ['answers', 2])
  graph.output(tokens!, 'tokens', ['answers', 2], 'INT64')
}

type StepInputs = ReturnType<typeof stepInputs>

function stepInputs(graph: Graph) {
  return {
    ids: graph.input('ids', 'INT32', ['tokens']),
    positions: graph.input('positions', 'INT32', ['tokens']),
    parts: graph.input('parts', 'INT64', [2]),
    decodeIndex: graph.input('decode_index', 'INT32', ['decodes', 'longest']),
    decodePast: graph.input('decode_past', 'INT64', ['decodes']),
    decodeLength: graph.input('decode_length', 'INT64', ['decodes']),
    promptIndex: graph.input('prompt_index', 'INT32', ['prompt_past']),
    promptMask: graph.input('prompt_mask', 'BOOL', ['prompt_tokens', 'prompt_all']),
    answers: graph.input('answers', 'INT32', ['answers']),
    first: graph.int64('first', [0]),
    second: graph.int64('second', [1]),
  }
}

interface CacheInputs {
  readonly key: string
  readonly value: string
}

function cacheInputs(graph: Graph, layer: number, width: number): CacheInputs {
  const { key, value } = cacheNames(layer)
  const shape = ['rows', width]
  return { key: graph.input(key, 'FLOAT', shape), value: graph.input(value, 'FLOAT', shape) }
}

interface LayerOf {
  readonly layer: string
  readonly options: DecoderOptions
}

interface AttentionOf extends LayerOf {
  readonly step: StepInputs
  readonly cache: CacheInputs
}

/** What each token attends to in its sequence, and its own keys and values. */
function attention(
  graph: Graph,
  x: string,
  { layer, options, step, cache }: AttentionOf,
): { readonly output: string; readonly fresh: readonly [string, string] } {
  const { hidden, heads, kvHeads } = options
  const width = kvWidthOf(options)
  const joined = projected(graph, x, `${layer}.input`, [hidden, hidden + 2 * width])
  const widths = graph.int64(`${layer}.widths`, [hidden, width, width])
  const [query, key, value] = graph.nodes('Split', [joined, widths], 3, { axis: 1 })
  const inParts = (of: string) => graph.nodes('Split', [of, step.parts], 2, { axis: 0 })
  const [queries, keys, values] = [query!, key!, value!].map(inParts)
  const byHeads = { q_num_heads: heads, kv_num_heads: kvHeads }
  const one = (of: string) => graph.node('Unsqueeze', [of, step.second])
  const written = (rows: string, fresh: string) =>
    graph.node(
      'TensorScatter',
      [graph.node('Gather', [rows, step.decodeIndex]), one(fresh), step.decodePast],
      {
        axis: 1,
      },
    )
  const decoded = graph.node(
    'Attention',
    [
      ...[one(queries![0]!), written(cache.key, keys![0]!), written(cache.value, values![0]!)],
      ...['', '', '', step.decodeLength],
    ],
    byHeads,
  )
  const all = (of: string) => graph.node('Unsqueeze', [of, step.first])
  const behind = (rows: string, fresh: string) =>
    all(graph.node('Concat', [graph.node('Gather', [rows, step.promptIndex]), fresh], { axis: 0 }))
  const prompted = graph.node(
    'Attention',
    [
      ...[all(queries![1]!), behind(cache.key, keys![1]!), behind(cache.value, values![1]!)],
      step.promptMask,
    ],
    byHeads,
  )
  const both = graph.node(
    'Concat',
    [graph.node('Squeeze', [decoded, step.second]), graph.node('Squeeze', [prompted, step.first])],
    { axis: 0 },
  )
  return {
    output: projected(graph, both, `${layer}.output`, [hidden, hidden]),
    fresh: [key!, value!],
  }
}

function feedForward(graph: Graph, x: string, { layer, options: { hidden } }: LayerOf): string {
  const inner = gelu(graph, projected(graph, x, `${layer}.up`, [hidden, 4 * hidden]), layer)
  return projected(graph, inner, `${layer}.down`, [4 * hidden, hidden])
}

/** Of int8 weights, the levels of a token do not depend on the others of its step. */
export function projected(
  graph: Graph,
  x: string,
  name: string,
  [inputs, outputs]: readonly [number, number],
): string {
  const of = { name, inputs, outputs, scale: 1 / Math.sqrt(inputs) }
  return graph.precision === 'int8' ? denseByRow(graph, x, of) : dense(graph, x, of)
}
