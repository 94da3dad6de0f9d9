import { describe, expect, test } from 'vitest'
import { madeUpProfile } from '../../../test/profiles.ts'
import { TINY } from '../../../test/scenarios.ts'
import { withEarlierOccasions } from './earlier-occasions.ts'
import type { ModelProfile, ProfileWidths } from './profile.ts'

const model = madeUpProfile(TINY).models[0]!
const region = { fromSize: 1, toSize: 4, fromLength: 1, toLength: 1, error: null }

/** The model as it was measured with these speeds. */
function measured(
  calibration: string,
  speeds: readonly number[],
  change: Partial<ModelProfile> = {},
): ModelProfile {
  const occasions = speeds.map((speed) => ({ calibration, speeds: [speed], idle: 1 }))
  const widths: ProfileWidths = { regions: [region], occasions, levels: [] }
  return { ...model, widths, ...change }
}

const slower = (factor: number) => ({
  work: { ...model.work, ms: model.work.ms.map((row) => row.map((ms) => ms * factor)) },
})

describe('a model that is measured again', () => {
  test('has the occasions of both calibrations, on the scale of its new work', () => {
    const earlier = measured('monday', [0.9, 1.1])
    const { widths } = withEarlierOccasions(measured('tuesday', [1, 1], slower(1.25)), earlier)
    // work that takes 1.25 times as long was done 1.25 times as fast before
    expect(widths!.occasions.map(({ calibration, speeds }) => [calibration, speeds[0]])).toEqual([
      ['monday', 1.125],
      ['monday', 1.375],
      ['tuesday', 1],
      ['tuesday', 1],
    ])
  })

  test('has earlier wake-up costs over its own', () => {
    const wake = { gapMs: [0, 10], ms: [0, 0.1] }
    const { widths } = withEarlierOccasions(
      measured('tuesday', [1], { wake }),
      measured('monday', [1]),
    )
    expect(widths!.occasions.map(({ idle }) => idle)).toEqual([0.5, 1])
    const none = { gapMs: [0], ms: [0] }
    const without = withEarlierOccasions(
      measured('tuesday', [1], { wake: none }),
      measured('monday', [1]),
    )
    expect(without.widths!.occasions[0]!.idle).toBeNull()
  })

  test('takes earlier speeds from the regions that its cells were in', () => {
    const small = { ...region, toSize: 2 }
    const large = { ...region, fromSize: 3, toSize: 4 }
    const earlier: ModelProfile = {
      ...model,
      widths: {
        regions: [small, large],
        occasions: [{ calibration: 'monday', speeds: [1, 1.21], idle: null }],
        levels: [],
      },
    }
    const { widths } = withEarlierOccasions(measured('tuesday', [1]), earlier)
    // two sizes of three in the first region
    expect(widths!.occasions[0]!.speeds).toEqual([Number((1.21 ** (1 / 3)).toPrecision(4))])
  })

  test('keeps no occasion twice, and those of eight calibrations', () => {
    let known = measured('0', [1, 1])
    for (let i = 1; i < 12; i++) known = withEarlierOccasions(measured(`${i}`, [1, 1]), known)
    const { occasions } = withEarlierOccasions(known, known).widths!
    expect(occasions).toHaveLength(16)
    expect([...new Set(occasions.map(({ calibration }) => calibration))]).toEqual(
      ['4', '5', '6', '7', '8', '9'].concat('10', '11'),
    )
  })

  test('stays as it is where a profile has no occasions, or other shapes', () => {
    const fresh = measured('tuesday', [1])
    expect(withEarlierOccasions(fresh, model)).toBe(fresh)
    expect(withEarlierOccasions(model, fresh)).toBe(model)
    const large = { ...model.work, sizes: [64, 128, 256] }
    expect(withEarlierOccasions(fresh, measured('monday', [1], { work: large }))).toBe(fresh)
  })
})
