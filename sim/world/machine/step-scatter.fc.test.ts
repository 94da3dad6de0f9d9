import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Random } from '../../kernel/index.ts'
import { accept } from '../../stats/index.ts'
import { scatterOf } from './scatter.ts'
import { type StepLaw, StepRuns } from './step-runs.ts'

const lawOf = (residual: Parameters<typeof scatterOf>[0]): StepLaw => ({
  stepMs: ({ decodes, context }) => 5 + 0.01 * decodes + 0.002 * context,
  growthMs: ({ decodes }) => 0.002 * decodes,
  scatter: scatterOf(residual),
})

const runOf = (steps: number, decodes = 4, context = 40) => ({
  executor: 0,
  steps,
  decodes,
  context,
  prefills: 0,
  prefillTokens: 0,
  blocks: 0,
  generating: 0,
  promptPast: 0,
  longest: 0,
  promptTokens: 0,
  waitsForBlocks: false,
  extraMs: 0,
  started: 0,
  stepEnds: null as Float64Array | null,
})

/** Ends of steps that are taken one by one. */
function singly(law: StepLaw, steps: number, seed: string): number[] {
  const runs = new StepRuns(1, undefined, new Random(seed))
  const ends: number[] = []
  for (let i = 0, now = 0; i < steps; i++) {
    now = runs.begin(now, runOf(1, 4, 40 + 4 * i), law)
    ends.push(now)
  }
  return ends
}

const law = lawOf({ cv: 0.3, slow: { share: 0.1, factor: 4 } })

test('a run takes the time of its steps one by one, and a cut ends it at one of them', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 64 }),
      fc.double({ min: 0, max: 1.1, noNaN: true }),
      fc.double({ min: 0, max: 1.1, noNaN: true }),
      fc.string(),
      (steps, share, other, seed) => {
        const ends = singly(law, steps, seed)
        const runs = new StepRuns(1, undefined, new Random(seed))
        const run = runOf(steps)
        const end = runs.begin(0, run, law)
        expect(end).toBeCloseTo(ends.at(-1)!, 6)
        expect(Array.from(run.stepEnds!.subarray(0, steps))).toEqual(
          ends.map((at) => expect.closeTo(at, 6)),
        )
        // two cuts, as by an arrival before a change of the clock that was foreseen
        for (const now of [Math.max(share, other) * end, Math.min(share, other) * end]) {
          if (ends.some((at) => Math.abs(at - now) < 1e-6)) return
          const first = ends.findIndex((at) => at > now)
          const before = runs.stepsOf(0)
          const cut = runs.cut(now, 0)
          if (first < 0 || first >= before - 1) expect(cut).toBeNull()
          else {
            expect(cut).toBeCloseTo(ends[first]!, 6)
            expect(runs.stepsOf(0)).toBe(first + 1)
          }
          const last = runs.stepsOf(0) - 1
          expect(runs.firstMs(0)).toBeCloseTo(ends[0]!, 6)
          expect(runs.lastMs(0)).toBeCloseTo(ends[last]! - (ends[last - 1] ?? 0), 6)
        }
      },
    ),
  )
})

test('a delay before the first step does not scatter, and the run goes on after 64 steps', () => {
  const flat: StepLaw = { ...lawOf({ slow: { share: 0.5, factor: 3 } }), growthMs: () => 0 }
  const runs = new StepRuns(1, undefined, new Random('delay'))
  runs.begin(0, runOf(500), flat)
  expect(runs.stepsOf(0)).toBe(64)
  const [first, second] = [new Random('same'), new Random('same')]
  const plain = new StepRuns(1, undefined, first).begin(0, runOf(1), flat)
  const late = new StepRuns(1, undefined, second).begin(0, { ...runOf(1), extraMs: 7 }, flat)
  expect(late).toBeCloseTo(plain + 7, 9)
})

describe('the time of a run of k steps', () => {
  const STEPS = 40
  const RUNS = 40_000

  function timesOf(residual: Parameters<typeof scatterOf>[0]) {
    const runs = new StepRuns(1, undefined, new Random('sums'))
    const flat: StepLaw = { ...lawOf(residual), growthMs: () => 0 }
    const times = Array.from({ length: RUNS }, () => runs.begin(0, runOf(STEPS), flat))
    const mean = times.reduce((a, b) => a + b, 0) / RUNS
    const squares = times.map((time) => (time - mean) ** 2)
    const variance = squares.reduce((a, b) => a + b, 0) / RUNS
    const fourth = squares.reduce((a, b) => a + b * b, 0) / RUNS
    const standardError = Math.sqrt((fourth - variance ** 2) / RUNS)
    return { mean, variance, standardError }
  }

  const stepMs = 5 + 0.04 + 0.08
  const theory = STEPS * (0.2 * stepMs) ** 2
  const problemOf = ({ variance: estimate, standardError }: ReturnType<typeof timesOf>) =>
    accept({
      name: 'variance of a run',
      estimate,
      standardError,
      theory,
      halfWidth95: 1.96 * standardError,
    }).problem

  test('has the variance of k independent steps', () => {
    const times = timesOf({ cv: 0.2 })
    expect(problemOf(times)).toBeNull()
    expect(Math.abs(times.mean / (STEPS * stepMs) - 1)).toBeLessThan(0.001)
  })

  test('negative control: a coefficient of variation that is 5 % larger fails', () => {
    expect(problemOf(timesOf({ cv: 0.21 }))).not.toBeNull()
  })
})
