import { afterAll, expect, test } from 'vitest'
import { Random } from '../../sim/kernel/index.ts'
import { enginesOf, smallDecoder } from '../../test/small-decoder.ts'
import { CONTINUOUS, planOf } from '../../test/small-system.ts'
import { Fleet } from '../live/fleet.ts'
import { runRound, timedSteps } from './calibrate-steps.ts'
import { fitSteps, type TimedStep } from './step-fit.ts'
import { stepRound } from './step-plan.ts'

const KV = { blocks: 100, blockTokens: 16, prefixCache: false } as const
const LIMITS = {
  ...{ sequences: 6, context: 256, promptTokens: 40, vocabulary: 1024 },
  ...{ blocks: KV.blocks, blockTokens: KV.blockTokens },
}

const decoder = smallDecoder()
afterAll(() => decoder.remove())

test('a round has every number of sequences at several contexts, and prompts beside them', () => {
  const steps = stepRound(LIMITS, new Random('round')).flatMap((planned) => planned.steps)
  for (const count of [1, 2, 3, 4, 5, 6]) {
    const own = steps.filter(({ decodes }) => decodes === count)
    const contexts = own.map(({ longest }) => longest)
    expect(Math.max(...contexts)).toBeGreaterThan(4 * Math.min(...contexts))
    expect(own.some(({ promptTokens }) => promptTokens > 0)).toBe(true)
  }
  expect(steps.every(({ longest }) => longest <= LIMITS.context)).toBe(true)
  expect(steps.some(({ promptPast }) => promptPast > 100)).toBe(true)
})

test('an executor runs rounds one after another, and their times have a law', async () => {
  const generation = {
    ...CONTINUOUS,
    maxSequences: LIMITS.sequences,
    tokenBudget: LIMITS.promptTokens,
    kv: { ...KV, watermark: 0, contiguous: false },
  }
  const plan = planOf([{ generation }])
  const fleet = await Fleet.open(plan, enginesOf(plan, decoder), new AbortController().signal)
  const random = new Random('calibration')
  const timed: TimedStep[] = []
  for (let round = 0; round < 3; round++) {
    timed.push(...timedSteps(await runRound(fleet, LIMITS, random)))
  }
  await fleet.close()
  expect(timed.every(({ ms }) => ms > 0)).toBe(true)
  const { steps, heldOut } = fitSteps(timed, 'together')
  expect(steps.rows.slice(0, 6)).toEqual([2, 3, 4, 5, 6, 7])
  expect(heldOut.length).toBeGreaterThan(0)
  expect(heldOut.every(({ errors }) => errors.every(Number.isFinite))).toBe(true)
})
