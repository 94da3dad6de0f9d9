import { describe, expect, test } from 'vitest'
import { Random } from '../../sim/kernel/index.ts'
import { type MeasuredSteps, timeOf } from '../../sim/world/index.ts'
import { fitSteps, type StepFit, type TimedStep } from './step-fit.ts'
import { stepRound } from './step-plan.ts'

const LIMITS = {
  ...{ sequences: 12, context: 512, promptTokens: 64 },
  ...{ blocks: 600, blockTokens: 16, vocabulary: 1024 },
}

const TRUE: MeasuredSteps = {
  runs: 'together',
  // kernels take tokens in fours, which shows where there are few
  rows: [2, 3, 4, 5, 6, 7, 8, 9, 77],
  ms: [1, 1.4, 1.8, 1.9, 2.6, 2.9, 3.1, 3.2, 18],
  sequenceMs: 0,
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

/** Absolute errors of held-out shapes, rising. */
const errorsOf = ({ heldOut }: StepFit): number[] =>
  heldOut.flatMap(({ errors }) => errors.map(Math.abs)).sort((a, b) => a - b)

/** Median absolute error of what is held out by an axis and has a value. */
function errorAt(fit: StepFit, by: StepFit['heldOut'][number]['by'], value: number): number {
  const group = fit.heldOut.find((each) => each.by === by && each.from <= value && each.to >= value)
  const errors = group!.errors.map(Math.abs).sort((a, b) => a - b)
  return errors[errors.length >> 1]!
}

const TERMS = ['contextMs', 'longestMs', 'pastMs', 'pairMs'] as const

describe('steps of a known law', () => {
  test('are fitted exactly where nothing scatters', () => {
    const { steps } = fitSteps(timedBy(TRUE, { rounds: 1 }), 'together')
    for (const name of TERMS) expect(steps[name] / TRUE[name]).toBeCloseTo(1, 2)
    const even = { ...TRUE, rows: [2, 77], ms: [1, 20] }
    expect(errorsOf(fitSteps(timedBy(even, { rounds: 1 }), 'together')).at(-1)).toBeLessThan(1e-6)
  })

  test('are fitted within their noise', () => {
    const even = { ...TRUE, rows: [2, 77], ms: [1, 20] }
    const fit = fitSteps(timedBy(even, { rounds: 9, noise: 0.02 }), 'together')
    expect(fit.steps.contextMs / TRUE.contextMs).toBeCloseTo(1, 1)
    expect(fit.steps.longestMs / TRUE.longestMs).toBeCloseTo(1, 0)
    const errors = errorsOf(fit)
    expect(errors[errors.length >> 1]).toBeLessThan(0.02)
  })

  test('are fitted where each sequence has a run of its own', () => {
    const apart: MeasuredSteps = {
      ...{ runs: 'apart', rows: [0, 1, 64], ms: [0.05, 0.4, 9] },
      ...{ sequenceMs: 0.6, contextMs: 0.0008, longestMs: 0, pastMs: 0.003, pairMs: 0.00002 },
    }
    const timed = timedBy(apart, { rounds: 1 })
    const fit = fitSteps(timed, 'apart')
    for (const name of ['sequenceMs', 'contextMs', 'pastMs', 'pairMs'] as const) {
      expect(fit.steps[name] / apart[name], name).toBeCloseTo(1, 2)
    }
    expect(errorsOf(fit).at(-1)).toBeLessThan(1e-3)
    expect(errorsOf(fitSteps(timed, 'together')).at(-1)).toBeGreaterThan(0.2)
  })

  test('have no negative times, whatever noise says', () => {
    const flat = { ...TRUE, contextMs: 0, longestMs: 0, pastMs: 0, pairMs: 0 }
    const { steps } = fitSteps(timedBy(flat, { rounds: 3, noise: 0.05 }), 'together')
    for (const name of TERMS) expect(steps[name]).toBeGreaterThanOrEqual(0)
  })

  test('show in held-out errors where the law is another one', () => {
    const timed = timedBy(TRUE, { rounds: 1 }).map((step) => {
      // attention that grows with the square of the context
      return { ...step, ms: step.ms + 1e-5 * step.decodes * step.longest ** 2 }
    })
    expect(errorsOf(fitSteps(timed, 'together')).at(-1)).toBeGreaterThan(0.1)
  })
})

describe('a held-out shape has no neighbour among those that predict it', () => {
  const slower = (where: (step: TimedStep) => boolean) =>
    fitSteps(
      timedBy(TRUE, { rounds: 1 }).map((step) => ({
        ...step,
        ms: step.ms * (where(step) ? 1.3 : 1),
      })),
      'together',
    )

  test('so that times of one count of sequences show', () => {
    const fit = slower(({ decodes }) => decodes === 5)
    expect(errorAt(fit, 'decodes', 5)).toBeGreaterThan(0.15)
    expect(errorAt(fit, 'decodes', 8)).toBeLessThan(0.1)
  })

  test('so that times of one range of contexts show', () => {
    const fit = slower(({ longest }) => longest >= 128 && longest < 256)
    expect(errorAt(fit, 'context', 200)).toBeGreaterThan(0.15)
  })

  test('so that times of one size of prompts show', () => {
    const fit = slower(({ decodes, promptTokens }) => {
      return decodes > 0 && promptTokens >= 8 && promptTokens < 16
    })
    expect(errorAt(fit, 'prompt', 13)).toBeGreaterThan(0.15)
  })

  test('and none is beyond those that predict it', () => {
    const timed = timedBy(TRUE, { rounds: 1 })
    const { heldOut } = fitSteps(timed, 'together')
    const ends = (by: string) => {
      const groups = heldOut.filter((each) => each.by === by)
      return [Math.min(...groups.map(({ from }) => from)), Math.max(...groups.map(({ to }) => to))]
    }
    const [least, most] = [Math.min, Math.max].map((of) =>
      of(...timed.flatMap(({ decodes }) => (decodes > 0 ? [decodes] : []))),
    )
    expect(ends('decodes')).toEqual([least! + 1, most! - 2])
    expect(ends('context')[1]).toBeLessThanOrEqual(256)
    expect(ends('prompt')[1]).toBeLessThanOrEqual(32)
  })
})
