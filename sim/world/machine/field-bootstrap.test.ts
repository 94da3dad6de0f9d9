import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Random } from '../../kernel/index.ts'
import { bootstrapField } from './field-bootstrap.ts'
import type { RecordedField } from './profile.ts'
import type { Steps } from './recorded-field.ts'
import { joinIntervals, NEVER } from './stalls.ts'

const FIELD_MS = 5000

/** Steps as a profile stores them. */
type RecordedSteps = RecordedField['executors'][number]

function recorded(executors: RecordedSteps[], rest: Partial<RecordedField> = {}): RecordedField {
  const never = { from: [], to: [] }
  return { load: 0.7, durationMs: FIELD_MS, executors, dispatcher: never, intake: never, ...rest }
}

const constant = (speed: number): RecordedSteps => ({ times: [0], speeds: [speed] })

/** Speed 1, but 0.1 in the last tenth of every 100 ms. */
const SLOW_FROM = Array.from({ length: FIELD_MS / 100 }, (_, i) => 100 * i + 90)
const spells: RecordedSteps = {
  times: [0, ...SLOW_FROM.flatMap((from) => [from, from + 10])],
  speeds: [1, ...SLOW_FROM.flatMap(() => [0.1, 1])],
}

function speedAt({ times, speeds }: Steps, t: number): number {
  return speeds[
    Math.max(
      0,
      times.findLastIndex((time) => time <= t),
    )
  ]!
}

const bootstrap = (
  fields: RecordedField[],
  { executors = 1, durationMs = 20_000, seed = 'bootstrap' } = {},
) => bootstrapField(fields, executors, durationMs, new Random(seed))

test('each executor has a field with rising times from 0 to the end of the run', () => {
  const gaps = fc.array(
    fc.tuple(fc.double({ min: 1, max: 900, noNaN: true }), fc.constantFrom(0, 1, 2)),
  )
  const steps = gaps.map((parts): RecordedSteps => {
    let at = 0
    return {
      times: [0, ...parts.map(([gap]) => (at += gap))],
      speeds: [1, ...parts.map(([, speed]) => speed)],
    }
  })
  // a median speed of 0 would be a machine that never runs
  const field = fc
    .array(steps, { minLength: 1, maxLength: 3 })
    .map((executors) =>
      recorded([constant(1), constant(1), constant(1), constant(1), ...executors]),
    )
  fc.assert(
    fc.property(
      fc.array(field, { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 6 }),
      fc.double({ min: 1, max: 4000, noNaN: true }),
      fc.string(),
      (fields, executors, durationMs, seed) => {
        const machine = bootstrap(fields, { executors, durationMs, seed })
        expect(machine.executors).toHaveLength(executors)
        for (const { times, speeds } of machine.executors) {
          expect([times[0], times.at(-1), times.length]).toEqual([0, durationMs, speeds.length])
          times.forEach((time, i) => {
            expect(time).toBeGreaterThanOrEqual(times[i - 1] ?? 0)
          })
        }
      },
    ),
  )
})

test('one random stream gives one field', () => {
  expect(bootstrap([recorded([spells])])).toEqual(bootstrap([recorded([spells])]))
  expect(bootstrap([recorded([spells])])).not.toEqual(
    bootstrap([recorded([spells])], { seed: 'another' }),
  )
})

