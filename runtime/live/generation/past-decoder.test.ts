import { describe, expect, test } from 'vitest'
import { Random } from '../../../sim/kernel/index.ts'
import { findDecoder } from '../../models/decoder-file.ts'
import type { DecoderOptions, PastLayout } from '../../models/decoder-inputs.ts'
import { readGraph } from '../../models/onnx-graph.ts'
import { InferenceSession } from '../../models/onnx-runtime.ts'
import { pastModel } from '../../models/past-model.test-helper.ts'
import { openWholeDecoder } from '../../models/whole-decoder.ts'
import { PastDecoder, warmUpPast } from './past-decoder.ts'
import { CannotRun } from './step-decoder.ts'

const SIZES: DecoderOptions = {
  ...{ layers: 3, hidden: 64, heads: 4, kvHeads: 2, vocabulary: 512, context: 256, seed: 7 },
}

const below = (random: Random, end: number) => Math.floor(end * random.uniform())

async function open(of: Parameters<typeof pastModel>[1] = {}) {
  const bytes = pastModel(SIZES, of)
  const layout = findDecoder(readGraph(bytes)!)!.layout as PastLayout
  const session = await InferenceSession.create(bytes, {
    intraOpNumThreads: 1,
    enableMemPattern: false,
  })
  return { layout, decoder: new PastDecoder(session, layout) }
}

/** Tokens of a sequence with a prompt of so many. */
const promptOf = (random: Random, length: number) =>
  Array.from({ length }, () => below(random, SIZES.vocabulary))

describe.each([
  ['float32', {}],
  ['float16', { cache: 'FLOAT16' }],
  ['without position_ids', { positions: false }],
] as const)('a cache for each sequence: %s', (_, exported) => {
  test('steps have the tokens of the built-in decoder, computed whole', {
    timeout: 120_000,
  }, async () => {
    const random = new Random('past')
    const { decoder } = await open(exported)
    const sequences = Array.from({ length: 20 }, (_, sequence) => {
      const prompt = promptOf(random, 1 + below(random, 80))
      const answers = 1 + below(random, 30)
      return { sequence, prompt, answers, tokens: [...prompt], past: 0, missing: prompt.length }
    })
    let [steps, preempted] = [0, 0]
    const isDone = ({ prompt, answers, tokens }: (typeof sequences)[number]) =>
      tokens.length === prompt.length + answers
    for (;;) {
      const left = sequences.filter((sequence) => !isDone(sequence))
      if (left.length === 0) break
      const some = left.filter(() => random.uniform() < 0.6).slice(0, 8)
      const decoding = some.filter(({ missing }) => missing === 0)
      const prompted = some.filter(({ missing }) => missing > 0)
      if (some.length === 0) continue
      const sizes = prompted.map(({ missing }) => 1 + below(random, missing))
      const { tokens, margins } = await decoder.step(
        decoding.map(({ sequence, past, tokens }) => {
          return { sequence, blocks: [], past, token: tokens.at(-1)! }
        }),
        prompted.map(({ sequence, past, tokens, missing }, i) => ({
          ...{ sequence, blocks: [], past, last: sizes[i] === missing },
          tokens: tokens.slice(past, past + sizes[i]!),
        })),
      )
      steps++
      for (const [i, sequence] of prompted.entries()) {
        sequence.past += sizes[i]!
        sequence.missing -= sizes[i]!
      }
      for (const sequence of decoding) sequence.past++
      const answering = [...decoding, ...prompted.filter(({ missing }) => missing === 0)]
      expect([tokens.length, margins.length]).toEqual([answering.length, answering.length])
      for (const [i, sequence] of answering.entries()) sequence.tokens.push(tokens[i]!)
      for (const sequence of sequences) {
        if (isDone(sequence)) decoder.leave(sequence.sequence)
        else if (sequence.past > 0 && random.uniform() < 0.02) {
          decoder.leave(sequence.sequence)
          preempted++
          Object.assign(sequence, { past: 0, missing: sequence.tokens.length })
        }
      }
    }
    expect(steps).toBeGreaterThan(50)
    expect(preempted).toBeGreaterThan(3)
    const whole = await openWholeDecoder(SIZES, 'fp32')
    const wanted = []
    for (const { tokens } of sequences) wanted.push(await whole.run(tokens))
    let [total, near] = [0, 0]
    for (const [n, { prompt, tokens }] of sequences.entries()) {
      for (let i = prompt.length; i < tokens.length; i++) {
        total++
        const { token, margin } = wanted[n]![i - 1]!
        if (token === tokens[i]) continue
        near++
        // keys and values of float16 are rounded
        expect(margin).toBeLessThan('cache' in exported ? 2e-2 : 1e-4)
      }
    }
    expect(total).toBeGreaterThan(200)
    expect(near / total).toBeLessThan(0.02)
  })
})

test('a sequence that is done computes its last token again, with the same answer', async () => {
  const { decoder } = await open()
  const prompt = promptOf(new Random('again'), 30)
  const of = { sequence: 4, blocks: [] }
  await decoder.step([], [{ ...of, past: 0, tokens: prompt, last: true }])
  const step = async (past: number, token: number) => {
    const { tokens, margins } = await decoder.step([{ ...of, past, token }], [])
    return [tokens[0], margins[0]]
  }
  const answer = await step(30, 11)
  for (let i = 0; i < 3; i++) expect(await step(30, 11)).toEqual(answer)
  expect(await step(30, 12)).not.toEqual(answer)
})

test('a sequence without its cache is an error, and a wrong step is refused as the model', async () => {
  const { decoder, layout } = await open()
  const of = { sequence: 1, blocks: [] }
  const decode = (past: number, token: number) => decoder.step([{ ...of, past, token }], [])
  await expect(decode(5, 1)).rejects.toThrow('Expected 5 tokens of sequence 1 in its cache')
  await decoder.step([], [{ ...of, past: 0, tokens: [1, 2, 3], last: false }])
  await expect(decode(3, SIZES.vocabulary)).rejects.toThrow(CannotRun)
  decoder.leave(1)
  await expect(decode(3, 1)).rejects.toThrow('Expected 3 tokens')
  const options = { sequences: 2, context: 100, promptTokens: 32, vocabulary: 512, layout }
  const cache = { blocks: 20, blockTokens: 16, prefixCache: false }
  await warmUpPast(decoder, layout, { ...options, cache })
  await expect(decoder.step([{ ...of, sequence: 0, past: 1, token: 0 }], [])).rejects.toThrow()
})
