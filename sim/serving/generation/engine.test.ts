import { describe, expect, test } from 'vitest'
import { planOf, requestsOf, serve } from '../../../test/small-system.ts'
import type { Ms, TokenGapRun } from '../index.ts'
import { ANY_CLASS } from '../plan.ts'
import { type GenerationPlan, STATIC_BATCHES } from './generation-plan.ts'

const UNLIMITED = {
  blocks: Number.POSITIVE_INFINITY,
  blockTokens: 16,
  watermark: 0,
  contiguous: false,
  prefixCache: false,
}

const CONTINUOUS: GenerationPlan = {
  policy: 'continuous',
  maxSequences: 8,
  tokenBudget: 100,
  chunked: true,
  first: 'decode',
  kv: UNLIMITED,
  swapMsPerToken: null,
  preemptsByPriority: false,
  handOver: null,
}

const STEP_OF_ONE = {
  law: 'generation' as const,
  base_ms: 1,
  per_sequence_ms: 0,
  per_prefill_token_ms: 0.1,
  per_context_token_ms: 0,
}

const BY_LEVEL = { discipline: 'priority', ageingMs: Number.POSITIVE_INFINITY } as const

interface Request {
  readonly at: Ms
  readonly prompt: number
  readonly answer: number
  /** 1 where it is not said */
  readonly priority?: number
}

/** Times of first tokens and of ends, and the gaps between tokens, on one engine. */
function generate(
  requests: readonly Request[],
  plan: Partial<GenerationPlan> = {},
  work: Partial<typeof STEP_OF_ONE> = {},
) {
  const gaps: Ms[] = []
  const { rows } = serve(
    {
      plan: planOf([{ generation: { ...CONTINUOUS, ...plan }, order: BY_LEVEL }], {
        classes: [1, 2].map((priority) => ({ ...ANY_CLASS, priority })),
      }),
      requests: requestsOf(
        requests.map(({ at }) => at),
        {
          lengths: requests.map(({ prompt }) => prompt),
          outputs: requests.map(({ answer }) => answer),
          classes: requests.map(({ priority = 1 }) => priority - 1),
        },
      ),
      work: [{ ...STEP_OF_ONE, ...work }],
    },
    {
      observe: () => ({
        gaps(_now, { fromMs, toMs, steps, sequences }: TokenGapRun) {
          for (let i = 0; i < steps * sequences; i++) gaps.push((fromMs + toMs) / 2)
        },
      }),
    },
  )
  const { firstToken, done, preemptions } = rows.columns
  return { first: Array.from(firstToken), done: Array.from(done), gaps, preemptions }
}

const alone = { at: 0, prompt: 10, answer: 3 }
const second = { at: 2.5, prompt: 10, answer: 2 }

