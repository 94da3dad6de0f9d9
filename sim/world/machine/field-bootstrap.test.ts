import fc from 'fast-check'
import { mean } from 'simple-statistics'
import { describe, expect, test } from 'vitest'
import { Random } from '../../kernel/index.ts'
import { bootstrapField } from './field-bootstrap.ts'
import type { RecordedField } from './profile.ts'
import type { Steps } from './speed.ts'
import { NEVER } from './stalls.ts'

const FIELD_MS = 5000

type RecordedExecutor = RecordedField['executors'][number]
/** what it lacks: no stalls */
type RecordedSteps = Pick<RecordedExecutor, 'times' | 'speeds'> & Partial<RecordedExecutor>

function recorded(executors: RecordedSteps[], changes: Partial<RecordedField> = {}): RecordedField {
  const never = { from: [], to: [] }
  const none = { stalls: never, lateStarts: never, busyMs: 2500, idleStarts: 100 }
  return {
    load: 0.7,
    durationMs: FIELD_MS,
    disturbed: false,
    executors: executors.map((steps) => ({ ...none, ...steps })),
    dispatcher: never,
    intake: never,
    ...changes,
  }
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
  { executors = 1, durationMs = 20_000, seed = 'bootstrap', replication = 0 } = {},
) => bootstrapField(fields, { executors, durationMs, replication }, new Random(seed))

