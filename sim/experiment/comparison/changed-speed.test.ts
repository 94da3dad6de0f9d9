import { describe, expect, test } from 'vitest'
import type { RecordedField } from '../../world/index.ts'
import { type ChangedPool, changedSpeed, unrelatedSpeed } from './changed-speed.ts'

const NONE = { from: [], to: [] }

/** A field at one speed, with executors that are in batches for a share of the time. */
function field(
  speed: number,
  of: { readonly busy?: number; readonly executors?: number; readonly controlMs?: number } = {},
): RecordedField {
  const { busy = 0.4, executors = 1, ...timed } = of
  const [durationMs, idleStarts] = [1000, 10]
  const executor = {
    times: [0],
    speeds: [speed],
    stalls: NONE,
    lateStarts: NONE,
    busyMs: busy * durationMs,
    idleStarts,
  }
  return {
    load: busy,
    durationMs,
    disturbed: false,
    executors: Array.from({ length: executors }, () => executor),
    dispatcher: NONE,
    intake: NONE,
    ...timed,
  }
}

const SAME: ChangedPool = {
  replicas: { a: 1, b: 1 },
  busy: { a: 0.4, b: 0.4 },
  recorded: [field(0.9)],
  profile: [field(0.9), field(1.2, { busy: 0.8 })],
  predicted: [field(0.9)],
  probed: null,
  onProcessor: true,
  work: null,
}
const BUSIER = { a: 0.4, b: 0.6 }