describe('an engine', () => {
  test('emits the first token with the prompt, then one with each step', () => {
    expect(generate([alone])).toMatchObject({ first: [2], done: [4], gaps: [1, 1] })
  })

  test('admits an arriving request at the next step, which is longer by its prompt', () => {
    // steps end at 2, 3 and, with the prompt of the second, at 5
    expect(generate([alone, second])).toMatchObject({ first: [2, 5], done: [5, 6] })
    expect(generate([alone, second]).gaps).toEqual([1, 2, 1])
  })

  test('computes prompts first if so configured, while answers pause', () => {
    const plan = { first: 'prefill', chunked: false } as const
    const result = generate([alone, second], plan)
    expect(result).toMatchObject({ first: [2, 5], done: [6, 6] })
    expect(result.gaps).toEqual([1, 3, 1])
  })

  // vLLM 0, `_schedule_default`: no decodes where prefills are scheduled
  test('without chunks no answer goes on beside a prompt, though both fit in the budget', () => {
    const plan = { first: 'prefill', chunked: false, tokenBudget: 8192 } as const
    const prompts = [2, 3, 4].map((at) => ({ at, prompt: 240, answer: 1 }))
    const answering = { at: 0, prompt: 10, answer: 4 }
    // tokens at 2 and 3 ms; a prompt until 3 + 25, the two others until 28 + 49, and two tokens
    const wholePrompts = generate([answering, ...prompts], plan)
    expect(wholePrompts.first[0]).toBe(2)
    for (const [i, gap] of [1, 75, 1].entries()) expect(wholePrompts.gaps[i]).toBeCloseTo(gap, 9)
    // with chunks it goes on beside each of them
    const chunks = generate([answering, ...prompts], { ...plan, chunked: true })
    for (const [i, gap] of [1, 25, 49].entries()) expect(chunks.gaps[i]).toBeCloseTo(gap, 9)
  })

  test('computes a prompt in chunks that fit in the remaining budget', () => {
    // a budget of 5: parts of 5 and 5; with one that decodes 4, 4 and 2
    const result = generate([alone, second], { tokenBudget: 5, maxSequences: 5 })
    expect(result.first[0]).toBeCloseTo(3, 12)
    // steps from 3 on: 1.4 with the second's part, and again, then what is left of it alone
    expect(result.done[0]).toBeCloseTo(3 + 1.4 + 1.4, 12)
    expect(result.first[1]).toBeCloseTo(5.8 + 1.2, 12)
  })

  test('with static batches admits no request before the longest answer is done', () => {
    const result = generate([alone, { at: 0, prompt: 4, answer: 1 }, second], {
      policy: 'static',
      ...STATIC_BATCHES,
    })
    // the first went at once, alone; then two, padded to ten tokens each
    expect(result.done[0]).toBe(4)
    expect(result.first.slice(1)).toEqual([7, 7])
    expect(result.done.slice(1)).toEqual([8, 8])
  })

  test('preempts the last sequence admitted when blocks run out, and recomputes it', () => {
    // 16 blocks of a token; prompts of 6 and 6, answers of 5: both grow until 8 and 8
    const requests = [0, 0].map((at) => ({ at, prompt: 6, answer: 6 }))
    const { done, gaps, preemptions } = generate(requests, {
      kv: { ...UNLIMITED, blocks: 16, blockTokens: 1 },
    })
    // the first went alone with 1.6 ms; with the second's prompt 3.2, then steps of 1
    expect(done[0]).toBeCloseTo(1.6 + 1.6 + 4, 12)
    expect(Array.from(preemptions)).toEqual([0, 1])
    expect(gaps).toHaveLength(10)
    // its tokens so far are computed with its prompt: at 7.2 there is room for them
    expect(done[1]).toBeGreaterThan(done[0]!)
  })

  // 16 blocks of a token; two prompts of 6 grow until 8 and 8, and the second loses its place
  const kv = { ...UNLIMITED, blocks: 16, blockTokens: 1 }
  const two = [0, 0].map((at) => ({ at, prompt: 6, answer: 6, priority: 2 }))

  test.each([
    { priority: 1, order: [0, 2, 1] },
    { priority: 2, order: [0, 1, 2] },
  ])('gives a lost place back before all but a higher level: $priority', ({ priority, order }) => {
    const newcomer = { at: 4, prompt: 9, answer: 1, priority }
    const { done, preemptions } = generate([...two, newcomer], { kv })
    expect(Array.from(preemptions)).toEqual([0, 1, 0])
    expect([0, 1, 2].sort((a, b) => done[a]! - done[b]!)).toEqual(order)
  })

  test('admits nothing in a step for which a sequence was preempted', () => {
    // at 4.2 the second is thrown out; the third, which came at 4 and would fit, goes in at 5.2
    const third = { at: 4, prompt: 1, answer: 1, priority: 1 }
    const { done, first, preemptions } = generate([...two, third], { kv })
    expect(Array.from(preemptions)).toEqual([0, 1, 0])
    expect(first[2]).toBeCloseTo(5.2 + 1.1, 12)
    expect(done[0]).toBeCloseTo(5.2 + 1.1 + 1, 12)
  })

  test('swaps no partly computed prompt, but recomputes it', () => {
    const growing = { at: 0, prompt: 4, answer: 9 }
    const plan = { kv, tokenBudget: 2, swapMsPerToken: 100 }
    // two prompt steps; of the second's prompt one token a step, until it is thrown out after four
    const { done, preemptions } = generate([growing, { at: 0, prompt: 8, answer: 1 }], plan)
    expect(Array.from(preemptions)).toEqual([0, 1])
    expect(done[0]).toBeCloseTo(2 * 1.2 + 4 * 1.1 + 4, 12)
    // all eight tokens again, two a step
    expect(done[1]).toBeCloseTo(done[0]! + 4 * 1.2, 12)
  })

  test('static batches compute prompts padded, but read unpadded caches, of the done too', () => {
    const [long, short] = [
      { at: 0, prompt: 10, answer: 4 },
      { at: 0, prompt: 4, answer: 2 },
    ]
    const plan = { policy: 'static', ...STATIC_BATCHES } as const
    const { done } = generate([{ at: 0, prompt: 1, answer: 1 }, long, short], plan, {
      per_context_token_ms: 0.1,
    })
    // a batch of one goes first; then a prompt of 2 x 10 tokens, and 14, 16 and 18 in the caches
    expect(done[1]! - done[0]!).toBeCloseTo(3 + 2.4 + 2.6 + 2.8, 12)
    expect(done[2]).toBe(done[1])
  })
})