test('each executor has a field with rising times from 0 to the end of the run', () => {
  const gaps = fc.array(
    fc.tuple(fc.double({ min: 1, max: 900, noNaN: true }), fc.constantFrom(0.5, 1, 2)),
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
        for (const { steps } of machine.executors) {
          const { times, speeds } = steps
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
  const levelsOf = (replication: number) =>
    new Set(
      bootstrap(fields, { replication }).executors[0]!.steps.speeds.map((speed) =>
        speed.toFixed(9),
      ),
    )

  test('one level holds for a whole run', () => {
    const levelSets = Array.from({ length: 20 }, (_, i) => levelsOf(i))
    expect(levelSets.every((levels) => levels.size === 1)).toBe(true)
    expect(new Set(levelSets.flatMap((levels) => [...levels])).size).toBe(2)
  })

  test('they vary as the level of a next run does, which is none of the recorded ones', () => {
    const logs = [-0.1, 0, 0.04]
    const runs = logs.map((level) => recorded([constant(Math.exp(level))]))
    const levels = runs.map((_, replication) =>
      Math.log(bootstrap(runs, { replication }).executors[0]!.steps.speeds[0]!),
    )
    expect(mean(levels)).toBeCloseTo(mean(logs), 6)
    // 1 + 1 / n times the unbiased variance; each of the levels is used as often
    const variance = (mean(logs.map((level) => (level - mean(logs)) ** 2)) * 3) / 2
    expect(mean(levels.map((level) => (level - mean(levels)) ** 2))).toBeCloseTo(
      (1 + 1 / 3) * variance,
      6,
    )
  })

  test('the level is the median speed: slow periods keep their size below it', () => {
    const slower: RecordedSteps = {
      times: spells.times,
      speeds: spells.speeds.map((speed) => speed * 0.5),
    }
    const { speeds } = bootstrap([recorded([slower])]).executors[0]!.steps
    expect(new Set(speeds)).toEqual(new Set([0.5, 0.05]))
  })

  test('the drain after the end runs at the level', () => {
    for (let i = 0; i < 20; i++) {
      const { speeds } = bootstrap([recorded([spells])], { seed: `drain ${i}` }).executors[0]!.steps
      expect(speeds.at(-1)).toBe(1)
    }
  })
})

describe('blocks', () => {
  const standing = { from: SLOW_FROM, to: SLOW_FROM.map((from) => from + 10) }

  test('are drawn for all executors at once, so simultaneous slow periods stay simultaneous', () => {
    const halfSpeed: RecordedSteps = {
      times: spells.times,
      speeds: spells.speeds.map((speed) => speed / 2),
    }
    const [first, second, third] = bootstrap([recorded([spells, halfSpeed, spells, spells])], {
      executors: 5,
    }).executors.map(({ steps }) => steps)
    expect(second!.times.slice(0, -1)).toEqual(first!.times.slice(0, -1))
    expect(second!.speeds.slice(0, -1)).toEqual(first!.speeds.slice(0, -1).map((s) => s / 2))
    expect(third).toEqual(first)
  })

  test('of a run are all from one recording, so that runs differ as recordings do', () => {
    const fields = [
      recorded([spells], { dispatcher: standing }),
      recorded([constant(1)], { intake: standing }),
    ]
    for (let replication = 0; replication < 6; replication++) {
      const { dispatcher, intake } = bootstrap(fields, { replication })
      const [has, lacks] = replication % 2 === 0 ? [dispatcher, intake] : [intake, dispatcher]
      expect(has.from.length).toBeGreaterThan(150)
      expect(lacks.from).toEqual([])
    }
  })

  test('are shared by executors where fewer were recorded', () => {
    const { executors } = bootstrap([recorded([spells, constant(1)])], { executors: 4 })
    expect(executors[2]).toEqual(executors[0])
    expect(executors[3]).toEqual(executors[1])
  })

  test('include the stalls that begin in their time, whole, and none for the drain', () => {
    const field = recorded([spells], { dispatcher: standing, intake: standing })
    const durationMs = 19_730
    const { executors, dispatcher, intake } = bootstrap([field], { durationMs })
    expect(intake).toEqual(dispatcher)
    expect(dispatcher.from.length).toBeGreaterThan(150)
    dispatcher.from.forEach((from, i) => {
      expect(from).toBeLessThan(durationMs)
      expect(dispatcher.to[i]! - from).toBeCloseTo(10, 9)
      expect(speedAt(executors[0]!.steps, from)).toBe(0.1)
    })
  })

  test('keep the rate of stalls by time in batches, and of late starts by batches', () => {
    const executor = {
      ...recorded([constant(1)]).executors[0]!,
      stalls: standing,
      lateStarts: { from: [1000, 3000], to: [1002, 3004] },
    }
    const durationMs = 200_000
    const field = { ...recorded([]), executors: [executor] }
    const [copy] = bootstrap([field], { durationMs }).executors
    // half of the time was in batches, and 20 batches a second found it idle
    expect(copy!.stalls.length).toBeCloseTo(durationMs / 2, 6)
    expect(copy!.lateStarts.length).toBeCloseTo(durationMs / 50, 6)
    expect(copy!.stalls.ms.length / durationMs).toBeCloseTo(0.01, 3)
    for (const ms of copy!.stalls.ms) expect(ms).toBeCloseTo(10, 9)
    const { length } = copy!.lateStarts.ms
    expect(Math.abs(length - 80)).toBeLessThan(36)
    for (const { after } of [copy!.stalls, copy!.lateStarts]) {
      expect(after).toEqual([...after].sort((a, b) => a - b))
    }
  })

  test('keep the share of slow time', () => {
    const durationMs = 200_000
    const { times, speeds } = bootstrap([recorded([spells])], { durationMs }).executors[0]!.steps
    const slow = speeds.reduce(
      (sum, speed, i) => sum + (speed === 0.1 ? (times[i + 1] ?? durationMs) - times[i]! : 0),
      0,
    )
    // 5 slow periods in every block of 500 ms, except the two that its ends cut
    expect(slow / durationMs).toBeCloseTo(0.1, 2)
  })

  test('of a recording shorter than a block repeat it', () => {
    const short = recorded([{ times: [0, 40], speeds: [1, 0.5] }], { durationMs: 100 })
    const { times, speeds } = bootstrap([short], { durationMs: 1000 }).executors[0]!.steps
    const changes = times.filter((_, i) => i > 0 && speeds[i] !== speeds[i - 1])
    // two changes in every 100 ms, and two more where a block begins anew
    expect(changes.length).toBeGreaterThanOrEqual(19)
    expect(changes.length).toBeLessThanOrEqual(23)
  })

  test('are drawn from all parts of a recording alike', () => {
    const rising = { times: [0, 2500], speeds: [1, 0.9] }
    const durationMs = 400_000
    const { times, speeds } = bootstrap([recorded([rising])], { durationMs }).executors[0]!.steps
    const edge = recorded([{ times: [0, FIELD_MS - 100], speeds: [1, 0.5] }])
    const last = bootstrap([edge], { durationMs }).executors[0]!.steps
    const share = (steps: Steps, speed: number) =>
      steps.times.reduce(
        (sum, time, i) =>
          sum + (steps.speeds[i] === speed ? (steps.times[i + 1] ?? durationMs) - time : 0),
        0,
      ) / durationMs
    expect(share({ times, speeds }, 0.9)).toBeCloseTo(0.5, 1)
    // the last 100 ms of 5 s
    expect(Math.abs(share(last, 0.5) - 0.02)).toBeLessThan(0.005)
  })

  test('of a machine that never stalled contain no stall', () => {
    expect(bootstrap([recorded([spells])]).dispatcher).toEqual(NEVER)
  })
})

test('an executor without work, or with less, has no stalls, which would never end', () => {
  const stalls = { from: [10, 20], to: [11, 22] }
  for (const busyMs of [0, -3, Number.NaN]) {
    const field = recorded([{ ...constant(1), stalls, lateStarts: stalls, busyMs, idleStarts: 0 }])
    const [executor] = bootstrap([field]).executors
    expect([executor!.stalls, executor!.lateStarts]).toMatchObject([{ after: [] }, { after: [] }])
  }
  const [executor] = bootstrap([recorded([{ ...constant(1), stalls }])]).executors
  expect(executor!.stalls.after.length).toBeGreaterThan(0)
})
