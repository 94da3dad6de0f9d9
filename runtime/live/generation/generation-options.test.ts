import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { GenerationPlan } from '../../../sim/serving/index.ts'
import { generatingSystem } from '../../../test/random-generation.ts'
import {
  CONTINUOUS,
  planOf,
  requestsOf,
  type SmallSystem,
  serve,
} from '../../../test/small-system.ts'
import { mostPromptTokens } from './generation-options.ts'

/** Tokens of prompts in the largest step of a simulation, and what its plan allows. */
function stepsOf(system: SmallSystem): { largest: number; allowed: number } {
  const { inputTokens, outputTokens } = system.requests.columns
  const longest = Math.max(...inputTokens.map((tokens, key) => tokens + outputTokens[key]! - 1))
  let largest = 0
  serve(system, {
    observe: () => ({
      stepped: (_, { promptTokens }) => {
        largest = Math.max(largest, promptTokens)
      },
    }),
  })
  return { largest, allowed: mostPromptTokens(system.plan.pools[0]!.generation!, longest) }
}

test.each(['continuous', 'static'] as const)(
  'no step of a random system has more: %s',
  (policy) => {
    fc.assert(
      fc.property(generatingSystem({ policy }), (system) => {
        const { largest, allowed } = stepsOf(system)
        expect(allowed).toBeLessThan(Number.POSITIVE_INFINITY)
        expect(largest).toBeLessThanOrEqual(allowed)
      }),
      { numRuns: 300 },
    )
  },
)

describe('a step has as many of eight prompts of 50 tokens', () => {
  const kv = { blocks: 30, blockTokens: 16, watermark: 0, contiguous: false, prefixCache: false }
  const base = { ...CONTINUOUS, maxSequences: 6, tokenBudget: 120, kv } as const
  const whole = { ...base, chunked: false } as const
  const all = { ...whole, policy: 'static', tokenBudget: Number.POSITIVE_INFINITY } as const
  const few = { ...kv, blocks: 10, blockTokens: 10 }

  test.each<readonly [string, GenerationPlan, number]>([
    ['as its budget has, in chunks', base, 120],
    ['as it has slots, all at once', all, 300],
    ['as its cache has room for', { ...all, kv: few }, 100],
    [
      'as its cache has room for, each in one block',
      { ...all, kv: { ...few, blocks: 3, blockTokens: 50, contiguous: true } },
      150,
    ],
    ['as one, where its budget is shorter', { ...whole, tokenBudget: 40 }, 50],
  ])('%s', (_, generation, tokens) => {
    const each = Array.from({ length: 8 }, () => 0)
    const lengths = { lengths: each.map(() => 50), outputs: each.map(() => 1) }
    const system: SmallSystem = {
      plan: planOf([{ generation }]),
      requests: requestsOf(each, lengths),
      work: [
        {
          law: 'generation',
          ...{ base_ms: 1, per_sequence_ms: 0, per_prefill_token_ms: 0, per_context_token_ms: 0 },
        },
      ],
    }
    expect(stepsOf(system)).toEqual({ largest: tokens, allowed: tokens })
  })
})
