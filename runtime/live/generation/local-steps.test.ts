import { expect, test } from 'vitest'
import { warmUp } from './local-steps.ts'
import type { DecodingSequence, PromptChunk } from './step-decoder.ts'

interface Step {
  readonly decodes: number
  /** tokens of each */
  readonly prompts: readonly number[]
  /** the most that one of them has after the step, and blocks that it may have */
  readonly longest: number
  readonly blocks: number
}

/** The steps of the warm-up of three sequences of 100 tokens at most, in 16 blocks of 16. */
async function warmed(promptTokens: number): Promise<Step[]> {
  const steps: Step[] = []
  const step = async (decoding: readonly DecodingSequence[], chunks: readonly PromptChunk[]) => {
    const all = [
      ...decoding.map(({ past, blocks }) => ({ tokens: past + 1, blocks })),
      ...chunks.map(({ past, tokens, blocks }) => ({ tokens: past + tokens.length, blocks })),
    ]
    steps.push({
      decodes: decoding.length,
      prompts: chunks.map(({ tokens }) => tokens.length),
      longest: Math.max(...all.map(({ tokens }) => tokens)),
      blocks: Math.max(...all.map(({ blocks }) => blocks.length)),
    })
    return { tokens: new Int32Array(0), margins: new Float32Array(0) }
  }
  const cache = { layers: 1, width: 1, blocks: 16, blockTokens: 16, prefixCache: false }
  await warmUp({ step }, { cache, sequences: 3, context: 100, promptTokens, vocabulary: 1024 })
  return steps
}

test.each([
  ['of static batches, all prompts at once', 250, [100, 100, 50]],
  ['with a chunk', 30, [30]],
])('the first step is the largest: %s', async (_, promptTokens, prompts) => {
  const [first, ...others] = await warmed(promptTokens)
  expect(first).toEqual({ decodes: 3, prompts, longest: 100, blocks: 7 })
  for (const { decodes, longest } of others) {
    expect(decodes).toBeLessThanOrEqual(3)
    expect(longest).toBeLessThanOrEqual(100)
  }
  // prompts alone, and each number of sequences that decode alone
  expect(others.some((step) => step.decodes === 0 && step.prompts.length > 0)).toBe(true)
  for (const count of [1, 2, 3]) {
    expect(others.some(({ decodes, prompts: own }) => decodes === count && own.length === 0)).toBe(
      true,
    )
  }
})
