import type { InferenceSession } from 'onnxruntime-node'
import { cacheNames, detailOf, Tensor } from '../../models/onnx.ts'
import { type Answers, CannotRun, type DecodingSequence, type PromptChunk } from './step-decoder.ts'
import { answersOf, int32, likelyAnswers, sumOf, tokenFeeds } from './step-tensors.ts'

/** The KV cache of a decoder, whose inputs `buildDecoder` describes. */
export interface CacheShape {
  readonly layers: number
  /** values of a token in the keys of a layer */
  readonly width: number
  readonly blocks: number
  readonly blockTokens: number
}

const NO_TOKEN = [0] as const

/**
 * Steps of a decoder whose KV cache lies in blocks in this thread. A step reads the cache, and the
 * keys and values of its tokens are written into their blocks before it ends. Blocks must be there
 * for all tokens of a sequence.
 */
export class PagedDecoder {
  readonly #session: InferenceSession
  readonly #shape: CacheShape
  /** [2 · layers] keys and values by layers, each [row, width] */
  readonly #caches: readonly Float32Array[]
  readonly #cacheFeeds: Readonly<Record<string, Tensor>>
  /** a block that no sequence has, for parts of a step that are absent */
  readonly #spare: readonly number[]

  constructor(session: InferenceSession, shape: CacheShape) {
    const { layers, width, blocks, blockTokens } = shape
    const rows = (blocks + 1) * blockTokens
    this.#session = session
    this.#shape = shape
    this.#spare = [blocks]
    this.#caches = Array.from({ length: 2 * layers }, () => new Float32Array(rows * width))
    const feeds: Record<string, Tensor> = {}
    for (let layer = 0; layer < layers; layer++) {
      const { key, value } = cacheNames(layer)
      feeds[key] = new Tensor('float32', this.#caches[2 * layer]!, [rows, width])
      feeds[value] = new Tensor('float32', this.#caches[2 * layer + 1]!, [rows, width])
    }
    this.#cacheFeeds = feeds
  }

  /** One step; at least one sequence or prompt. */
  async step(
    decoding: readonly DecodingSequence[],
    prompts: readonly PromptChunk[],
  ): Promise<Answers> {
    const absent = { blocks: this.#spare, past: 0 }
    const decodes = decoding.length > 0 ? decoding : [{ ...absent, token: 0 }]
    const chunks = prompts.length > 0 ? prompts : [{ ...absent, tokens: NO_TOKEN, last: false }]
    const answers = answersOf(decoding.length, decodes.length, prompts)
    const feeds = {
      ...this.#cacheFeeds,
      ...tokenFeeds(decodes, chunks, answers),
      ...this.#decodeFeeds(decodes),
      ...this.#promptFeeds(chunks, decodes.length),
    }
    const outputs = await this.#session.run(feeds).catch((error: unknown) => {
      throw new CannotRun(detailOf(error))
    })
    this.#write(outputs.new_rows!.data as Float32Array, decodes, chunks)
    return likelyAnswers(outputs, answers)
  }

  #decodeFeeds(decodes: readonly DecodingSequence[]): Record<string, Tensor> {
    const { blockTokens } = this.#shape
    const longest = Math.max(...decodes.map(({ past }) => past + 1))
    const width = Math.ceil(longest / blockTokens) * blockTokens
    const index = new Int32Array(decodes.length * width)
    for (const [i, { blocks, past }] of decodes.entries()) {
      // what is beyond its tokens is not looked at
      this.#rows(index.subarray(i * width, i * width + past + 1), blocks)
    }
    const of = (value: (sequence: DecodingSequence) => number) =>
      int64(decodes.map((sequence) => value(sequence)))
    return {
      decode_index: int32(index, [decodes.length, width]),
      decode_past: of(({ past }) => past),
      decode_length: of(({ past }) => past + 1),
    }
  }

  /** A token attends to what its own prompt has in the cache, and to its tokens up to itself. */
  #promptFeeds(chunks: readonly PromptChunk[], decodes: number): Record<string, Tensor> {
    const past = sumOf(chunks, (chunk) => chunk.past)
    const count = sumOf(chunks, ({ tokens }) => tokens.length)
    const index = new Int32Array(past)
    const mask = new Uint8Array(count * (past + count))
    let pastFrom = 0
    let from = 0
    for (const { blocks, past: own, tokens } of chunks) {
      this.#rows(index.subarray(pastFrom, pastFrom + own), blocks)
      for (let i = from; i < from + tokens.length; i++) {
        const row = i * (past + count)
        mask.fill(1, row + pastFrom, row + pastFrom + own)
        mask.fill(1, row + past + from, row + past + i + 1)
      }
      pastFrom += own
      from += tokens.length
    }
    return {
      parts: int64([decodes, count]),
      prompt_index: int32(index, [past]),
      prompt_mask: new Tensor('bool', mask, [count, past + count]),
    }
  }

  /** Rows of the cache of a sequence's first tokens. */
  #rows(into: Int32Array, blocks: ArrayLike<number>): void {
    for (let i = 0; i < into.length; i++) into[i] = this.#row(blocks, i)
  }

  #row(blocks: ArrayLike<number>, token: number): number {
    const { blockTokens } = this.#shape
    return blocks[Math.floor(token / blockTokens)]! * blockTokens + (token % blockTokens)
  }

  #write(
    fresh: Float32Array,
    decodes: readonly DecodingSequence[],
    chunks: readonly PromptChunk[],
  ): void {
    let n = 0
    for (const { blocks, past } of decodes) this.#writeToken(fresh, n++, this.#row(blocks, past))
    for (const { blocks, past, tokens } of chunks) {
      for (let i = 0; i < tokens.length; i++) {
        this.#writeToken(fresh, n++, this.#row(blocks, past + i))
      }
    }
  }

  #writeToken(fresh: Float32Array, token: number, row: number): void {
    const { width } = this.#shape
    let from = token * this.#caches.length * width
    for (const cache of this.#caches) {
      cache.set(fresh.subarray(from, from + width), row * width)
      from += width
    }
  }
}

const int64 = (values: readonly number[]) =>
  new Tensor('int64', BigInt64Array.from(values.map(BigInt)), [values.length])
