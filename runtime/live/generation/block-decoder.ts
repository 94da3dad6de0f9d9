import type { InferenceSession } from 'onnxruntime-node'
import type { BlockLayout } from '../../models/index.ts'
import {
  blockNames,
  detailOf,
  type GpuTensors,
  type Tensor,
  zerosOnGpu,
} from '../../models/onnx.ts'
import type { BlockTablesOptions } from './block-tables.ts'
import {
  type Answers,
  CannotRun,
  type DecodingSequence,
  type PromptChunk,
  type StepDecoder,
} from './step-decoder.ts'
import { answersOf, int32, likelyAnswers, tokenFeeds } from './step-tensors.ts'

/**
 * Steps of a decoder whose KV cache lies in blocks in the memory of a GPU, where it stays: a step
 * writes the keys and values of its tokens, and neither uploads nor returns any other.
 */
export class BlockDecoder implements StepDecoder {
  readonly #session: InferenceSession
  readonly #cache: GpuTensors
  readonly #cacheFeeds: Readonly<Record<string, Tensor>>

  private constructor(session: InferenceSession, cache: GpuTensors) {
    this.#session = session
    this.#cache = cache
    const names = Array.from({ length: cache.tensors.length / 2 }, (_, layer) =>
      Object.values(blockNames(layer)),
    ).flat()
    this.#cacheFeeds = Object.fromEntries(names.map((name, i) => [name, cache.tensors[i]!]))
  }

  /** Allocates the cache. `session`: of `buildBlockDecoder`, on webgpu. */
  static async open(
    session: InferenceSession,
    { layers, kvHeads, headSize }: BlockLayout,
    { blocks, blockTokens }: Pick<BlockTablesOptions, 'blocks' | 'blockTokens'>,
  ): Promise<BlockDecoder> {
    const cache = await zerosOnGpu([blocks, blockTokens, kvHeads, headSize], 2 * layers)
    return new BlockDecoder(session, cache)
  }

  /** One step; at least one sequence or prompt. */
  async step(
    decoding: readonly DecodingSequence[],
    prompts: readonly PromptChunk[],
  ): Promise<Answers> {
    const answers = answersOf(decoding.length, decoding.length, prompts)
    const sequences = [
      ...decoding.map(({ blocks, past }) => ({ blocks, past, count: 1 })),
      ...prompts.map(({ blocks, past, tokens }) => ({ blocks, past, count: tokens.length })),
    ]
    const ends = new Int32Array(sequences.length + 1)
    for (const [i, { count }] of sequences.entries()) ends[i + 1] = ends[i]! + count
    const longest = Math.max(...sequences.map(({ blocks }) => blocks.length))
    const table = new Int32Array(sequences.length * longest)
    for (const [i, { blocks }] of sequences.entries()) table.set(blocks, i * longest)
    const most = [
      Math.max(...sequences.map(({ count }) => count)),
      Math.max(...sequences.map(({ past, count }) => past + count)),
    ]
    const feeds = {
      ...this.#cacheFeeds,
      ...tokenFeeds(decoding, prompts, answers),
      ends: int32(ends, [ends.length]),
      past: int32(
        sequences.map(({ past }) => past),
        [sequences.length],
      ),
      blocks: int32(table, [sequences.length, longest]),
      most: int32(most, [2]),
    }
    const outputs = await this.#session.run(feeds).catch((error: unknown) => {
      throw new CannotRun(detailOf(error))
    })
    return likelyAnswers(outputs, answers)
  }

  /** Gives the memory of the cache back. */
  close(): Promise<void> {
    return this.#cache.release()
  }
}
