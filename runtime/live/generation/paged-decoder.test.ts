import { describe, expect, test } from 'vitest'
import { Random } from '../../../sim/kernel/index.ts'
import { type DecoderOptions, kvWidthOf } from '../../models/decoder-inputs.ts'
import { InferenceSession } from '../../models/onnx-runtime.ts'
import { buildDecoder } from '../../models/transformer-decoder.ts'
import { openWholeDecoder } from '../../models/whole-decoder.ts'
import { PagedDecoder } from './paged-decoder.ts'

const SIZES: DecoderOptions = {
  ...{ layers: 3, hidden: 64, heads: 4, kvHeads: 2, vocabulary: 512, context: 512, seed: 7 },
}
const BLOCK_TOKENS = 16
const BLOCKS = 256

const below = (random: Random, end: number) => Math.floor(end * random.uniform())

interface Sequence {
  readonly prompt: readonly number[]
  readonly answers: number
  /** prompt and answers so far */
  tokens: number[]
  /** tokens in the cache */
  past: number
  /** tokens to compute before it decodes (again) */
  missing: number
  blocks: number[]
}

/** Free blocks, in no order, so that a sequence has blocks from all over the cache. */
class FreeBlocks {
  readonly #random: Random
  readonly #free = Array.from({ length: BLOCKS }, (_, i) => i)

  constructor(random: Random) {
    this.#random = random
  }

