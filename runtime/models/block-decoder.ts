import { blockNames, type DecoderOptions, kvWidthOf } from './decoder-inputs.ts'
import { Graph } from './graph.ts'
import { hiddenStates, likeliestTwo, projected } from './transformer-decoder.ts'

/**
 * One step of the same decoder at fp16, over a KV cache in blocks. `PagedAttention` of ONNX Runtime
 * runs on GPUs only. It takes sequences of any number of tokens, and writes their keys and values
 * into their blocks. Of S sequences with N tokens:
 *
 * - `ids`, `positions`: int32 [N], of one sequence after another
 * - `ends`: int32 [S + 1], 0, and where the tokens of each sequence end
 * - `past`: int32 [S], tokens that each has in the cache
 * - `blocks`: int32 [S, B], its blocks, padded
 * - `most`: int32 [2], bounds of the tokens of a sequence in the step, and of those with its past
 * - `key_blocks0`, `value_blocks0`, …: float16 [blocks, tokens of a block, kv heads, head size],
 *   the cache, in which the rows of the N tokens are written
 * - `answers`: int32 [R], tokens that are followed by an answer
 *
 * `tokens` (int64 [R, 2]) and `scores` (float32 [R, 2]) are the two likeliest answers. The size of
 * a head must be a multiple of 4, and the tokens of a block a power of two, 16 or more.
 */
export function buildBlockDecoder(options: DecoderOptions): readonly Uint8Array[] {
  const { layers, hidden, heads, kvHeads, seed } = options
  const graph = new Graph({ name: 'block-decoder', seed, precision: 'fp16' })
  const ids = graph.input('ids', 'INT32', ['tokens'])
  const positions = graph.input('positions', 'INT32', ['tokens'])
  const ends = graph.input('ends', 'INT32', ['ends'])
  const past = graph.input('past', 'INT32', ['sequences'])
  const blocks = graph.input('blocks', 'INT32', ['sequences', 'longest'])
  const most = graph.input('most', 'INT32', [2])
  const answers = graph.input('answers', 'INT32', ['answers'])
  const shape = ['cache_blocks', 'block_tokens', kvHeads, hidden / heads]
  const caches = Array.from({ length: layers }, (_, i) => {
    const { key, value } = blockNames(i)
    return [graph.input(key, 'FLOAT16', shape), graph.input(value, 'FLOAT16', shape)]
  })
  const width = kvWidthOf(options)
  const x = hiddenStates(graph, options, { ids, positions }, (x, layer, i) => {
    const joined = projected(graph, x, `${layer}.input`, [hidden, hidden + 2 * width])
    const attended = graph.contribNode(
      'PagedAttention',
      // queries, keys and values are in one; neither rotation, nor slots, nor scales
      [joined, '', '', ...caches[i]!, ends, past, blocks, ...Array<string>(8).fill(''), most],
      { num_heads: heads, kv_num_heads: kvHeads },
    )
    return projected(graph, attended, `${layer}.output`, [hidden, hidden])
  })
  likeliestTwo(graph, options, graph.node('Gather', [x, answers]))
  return graph.encode()
}
