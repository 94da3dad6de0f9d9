import { describe, expect, test } from 'vitest'
import { Random } from '../../sim/kernel/index.ts'
import type { Ms } from '../../sim/serving/index.ts'
import { levelOf, type MeasuredSteps, profileSchema, timeOf } from '../../sim/world/index.ts'
import { emptyProfile } from '../../test/profiles.ts'
import type { ScriptOrder } from '../live/generation/step-script.ts'
import { type MeasuredRound, runRound } from './calibrate-steps.ts'
import { type StepLimits, stepRound } from './step-plan.ts'
import { stepProfile } from './step-profile.ts'

const LIMITS: StepLimits = {
  ...{ sequences: 6, context: 256, promptTokens: 64, vocabulary: 1024 },
  ...{ blocks: 60, blockTokens: 16 },
}

const LAW: MeasuredSteps = {
  ...{ runs: 'together', rows: [2, 100] },
  ms: [2, 30],
  ...{ sequenceMs: 0, contextMs: 0.0008, longestMs: 0.002, pastMs: 0.003, pairMs: 0.0001 },
}
const [DISPATCH_MS, COMPLETION_MS, ASLEEP_MS] = [0.3, 0.2, 0.7]

/** Times of the steps of a round at speed 1, ms; they do not depend on chance. */
const PLANNED = stepRound(LIMITS, new Random('any')).map(({ steps }) =>
  steps.map((step) => timeOf(LAW, step)),
)

/** A machine whose steps follow a law, at a speed of each round, and whose runs begin slowly. */
async function measured(speeds: readonly number[]): Promise<MeasuredRound[]> {
  const random = new Random('rounds')
  const rounds: MeasuredRound[] = []
  for (const speed of speeds) {
    let at = 5
    const steps = async (orders: readonly ScriptOrder[]) =>
      orders.map(({ gapMs = 0, steps: count }, i) => {
        at += gapMs
        const dispatched = at
        const started = dispatched + DISPATCH_MS
        const asleepMs = gapMs >= 1 ? ASLEEP_MS : 0
        const ends: Ms[] = []
        for (const [k, ms] of PLANNED[i]!.slice(0, count).entries()) {
          ends.push((ends[k - 1] ?? started) + ms / speed + (k === 0 ? asleepMs : 0))
        }
        at = ends.at(-1)! + COMPLETION_MS
        return { dispatched, started, ends, done: at }
      })
    rounds.push(await runRound({ steps }, LIMITS, random))
  }
  return rounds
}

const OCCASIONS = [await measured([1, 1, 1]), await measured([1.1, 1.1, 1.1])]
const profile = stepProfile(OCCASIONS, LIMITS, { calibration: 'now', runs: 'together' })

describe('the profile of steps that were measured', () => {
  test('is one that can be read', () => {
    const model = {
      ...{ key: 'k', label: 'l', content: 'c', occasion: 'now', memory: null },
      ...profile,
    }
    const document = JSON.parse(JSON.stringify({ ...emptyProfile(), models: [model] }))
    expect(profileSchema.safeParse(document).error?.issues ?? []).toEqual([])
  })

  test('has the law at the speed of all occasions', () => {
    const speed = Math.sqrt(1.1)
    const { steps } = profile
    for (const name of ['contextMs', 'longestMs', 'pastMs', 'pairMs'] as const) {
      expect(steps![name] / LAW[name]).toBeGreaterThan(0.8 / speed)
      expect(steps![name] / LAW[name]).toBeLessThan(1.2)
    }
    expect(steps!.levels.map(({ sequences }) => sequences)).toEqual([6, 6, 6, 3])
  })

  test('has the overheads around runs, and the time by which a run begins slower after a sleep', () => {
    const { dispatch, completion } = profile.overheads
    for (const { table } of dispatch) {
      expect(table[table.length >> 1]).toBeCloseTo(DISPATCH_MS, 6)
    }
    expect(completion[0]!.table[0]).toBeCloseTo(COMPLETION_MS, 6)
    const { gapMs, ms } = profile.wake
    expect(ms.at(-1)! - ms[0]!).toBeGreaterThan(0.5 * ASLEEP_MS)
    expect(gapMs.at(-1)).toBeGreaterThan(10)
  })

  test('has recordings of the speed, and how it differed between occasions', () => {
    expect(profile.fields).toHaveLength(4)
    const [first, , , last] = profile.fields.map(levelOf)
    expect(last! / first!).toBeCloseTo(1.1, 1)
    const { occasions, regions } = profile.widths!
    expect(occasions.map(({ speeds }) => speeds.length)).toEqual([regions.length, regions.length])
    for (const [i] of regions.entries()) {
      expect(occasions[1]!.speeds[i]! / occasions[0]!.speeds[i]!).toBeCloseTo(1.1, 2)
    }
  })
})