  take(): number {
    const at = below(this.#random, this.#free.length)
    return this.#free.splice(at, 1)[0]!
  }

  release(blocks: readonly number[]): void {
    this.#free.push(...blocks)
  }
}

async function openPaged(precision: 'fp32' | 'int8'): Promise<PagedDecoder> {
  const session = await InferenceSession.create(Buffer.concat(buildDecoder(SIZES, precision)), {
    intraOpNumThreads: 1,
    enableMemPattern: false,
  })
  const shape = { layers: SIZES.layers, width: kvWidthOf(SIZES) }
  return new PagedDecoder(session, { ...shape, blocks: BLOCKS, blockTokens: BLOCK_TOKENS })
}

/**
 * Serves sequences in steps that are composed by chance: chunks of several prompts, any sequences
 * that decode, and now and then one that loses its blocks and is computed anew.
 */
async function served(precision: 'fp32' | 'int8', count: number, seed: string) {
  const random = new Random(seed)
  const decoder = await openPaged(precision)
  const free = new FreeBlocks(random)
  const sequences = Array.from({ length: count }, (): Sequence => {
    const prompt = Array.from({ length: 1 + below(random, 90) }, () => below(random, 512))
    const answers = 1 + below(random, 40)
    return { prompt, answers, tokens: [...prompt], past: 0, missing: prompt.length, blocks: [] }
  })
  const hold = (sequence: Sequence, tokens: number) => {
    while (sequence.blocks.length * BLOCK_TOKENS < tokens) sequence.blocks.push(free.take())
  }
  const isDone = ({ prompt, answers, tokens }: Sequence) => tokens.length >= prompt.length + answers
  let [steps, preempted, severalPrompts] = [0, 0, 0]
  for (;;) {
    const left = sequences.filter((sequence) => !isDone(sequence))
    if (left.length === 0) break
    const some = left.filter(() => random.uniform() < 0.6).slice(0, 8)
    const decoding = some.filter(({ missing }) => missing === 0)
    const prompted = some.filter(({ missing }) => missing > 0).slice(0, 3)
    if (decoding.length + prompted.length === 0) continue
    const chunks = prompted.map((sequence) => {
      const size = 1 + below(random, sequence.missing)
      hold(sequence, sequence.past + size)
      const tokens = sequence.tokens.slice(sequence.past, sequence.past + size)
      return {
        blocks: sequence.blocks,
        past: sequence.past,
        tokens,
        last: size === sequence.missing,
      }
    })
    for (const sequence of decoding) hold(sequence, sequence.past + 1)
    const answers = await decoder.step(
      decoding.map(({ blocks, past, tokens }) => ({ blocks, past, token: tokens.at(-1)! })),
      chunks,
    )
    steps++
    if (chunks.length > 1) severalPrompts++
    const next = [...answers.tokens]
    for (const sequence of decoding) {
      sequence.past++
      sequence.tokens.push(next.shift()!)
    }
    for (const [i, sequence] of prompted.entries()) {
      sequence.past += chunks[i]!.tokens.length
      sequence.missing -= chunks[i]!.tokens.length
      if (sequence.missing === 0) sequence.tokens.push(next.shift()!)
    }
    expect(next).toEqual([])
    for (const sequence of sequences) {
      const preempts = sequence.past > 0 && !isDone(sequence) && random.uniform() < 0.02
      if (preempts) preempted++
      if (!preempts && !isDone(sequence)) continue
      free.release(sequence.blocks.splice(0))
      sequence.past = 0
      sequence.missing = sequence.tokens.length
    }
  }
  return { sequences, steps, preempted, severalPrompts }
}

describe('steps over a paged cache give the tokens of a whole recomputation', () => {
  test.each(['fp32', 'int8'] as const)('%s', { timeout: 120_000 }, async (precision) => {
    const { sequences, steps, preempted, severalPrompts } = await served(precision, 40, 'steps')
    expect(steps).toBeGreaterThan(100)
    expect(preempted).toBeGreaterThan(10)
    expect(severalPrompts).toBeGreaterThan(10)
    const whole = await openWholeDecoder(SIZES, precision)
    let [total, different] = [0, 0]
    for (const { prompt, tokens } of sequences) {
      const wanted = await whole.run(tokens)
      for (let i = prompt.length; i < tokens.length; i++) {
        total++
        const { token, margin } = wanted[i - 1]!
        if (token === tokens[i]) continue
        different++
        expect(margin).toBeLessThan(1e-4)
      }
    }
    expect(total).toBeGreaterThan(500)
    expect(different / total).toBeLessThan(0.01)
    expect(new Set(sequences.flatMap(({ tokens }) => tokens)).size).toBeGreaterThan(100)
  })

  test('and not where a block is another one', { timeout: 60_000 }, async () => {
    const decoder = await openPaged('fp32')
    const prompt = Array.from({ length: 40 }, (_, i) => (7 * i) % 512)
    const blocks = [3, 9, 4]
    await decoder.step([], [{ blocks, past: 0, tokens: prompt.slice(0, 39), last: false }])
    const answer = async (of: readonly number[]) => {
      const token = prompt.at(-1)!
      return (await decoder.step([{ blocks: of, past: 39, token }], [])).tokens[0]
    }
    const right = await answer(blocks)
    const whole = await openWholeDecoder(SIZES, 'fp32')
    expect(right).toBe((await whole.run(prompt)).at(-1)!.token)
    const wrong: (number | undefined)[] = []
    for (const of of [
      [9, 3, 4],
      [3, 10, 4],
      [5, 9, 4],
    ])
      wrong.push(await answer(of))
    expect(wrong.some((token) => token !== right)).toBe(true)
  })

  test('sequences that begin alike share blocks', { timeout: 60_000 }, async () => {
    const decoder = await openPaged('fp32')
    const common = Array.from({ length: 32 }, (_, i) => (11 * i + 3) % 512)
    const prompts = [1, 2].map((k) => [...common, k, 5 * k, 9])
    await decoder.step([], [{ blocks: [8, 2], past: 0, tokens: common, last: false }])
    const whole = await openWholeDecoder(SIZES, 'fp32')
    const chunks = prompts.map((tokens, i) => {
      return { blocks: [8, 2, 20 + i], past: 32, tokens: tokens.slice(32), last: true }
    })
    const { tokens } = await decoder.step([], chunks)
    for (const [i, prompt] of prompts.entries()) {
      expect(tokens[i]).toBe((await whole.run(prompt)).at(-1)!.token)
    }
  })
})