describe('the speed of B', () => {
  test('is known where executors are as busy as on A, however speeds differ elsewhere', () => {
    const known = { low: 1, high: 1, reasons: [], remedies: [] }
    expect(changedSpeed(SAME)).toEqual(known)
    expect(changedSpeed({ ...SAME, busy: { a: 0.4, b: 0.41 } })).toEqual(known)
  })

  test('is up to that of busier executors where those of B are busier', () => {
    expect(changedSpeed({ ...SAME, busy: BUSIER })).toEqual({
      low: 1,
      high: expect.closeTo(1.2 / 0.9, 9),
      reasons: ['executors of B are idle less often, and may be up to 33 % faster for that'],
      remedies: [expect.stringContaining('`spillway doctor --idle`')],
    })
  })

  test('is down to that of idler executors where those of B are idler', () => {
    const idler = { ...SAME, recorded: [field(1, { busy: 0.8 })], busy: { a: 0.8, b: 0.5 } }
    expect(changedSpeed(idler)).toEqual({
      low: expect.closeTo(0.9, 9),
      high: 1,
      reasons: ['executors of B are idle more often, and may be up to 10 % slower for that'],
      remedies: [expect.stringContaining('replay again with a probe')],
    })
  })

  test('is as uncertain as probes are, where there are some, whatever recordings show', () => {
    const probed = { factor: 1.25, low: 1.2, high: 1.3, passes: 7 }
    expect(changedSpeed({ ...SAME, busy: BUSIER, probed })).toEqual({
      low: expect.closeTo(1.2 / 1.25, 9),
      high: expect.closeTo(1.3 / 1.25, 9),
      reasons: ['what idle time costs executors is known to −4 and +4 %, by 7 passes of probes'],
      remedies: [expect.stringContaining('play more rounds')],
    })
    const exact = { factor: 1.25, low: 1.25, high: 1.25, passes: 7 }
    const known = changedSpeed({ ...SAME, busy: BUSIER, probed: exact })
    expect(known).toEqual({ low: 1, high: 1, reasons: [], remedies: [] })
  })

  test('has no width where recordings show no idle cost, or none is at another load', () => {
    const usual = { ...SAME, recorded: [field(1)], busy: BUSIER }
    const even = [field(1), field(1, { busy: 0.8 })]
    expect(changedSpeed({ ...usual, profile: even }).high).toBe(1)
    const alike = [field(1), field(1.2, { busy: 0.45 })]
    expect(changedSpeed({ ...usual, profile: alike }).high).toBe(1)
  })

  test('is up to that of back-to-back batches, by the control kernel, so that drift cancels', () => {
    const timed = (speed: number, controlMs: number) => field(speed, { controlMs })
    const of = (recorded: RecordedField) =>
      changedSpeed({ ...SAME, recorded: [recorded], profile: [timed(0.9, 1)], busy: BUSIER }).high
    // the profile has its work at speed 1
    expect(of(timed(0.9, 1))).toBeCloseTo(1 / 0.9, 9)
    // a machine that is slower throughout, as its kernel is, shows no more idle cost
    expect(of(timed(0.45, 2))).toBeCloseTo(1 / 0.9, 9)
    expect(of(timed(1, 1))).toBe(1)
    expect(of(timed(1.1, 1))).toBe(1)
    // without times of the kernel it may have become slower, or idle time costs that much
    expect(of(field(0.45))).toBeCloseTo(1 / 0.45, 9)
    const onCard = { ...SAME, onProcessor: false, profile: [timed(0.9, 1)], busy: BUSIER }
    expect(changedSpeed({ ...onCard, recorded: [timed(1, 1.1)] }).high).toBe(1)
    expect(changedSpeed({ ...onCard, recorded: [timed(0.9, 0.9)] }).high).toBeCloseTo(1 / 0.9, 9)
  })

  test('is as uncertain as the work of its model, beside what else is not known of it', () => {
    const work = { low: 0.8, high: 1.5 }
    const reason = 'the speed of its model is uncertain'
    expect(changedSpeed({ ...SAME, work })).toEqual({
      low: expect.closeTo(0.8, 9),
      high: expect.closeTo(1.5, 9),
      reasons: [reason],
      remedies: ['calibrate its model'],
    })
    const { low, high, reasons } = changedSpeed({ ...SAME, busy: BUSIER, work })
    expect(low).toBeCloseTo(0.8, 9)
    expect(Math.log(high)).toBeCloseTo(Math.hypot(Math.log(1.2 / 0.9), Math.log(1.5)), 9)
    expect(reasons.at(-1)).toBe(reason)
  })

  test('with other numbers of replicas is as uncertain as fields differ, and as few are used', () => {
    const replicas = { a: 1, b: 2 }
    const levels = [1, 1.1, 1.21]
    const two = (level: number) => field(level, { executors: 2 })
    const of = (profile: readonly RecordedField[], predicted: readonly RecordedField[]) =>
      changedSpeed({ ...SAME, replicas, profile, predicted })
    const profile = [...levels.map((level) => field(level)), ...levels.map(two)]
    const { low, high, reasons } = of(profile, [two(1)])
    expect(Math.log(high)).toBeCloseTo(-Math.log(low), 9)
    // deviations of 0.0953, 4 degrees of freedom, of one field and the mean of three
    expect(Math.log(high)).toBeCloseTo(2.7764 * Math.log(1.1) * Math.sqrt(4 / 3), 3)
    expect(reasons).toEqual(['the speed of 2 replicas beside one another is known to ±36 %'])
    expect(of(profile, levels.map(two)).high).toBeLessThan(high)
    // one field of each shows no scatter
    expect(of([field(1), two(1.1)], [two(1)])).toMatchObject({ low: 1, high: 1, reasons: [] })
  })

  test('with more replicas than any recording has may be a part of that of fewer', () => {
    const four = { ...SAME, replicas: { a: 2, b: 4 }, predicted: [field(1, { executors: 2 })] }
    const { low, high, reasons } = changedSpeed(four)
    expect([low, high]).toEqual([expect.closeTo(0.5, 9), expect.closeTo(1, 9)])
    expect(reasons).toEqual(['no recording has 4 replicas beside one another'])
  })

  test('between numbers that recordings have may be that of either', () => {
    const predicted = [field(1, { executors: 4 }), field(1)]
    const two = { ...SAME, replicas: { a: 4, b: 2 }, predicted }
    const { low, high } = changedSpeed(two)
    expect([low, high]).toEqual([expect.closeTo(0.5, 9), expect.closeTo(2, 9)])
    expect(changedSpeed({ ...two, predicted: predicted.toReversed() })).toMatchObject({ low, high })
  })

  test('of other numbers has no idle cost beside: their fields are of about the load of B', () => {
    const two = field(1, { executors: 2 })
    const of = { ...SAME, replicas: { a: 1, b: 2 }, predicted: [two], profile: [field(1), two] }
    expect(changedSpeed({ ...of, busy: BUSIER })).toEqual(changedSpeed(of))
  })

  test('of a pool that nothing is beside is as uncertain as its work and its replicas', () => {
    const of = { replicas: 1, predicted: [field(1)], work: null }
    expect(unrelatedSpeed(of)).toEqual({ low: 1, high: 1, reasons: [], remedies: [] })
    const { low, high, reasons } = unrelatedSpeed({
      ...{ replicas: 4, predicted: [field(1)], work: { low: 0.8, high: 1.5 } },
    })
    expect(Math.log(low)).toBeCloseTo(-Math.hypot(Math.log(4), Math.log(0.8)), 9)
    expect(high).toBeCloseTo(1.5, 9)
    expect(reasons.length).toBe(2)
  })
})
