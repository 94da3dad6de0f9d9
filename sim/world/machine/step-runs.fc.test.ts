import fc from 'fast-check'
import { expect, test } from 'vitest'
import { StepRuns } from './step-runs.ts'

const positive = (max: number) => fc.double({ min: 1e-3, max, noNaN: true })

test('a run is cut at the end of its first step after an instant', () => {
  fc.assert(
    fc.property(
      fc.record({ base: positive(9), context: fc.constantFrom(0, 0.001, 0.3), steps: fc.nat(400) }),
      fc.double({ min: 0, max: 1.2, noNaN: true }),
      fc.nat(50),
      ({ base, context, steps: more }, share, decodes) => {
        const law = {
          baseMs: base,
          perSequenceMs: 0.01,
          perPrefillTokenMs: 0,
          perContextTokenMs: context,
        }
        const runs = new StepRuns(1)
        const steps = more + 1
        const run = {
          executor: 0,
          steps,
          decodes,
          prefills: 0,
          prefillTokens: 0,
          context: 7 * decodes,
          blocks: 0,
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
