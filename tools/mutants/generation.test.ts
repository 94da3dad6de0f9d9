import { describe, expect, test } from 'vitest'
import { ANY_CLASS } from '../../sim/serving/index.ts'
import { CONTINUOUS, planOf, requestsOf, serve } from '../../test/small-system.ts'
import { GENERATION_MUTANTS, runMutated, TRUE_SIMULATOR } from './index.ts'

interface Prompt {
  readonly at: number
  readonly prompt: number
  readonly answer?: number
}

interface Engine {
  readonly maxSequences?: number
  readonly tokenBudget?: number
  readonly blocks?: number
  readonly watermark?: number
  readonly sharedPrefixTokens?: number
}

/** When answers are done, of an engine whose steps take 1 ms and 0.1 ms for each prompt token. */
function done(name: string, prompts: readonly Prompt[], engine: Engine = {}): number[] {
  const { maxSequences = 8, tokenBudget = 100, sharedPrefixTokens = 0 } = engine
  const { blocks = 100, watermark = 0 } = engine
  const prefixCache = sharedPrefixTokens > 0
  const kv = { blocks, blockTokens: 10, watermark, contiguous: false, prefixCache }
  const system = {
    plan: planOf([{ generation: { ...CONTINUOUS, maxSequences, tokenBudget, kv } }], {
      classes: [{ ...ANY_CLASS, sharedPrefixTokens }],
    }),
    requests: requestsOf(
      prompts.map(({ at }) => at),
      {
        lengths: prompts.map(({ prompt }) => prompt),
        outputs: prompts.map(({ answer = 1 }) => answer),
      },
    ),
    work: [
      {
        law: 'generation' as const,
        base_ms: 1,
        per_sequence_ms: 0,
        per_prefill_token_ms: 0.1,
        per_context_token_ms: 0,
      },
    ],
  }
  const mutant = [TRUE_SIMULATOR, ...GENERATION_MUTANTS].find((each) => each.name === name)!
  const nothing = { work: [], shapes: [], observed: null, others: [] }
  const { rows } = runMutated(mutant, nothing, () => serve(system, { audited: name === 'none' }))
  return Array.from(rows.columns.done, (at) => Math.round(1000 * at) / 1000)
}

/** The true times, the times with a fault, and again the true ones: the fault is undone. */
const around = (name: string, ...of: readonly [readonly Prompt[], Engine?]) =>
  ['none', name, 'none'].map((each) => done(each, ...of))

describe('a mutant of generation has the fault in its name', () => {
  test('admission order: the newest gets a slot first', () => {
    const prompts = [0, 0.5, 1].map((at) => ({ at, prompt: 10 }))
    const [before, wrong, after] = around('admission order', prompts, { maxSequences: 1 })
    expect(before).toEqual([2, 4, 6])
    expect(wrong).toEqual([2, 6, 4])
    expect(after).toEqual(before)
  })

  test('no watermark: two prompts get the blocks of which one is to stay free', () => {
    const running = { at: 0, prompt: 10, answer: 5 }
    const prompts = [running, ...[0.5, 0.5].map((at) => ({ at, prompt: 10 }))]
    const [before, wrong, after] = around('no watermark', prompts, { blocks: 4, watermark: 0.25 })
    // the running one takes a block, so that three are left, and one of them for its growth
    expect(before!.slice(1)).toEqual([4, 6])
    expect(wrong!.slice(1)).toEqual([5, 5])
    expect(after).toEqual(before)
  })

  test('chunks halved: a prompt takes two steps', () => {
    const [before, wrong, after] = around('chunks halved', [{ at: 0, prompt: 100 }])
    expect([before, wrong, after]).toEqual([[11], [12], [11]])
  })

  test('preempted last: a new request does not wait behind the preempted one', () => {
    const long = { at: 0, prompt: 9, answer: 12 }
    const prompts = [long, long, { at: 8, prompt: 5, answer: 2 }]
    const [before, wrong, after] = around('preempted last', prompts, { blocks: 3 })
    // both long ones grow by a block at once, of which there is one: the second is preempted
    expect(before![2]).toBeGreaterThan(before![0]!)
    expect(wrong![2]).toBeLessThan(before![0]!)
    expect(after).toEqual(before)
  })

  test('block rounding: two sequences of two blocks fit into two blocks', () => {
    const prompts = [
      { at: 0, prompt: 15, answer: 3 },
      { at: 0.5, prompt: 15 },
    ]
    const [before, wrong, after] = around('block rounding', prompts, { blocks: 2 })
    expect([before, wrong, after]).toEqual([
      [4.5, 7],
      [6, 5],
      [4.5, 7],
    ])
  })

  test('prefix hash: a prompt does not find the beginning that it shares', () => {
    const prompts = [0, 100].map((at) => ({ at, prompt: 25 }))
    const [before, wrong, after] = around('prefix hash', prompts, { sharedPrefixTokens: 20 })
    expect(before).toEqual([3.5, 101.5])
    expect(wrong).toEqual([3.5, 103.5])
    expect(after).toEqual(before)
  })
})
