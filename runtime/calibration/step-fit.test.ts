import { describe, expect, test } from 'vitest'
import { Random } from '../../sim/kernel/index.ts'
import { type MeasuredSteps, timeOf } from '../../sim/world/index.ts'
import { fitSteps, type TimedStep } from './step-fit.ts'
import { stepRound } from './step-plan.ts'

const LIMITS = {
  ...{ sequences: 12, context: 512, promptTokens: 64 },
  ...{ blocks: 600, blockTokens: 16, vocabulary: 1024 },
}

const TRUE: MeasuredSteps = {
  // kernels take tokens in fours, which shows where there are few
  rows: [2, 3, 4, 5, 6, 7, 8, 9, 77],
  ms: [1, 1.4, 1.8, 1.9, 2.6, 2.9, 3.1, 3.2, 18],
  contextMs: 0.0008,
  longestMs: 0.0011,
  pastMs: 0.003,
  pairMs: 0.00002,
}

/** Times of so many rounds by the true law, each off by `noise` of it. */
function timedBy(law: MeasuredSteps, { rounds = 5, noise = 0 } = {}): TimedStep[] {
  const random = new Random('steps')
  return Array.from({ length: rounds }, () => stepRound(LIMITS, random)).flatMap((round) =>
    round.flatMap(({ steps }) =>
      steps.map((step) => ({ ...step, ms: timeOf(law, step) * (1 + noise * random.normal()) })),
    ),
  )
}

const TERMS = ['contextMs', 'longestMs', 'pastMs', 'pairMs'] as const

describe('steps of a known law', () => {
  test('are fitted exactly where nothing scatters', () => {
    const { steps, errors } = fitSteps(timedBy(TRUE, { rounds: 1 }))
    for (const name of TERMS) expect(steps[name] / TRUE[name]).toBeCloseTo(1, 2)
    // a row that no other shape has is between others
    const sorted = errors.map(Math.abs).sort((a, b) => a - b)
    expect(sorted[Math.floor(0.8 * sorted.length)]).toBeLessThan(0.01)
  })

  test('are fitted within their noise', () => {
    const { steps, errors } = fitSteps(timedBy(TRUE, { rounds: 9, noise: 0.02 }))
    expect(steps.contextMs / TRUE.contextMs).toBeCloseTo(1, 1)
    expect(steps.longestMs / TRUE.longestMs).toBeCloseTo(1, 0)
    const sorted = errors.map(Math.abs).sort((a, b) => a - b)
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThan(0.02)
  })

  test('have no negative times, whatever noise says', () => {
    const flat = { ...TRUE, contextMs: 0, longestMs: 0, pastMs: 0, pairMs: 0 }
    const { steps } = fitSteps(timedBy(flat, { rounds: 3, noise: 0.05 }))
    for (const name of TERMS) expect(steps[name]).toBeGreaterThanOrEqual(0)
  })

  test('show in held-out errors where the law is another one', () => {
    const timed = timedBy(TRUE, { rounds: 1 }).map((step) => {
      // attention that grows with the square of the context
      return { ...step, ms: step.ms + 1e-5 * step.decodes * step.longest ** 2 }
    })
    const { errors } = fitSteps(timed)
    expect(Math.max(...errors.map(Math.abs))).toBeGreaterThan(0.1)
  })
})
