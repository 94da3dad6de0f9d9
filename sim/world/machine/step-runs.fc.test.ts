import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type StepLaw, StepRuns } from './step-runs.ts'

const positive = (max: number) => fc.double({ min: 1e-3, max, noNaN: true })

test('a run is cut at the end of its first step after an instant', () => {
  fc.assert(
    fc.property(
      fc.record({ base: positive(9), context: fc.constantFrom(0, 0.001, 0.3), steps: fc.nat(400) }),
      fc.double({ min: 0, max: 1.2, noNaN: true }),
      fc.nat(50),
      ({ base, context, steps: extraSteps }, share, decodes) => {
        const law: StepLaw = {
          stepMs: (batch) => base + 0.01 * batch.decodes + context * batch.context,
          growthMs: (batch) => context * batch.decodes,
        }
        const runs = new StepRuns(1)
        const steps = extraSteps + 1
        const run = {
          executor: 0,
          steps,
          decodes,
          prefills: 0,
          prefillTokens: 0,
          context: 7 * decodes,
          blocks: 0,
          generating: 0,
          promptPast: 0,
          longest: 0,
          promptTokens: 0,
          waitsForBlocks: false,
          extraMs: 0,
          started: 0,
        }
        const started = 3
        const end = runs.begin(started, run, law)
        // reference: one step after another
        const ends: number[] = []
        let at = started
        for (let i = 0; i < steps; i++) {
          at += base + 0.01 * decodes + context * decodes * (7 + i)
          ends.push(at)
        }
        expect(end).toBeCloseTo(ends.at(-1)!, 6)
        const now = started + share * (end - started)
        const first = ends.findIndex((end) => end > now + 1e-6)
        // closer to an end than rounding can separate
        fc.pre(ends.every((end) => Math.abs(end - now) > 1e-6))
        const cut = runs.cut(now, 0)
        if (first < 0 || first === steps - 1) expect(cut).toBeNull()
        else {
          expect(cut).toBeCloseTo(ends[first]!, 6)
          expect(runs.stepsOf(0)).toBe(first + 1)
        }
      },
    ),
  )
})

test('a run ends at the knee of its law, and the next one goes on with other growth', () => {
  // 4 sequences: flat up to 100 tokens of context, then 0.5 ms for each further token
  const beyond = (context: number) => Math.max(0, context - 100)
  const law: StepLaw = {
    stepMs: ({ context }) => 10 + 0.5 * beyond(context),
    growthMs: ({ decodes, context }) => (context < 100 ? 0 : 0.5 * decodes),
    straightSteps: ({ decodes, context }) =>
      context < 100 ? Math.ceil((100 - context) / decodes) : Number.POSITIVE_INFINITY,
  }
  const runs = new StepRuns(1)
  const batch = {
    executor: 0,
    decodes: 4,
    prefills: 0,
    prefillTokens: 0,
    blocks: 0,
    generating: 0,
    promptPast: 0,
    longest: 0,
    promptTokens: 0,
    waitsForBlocks: false,
    extraMs: 0,
  }
  let [now, context, left] = [0, 80, 20]
  while (left > 0) {
    now = runs.begin(now, { ...batch, context, steps: left, started: now }, law)
    context += 4 * runs.stepsOf(0)
    left -= runs.stepsOf(0)
  }
  const steps = Array.from({ length: 20 }, (_, i) => 10 + 0.5 * beyond(80 + 4 * i))
  expect(now).toBeCloseTo(
    steps.reduce((sum, ms) => sum + ms, 0),
    9,
  )
  // negative control: without the knee the whole run would be flat
  const { straightSteps: _, ...flat } = law
  const flatEnd = runs.begin(0, { ...batch, context: 80, steps: 20, started: 0 }, flat)
  expect(flatEnd).toBeLessThan(0.8 * now)
})
