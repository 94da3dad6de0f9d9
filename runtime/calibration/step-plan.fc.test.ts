import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Failure } from '../../scenarios/index.ts'
import { Random } from '../../sim/kernel/index.ts'
import { rowsOf, type StepAmounts } from '../../sim/world/index.ts'
import { BlockTables } from '../live/generation/block-tables.ts'
import { SequenceRunner } from '../live/generation/sequence-runner.ts'
import {
  fewestBlocks,
  type PlannedSteps,
  planSteps,
  type StepLimits,
  slowStepsText,
  stepLevels,
  stepRound,
} from './step-plan.ts'

type Parts = ConstructorParameters<typeof SequenceRunner>[0]

/** A decoder that computes nothing, and notes what it would. */
class IdleDecoder {
  readonly steps: StepAmounts[] = []

  async step(...[decoding, prompts]: Parameters<Parts['decoder']['step']>) {
    const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)
    this.steps.push({
      decodes: decoding.length,
      longest: Math.max(0, ...decoding.map(({ past }) => past + 1)),
      prompts: prompts.length,
      promptTokens: sum(prompts.map(({ tokens }) => tokens.length)),
      promptPast: sum(prompts.map(({ past }) => past)),
    })
    const answers = decoding.length + prompts.length
    return { tokens: new Int32Array(answers), margins: new Float32Array(answers) }
  }
}

/** What an executor computes that follows a round; it throws where its blocks run out. */
async function followed(round: readonly PlannedSteps[], limits: StepLimits) {
  const decoder = new IdleDecoder()
  const runner = new SequenceRunner({
    decoder,
    tables: () => new BlockTables({ ...limits, prefixCache: false }),
    ended: () => 0,
  })
  for (const { order } of round) await runner.run(order, () => false)
  return decoder.steps
}

const reachable = ({ context, blocks, blockTokens }: StepLimits) =>
  Math.min(context, blocks * blockTokens)

const anyLimits = fc.record({
  sequences: fc.integer({ min: 1, max: 80 }),
  context: fc.integer({ min: 1, max: 600 }),
  promptTokens: fc.integer({ min: 1, max: 300 }),
  blocks: fc.integer({ min: 1, max: 150 }),
  blockTokens: fc.constantFrom(1, 4, 16, 64),
  vocabulary: fc.constant(100),
})

test('a round fits into its blocks, and reaches the longest context that a sequence can have', async () => {
  await fc.assert(
    fc.asyncProperty(anyLimits, async (limits) => {
      fc.pre(reachable(limits) >= 2)
      const round = stepRound(limits, new Random('round'))
      const steps = await followed(round, limits)
      expect(steps).toEqual(round.flatMap((planned) => planned.steps))
      expect(Math.max(...steps.map(({ longest }) => longest))).toBe(reachable(limits))
      expect(steps.every(({ decodes }) => decodes <= limits.sequences)).toBe(true)
      expect(steps.every(({ promptTokens }) => promptTokens <= limits.promptTokens)).toBe(true)
    }),
    { numRuns: 150 },
  )
})

test('levels are what a round measures, and some have all sequences that the blocks have room for', () => {
  fc.assert(
    fc.property(anyLimits, (limits) => {
      fc.pre(reachable(limits) >= 2)
      const steps = stepRound(limits, new Random('round')).flatMap((planned) => planned.steps)
      const levels = stepLevels(limits)
      const each = Math.ceil(2 / limits.blockTokens)
      const room = Math.min(limits.sequences, Math.max(1, Math.floor((limits.blocks - 1) / each)))
      expect(Math.max(...levels.map(({ sequences }) => sequences))).toBe(room)
      for (const { sequences, context } of levels) {
        const own = steps.filter(({ decodes }) => decodes === sequences)
        expect(Math.max(...own.map(({ longest }) => longest))).toBeGreaterThanOrEqual(
          Math.min(context, 2),
        )
      }
    }),
    { numRuns: 150 },
  )
})

test('with fewer blocks than sequences, long contexts are measured with few of them', () => {
  const limits: StepLimits = {
    ...{ sequences: 64, context: 2048, promptTokens: 512, vocabulary: 100 },
    ...{ blocks: 60, blockTokens: 16 },
  }
  expect(stepLevels(limits)).toEqual([
    { sequences: 59, context: 16 },
    { sequences: 19, context: 48 },
    { sequences: 6, context: 144 },
    { sequences: 2, context: 384 },
    { sequences: 1, context: 960 },
  ])
})

describe('a slow executor', () => {
  const limits: StepLimits = {
    ...{ sequences: 64, context: 2048, promptTokens: 512, vocabulary: 100 },
    ...{ blocks: 4000, blockTokens: 16 },
  }
  const tokensOf = (of: StepLimits) =>
    stepRound(of, new Random('round'))
      .flatMap(({ steps }) => steps)
      .reduce((sum, step) => sum + rowsOf(step, 'together'), 0)
  // a token takes 1 ms
  const leastMs = tokensOf(fewestBlocks(limits))

  test.each([1e9, 60_000, 20_000])('measures what takes %d ms', (budgetMs) => {
    const planned = planSteps(limits, { leastMs, budgetMs })
    const ms = tokensOf(planned.limits)
    expect(ms).toBeLessThanOrEqual(budgetMs)
    expect(ms).toBeGreaterThan(Math.min(tokensOf(limits), budgetMs) / 4)
    expect(planned.allMs).toBeCloseTo(tokensOf(limits), 6)
    // one sequence still has the longest context
    expect(stepLevels(planned.limits).at(-1)!.context).toBe(2048)
  })

  test('measures the fewest steps at least', () => {
    expect(planSteps(limits, { leastMs, budgetMs: 1 }).limits).toEqual(fewestBlocks(limits))
  })

  test('says what it measures', () => {
    const { limits: planned } = planSteps(limits, { leastMs, budgetMs: 20_000 })
    expect(slowStepsText('m', planned, 99.5)).toMatch(
      /^m: too slow for its time: steps are measured of up to \d+ of \d+, .* of 2048 tokens .* --seconds 100$/,
    )
  })
})

test.each([
  { blocks: 1, blockTokens: 1 },
  { context: 1 },
  { sequences: 0 },
  { promptTokens: 0 },
  { blocks: 0 },
])('%o is refused', (part) => {
  const limits: StepLimits = {
    ...{ sequences: 6, context: 256, promptTokens: 40, vocabulary: 100 },
    ...{ blocks: 100, blockTokens: 16 },
    ...part,
  }
  expect(() => stepRound(limits, new Random('round'))).toThrow(Failure)
})
