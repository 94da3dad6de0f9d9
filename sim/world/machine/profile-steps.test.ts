import { describe, expect, test } from 'vitest'
import { madeUpProfile } from '../../../test/profiles.ts'
import { TINY_DECODER } from '../../../test/scenarios.ts'
import { profileSchema } from './profile.ts'

const profile = madeUpProfile(TINY_DECODER)
const [model] = profile.models
const steps = model!.steps!

/** What the schema says of a profile with other steps. */
function problems(changed: object): string[] {
  const document = { ...profile, models: [{ ...model, steps: { ...steps, ...changed } }] }
  const parsed = profileSchema.safeParse(document)
  const issues = parsed.error?.issues ?? []
  return issues.map(({ path, message }) => `${path.slice(2).join('.')}: ${message}`)
}

describe('times of steps in a profile', () => {
  test('are read as they were written', () => {
    const read = profileSchema.parse(JSON.parse(JSON.stringify(profile)))
    expect(read.models[0]!.steps).toEqual(steps)
  })

  test('run together in profiles of earlier versions', () => {
    const { runs: _, sequenceMs: __, ...earlier } = steps
    const models = [{ ...model!, steps: earlier }]
    expect(profileSchema.parse({ ...profile, models }).models[0]!.steps).toEqual(steps)
  })

  test('may be absent', () => {
    const { steps: _, ...without } = model!
    expect(profileSchema.parse({ ...profile, models: [without] }).models[0]!.steps).toBeUndefined()
  })

  test.each<[object, string]>([
    [{ rows: [2, 2, 513] }, 'steps.rows.1: expected a value above the one before, 2, got 2'],
    [{ rows: [5, 2, 513] }, 'steps.rows.1: expected a value above the one before, 5, got 2'],
    [{ rows: [2, 513] }, 'steps.ms: expected 2 entries, as many as rows, got 3'],
    [{ ms: [1, 2, -3] }, 'steps.ms.2: Too small'],
    [{ ms: [1, 2, Number.NaN] }, 'steps.ms.2: Invalid input: expected number, received NaN'],
    [{ ms: [1, 2, Number.POSITIVE_INFINITY] }, 'steps.ms.2: Invalid input'],
    [{ ms: [1, 2, 1e300] }, 'steps.ms.2: Too big'],
    [{ ms: [] }, 'steps.ms: expected 3 entries, as many as rows, got 0'],
    [{ rows: [], ms: [] }, 'steps.rows: Too small'],
    [{ rows: [1, 5, 513] }, 'steps.rows.0: expected at least 2 of two parts, got 1'],
    [{ runs: 'apart', rows: [-1, 5, 513] }, 'steps.rows.0: Too small'],
    [{ runs: 'alone' }, 'steps.runs: Invalid option'],
    [{ sequenceMs: -1 }, 'steps.sequenceMs: Too small'],
    [{ rows: [2.5, 5, 513] }, 'steps.rows.0: Invalid input: expected int'],
    [{ contextMs: -1e-9 }, 'steps.contextMs: Too small'],
    [{ longestMs: Number.NaN }, 'steps.longestMs: Invalid input'],
    [{ pastMs: '1' }, 'steps.pastMs: Invalid input'],
    [{ pairMs: undefined }, 'steps.pairMs: Invalid input'],
    [{ levels: [] }, 'steps.levels: Too small'],
    [{ levels: [{ sequences: 0, context: 5 }] }, 'steps.levels.0.sequences: Too small'],
    [
      { heldOut: [{ by: 'decodes', from: 3, to: 2, median: 0, worst: 0 }] },
      'steps.heldOut.0.to: expected at least 3 as from, got 2',
    ],
    [{ heldOut: [{ by: 'model', from: 3, to: 3, median: 0, worst: 0 }] }, 'steps.heldOut.0.by: '],
    [{ extraMs: 1 }, 'steps: Unrecognized key: "extraMs"'],
  ])('%o are refused', (changed, problem) => {
    const [first] = problems(changed)
    expect(first).toContain(problem)
  })
})