describe('levels', () => {
  const fields = [recorded([constant(1)]), recorded([constant(0.8)])]
  const levelsOf = (seed: string) =>
    new Set(bootstrap(fields, { seed }).executors[0]!.speeds.map((speed) => speed.toFixed(9)))

  test('one level holds for a whole run, wherever its blocks are from', () => {
    const seen = Array.from({ length: 20 }, (_, i) => levelsOf(`level ${i}`))
    expect(seen.every((levels) => levels.size === 1)).toBe(true)
    expect(new Set(seen.flatMap((levels) => [...levels]))).toEqual(
      new Set(['1.000000000', '0.800000000']),
    )
  })

  test('the level is the median speed: slow periods keep their size below it', () => {
    const slower: RecordedSteps = {
      times: spells.times,
      speeds: spells.speeds.map((speed) => speed * 0.5),
    }
    const { speeds } = bootstrap([recorded([slower])]).executors[0]!
    expect(new Set(speeds)).toEqual(new Set([0.5, 0.05]))
  })

  test('an executor that stalled most of the time has the level of the remaining time', () => {
    const still: RecordedSteps = { times: [0, 4000], speeds: [0, 0.8] }
    const { executors } = bootstrap([recorded([still])])
    expect(new Set(executors[0]!.speeds)).toEqual(new Set([0, 0.8]))
    expect(executors[0]!.speeds.at(-1)).toBe(0.8)
  })

  test('the drain after the end runs at the level', () => {
    for (let i = 0; i < 20; i++) {
      const { speeds } = bootstrap([recorded([spells])], { seed: `drain ${i}` }).executors[0]!
      expect(speeds.at(-1)).toBe(1)
    }
  })
})

describe('blocks', () => {
  const standing = { from: SLOW_FROM, to: SLOW_FROM.map((from) => from + 10) }

  test('are drawn for all executors at once, so simultaneous slow periods stay simultaneous', () => {
    const half: RecordedSteps = {
      times: spells.times,
      speeds: spells.speeds.map((speed) => speed / 2),
    }
    const [first, second, third] = bootstrap([recorded([spells, half, spells, spells])], {
      executors: 5,
    }).executors
    expect(second!.times.slice(0, -1)).toEqual(first!.times.slice(0, -1))
    expect(second!.speeds.slice(0, -1)).toEqual(first!.speeds.slice(0, -1).map((s) => s / 2))
    expect(third).toEqual(first)
  })

  test('are shared by executors where fewer were recorded', () => {
    const { executors } = bootstrap([recorded([spells, constant(1)])], { executors: 4 })
    expect(executors[2]).toEqual(executors[0])
    expect(executors[3]).toEqual(executors[1])
  })

  test('include the stalls of their time, and none for the drain', () => {
    const field = recorded([spells], { dispatcher: standing, intake: standing })
    const durationMs = 19_730
    const { executors, dispatcher, intake } = bootstrap([field], { durationMs })
    expect(intake).toEqual(dispatcher)
    expect(dispatcher.from.length).toBeGreaterThan(150)
    dispatcher.from.forEach((from, i) => {
      const to = dispatcher.to[i]!
      expect(to).toBeLessThanOrEqual(durationMs)
      expect(speedAt(executors[0]!, (from + to) / 2)).toBe(0.1)
    })
    expect(dispatcher).toEqual(
      joinIntervals(dispatcher.from.map((from, i) => [from, dispatcher.to[i]!])),
    )
  })

  test('keep the share of slow time', () => {
    const durationMs = 200_000
    const { times, speeds } = bootstrap([recorded([spells])], { durationMs }).executors[0]!
    const slow = speeds.reduce(
      (sum, speed, i) => sum + (speed === 0.1 ? (times[i + 1] ?? durationMs) - times[i]! : 0),
      0,
    )
    // 5 slow periods in every block of 500 ms, except the two that its ends cut
    expect(slow / durationMs).toBeCloseTo(0.1, 2)
  })

  test('of a recording shorter than a block start at its beginning', () => {
    const short = recorded([{ times: [0, 40], speeds: [1, 0.5] }], { durationMs: 100 })
    const { times, speeds } = bootstrap([short], { durationMs: 1000 }).executors[0]!
    expect(times).toEqual([0, 40, 500, 540, 1000])
    expect(speeds).toEqual([1, 0.5, 1, 0.5, 0.5])
  })

  test('of a machine that never stalled contain no stall', () => {
    expect(bootstrap([recorded([spells])]).dispatcher).toEqual(NEVER)
  })
})
