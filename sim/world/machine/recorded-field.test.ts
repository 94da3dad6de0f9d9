import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { recordField, recordMet, type WorkedBatch } from './recorded-field.ts'
import { SpeedField } from './speed.ts'
import { type DueEvent, NEVER, usualOverhead } from './stalls.ts'

const COMPLETION_MS = 0.02
const NO_TURNS = { reactions: [], handOvers: [] }

const batch = (
  executor: number,
  [dispatched, started, ended]: [number, number, number],
  work: number,
): WorkedBatch => ({ executor, dispatched, started, ended, done: ended + COMPLETION_MS, work })

const turnsOf = (batches: readonly WorkedBatch[]) => ({
  reactions: batches.map(({ ended, done }): DueEvent => [ended, done]),
  handOvers: [],
})

/** Consecutive batches on each executor: some held up, some dispatched late. */
const part = fc.record({
  executor: fc.nat(1),
  gap: fc.double({ min: 0, max: 20, noNaN: true }),
  dispatch: fc.oneof(
    { weight: 4, arbitrary: fc.double({ min: 0.01, max: 0.05, noNaN: true }) },
    { weight: 1, arbitrary: fc.double({ min: 1, max: 20, noNaN: true }) },
  ),
  work: fc.double({ min: 0.1, max: 20, noNaN: true }),
  slowness: fc.oneof(
    { weight: 4, arbitrary: fc.double({ min: 0.7, max: 1.3, noNaN: true }) },
    { weight: 1, arbitrary: fc.double({ min: 1.3, max: 30, noNaN: true }) },
  ),
})
const run = fc.array(part, { minLength: 1, maxLength: 40 }).map((parts) => {
  const free = [0, 0]
  const batches = parts.map(({ executor, gap, dispatch, work, slowness }) => {
    const dispatched = free[executor]! + gap
    const started = dispatched + dispatch
    const ended = started + work * slowness
    free[executor] = ended + COMPLETION_MS
    return batch(executor, [dispatched, started, ended], work)
  })
  return batches.sort((a, b) => a.dispatched - b.dispatched)
})

describe('a recorded field', () => {
  test('gives the same batches the same ends when they run again with usual dispatches', () => {
    fc.assert(
      fc.property(run, (batches) => {
        const field = new SpeedField(recordField(batches, 2, turnsOf(batches)).executors)
        const { median, longest } = usualOverhead(batches, (b) => b.started - b.dispatched)
        for (const { executor, dispatched, started, ended, work } of batches) {
          const late = started - dispatched > longest
          const end = field.finish(executor, late ? dispatched + median : started, work)
          expect(Math.abs(end - ended)).toBeLessThanOrEqual(1e-9 * (1 + ended))
        }
      }),
      { numRuns: 300 },
    )
  })

  test('has rising times, and ends at a speed above 0', () => {
    fc.assert(
      fc.property(run, (batches) => {
        for (const { times, speeds } of recordField(batches, 2, turnsOf(batches)).executors) {
          expect(times.length).toBe(speeds.length)
          expect(times).toEqual([...times].sort((a, b) => a - b))
          expect(speeds.at(-1)).toBeGreaterThan(0)
        }
      }),
    )
  })

  test('is work over time taken, from the start of a batch to the start of the next', () => {
    const batches = [batch(0, [0, 0, 10], 10), batch(0, [15, 15, 27], 10)]
    expect(recordField(batches, 1, NO_TURNS).executors).toEqual([
      { times: [0, 15], speeds: [1, 10 / 12] },
    ])
  })

  test('places the delay of a batch in its middle, at the usual speed around it', () => {
    const usual = [0, 100, 200].map((at) => batch(0, [at, at, at + 10 / 0.8], 10))
    const heldUp = batch(0, [300, 300, 323], 10)
    const after = [400, 500].map((at) => batch(0, [at, at, at + 10 / 0.8], 10))
    const { times, speeds } = recordField([...usual, heldUp, ...after], 1, NO_TURNS).executors[0]!
    // 10 ms of work at speed 0.8 take 12.5 ms, and the batch took 23 ms
    expect(times.slice(3, 6)).toEqual([300, 306.25, 316.75])
    expect(speeds.slice(3, 6)).toEqual([0.8, 0, 0.8].map((speed) => expect.closeTo(speed, 12)))
  })

  test('has no stall in a slow period: its batches are usual for their time', () => {
    const slow = Array.from({ length: 20 }, (_, i) =>
      batch(0, [100 * i, 100 * i, 100 * i + 20], 10),
    )
    const { speeds } = recordField(slow, 1, NO_TURNS).executors[0]!
    expect(new Set(speeds)).toEqual(new Set([0.5]))
  })

  test('turns a late dispatch into a stall of the executor', () => {
    const batches = [
      batch(0, [0, 0.02, 10.02], 10),
      batch(0, [20, 20.02, 30.02], 10),
      batch(0, [40, 45, 55], 10),
    ]
    const { times, speeds } = recordField(batches, 1, NO_TURNS).executors[0]!
    expect([times.slice(2), speeds.slice(2)]).toEqual([
      [expect.closeTo(40.02, 9), 45],
      [0, 1],
    ])
  })

  test('makes the executor late where an active dispatcher did not see an end', () => {
    const done = [0, 20, 40].map((at) => batch(0, [at, at, at + 10], 10))
    const unseen = { ...batch(0, [60, 60, 70], 10), done: 75 }
    const batches = [...done, unseen]
    const busy = [71, 72, 73, 74].map((at): DueEvent => [at, at])
    const { executors } = recordField(batches, 1, { ...turnsOf(batches), handOvers: busy })
    expect(new SpeedField(executors).finish(0, 60, 10)).toBeCloseTo(75 - COMPLETION_MS, 9)
    const asleep = recordField(batches, 1, turnsOf(batches))
    expect(new SpeedField(asleep.executors).finish(0, 60, 10)).toBeCloseTo(70, 9)
    expect(asleep.dispatcher.to).toEqual([75])
  })

  test('of an executor without batches, or of a run without any, is ideal', () => {
    const ideal = { times: [0], speeds: [1] }
    const { executors } = recordField([batch(1, [0, 0, 5], 10)], 3, NO_TURNS)
    expect([executors[0], executors[2]]).toEqual([ideal, ideal])
    expect(recordField([], 1, NO_TURNS)).toEqual({
      executors: [ideal],
      dispatcher: NEVER,
      intake: NEVER,
    })
  })

  test('separates stalls that delay completions and timers from those that only delay sends', () => {
    const usual = Array.from({ length: 9 }, (_, i): DueEvent => [i, i + 0.01])
    const lateTimer: DueEvent = [20, 25]
    const lateRequest: DueEvent = [40, 43]
    const field = recordField([], 1, {
      reactions: [...usual, lateTimer],
      handOvers: [...usual, lateRequest],
    })
    expect(field.dispatcher.to).toEqual([25])
    expect(field.intake.to).toEqual([25, 43])
  })

  test('for other events has stalls from when something met them', () => {
    const usual = Array.from({ length: 9 }, (_, i): DueEvent => [i, i + 0.01])
    const turns = {
      reactions: [...usual, [20, 25] as const, [40.5, 43] as const],
      handOvers: [...usual, [21, 25] as const, [40, 43] as const],
    }
    const { dispatcher, intake } = recordMet([], 1, turns)
    expect([dispatcher, intake]).toEqual([
      { from: [20, 40.5], to: [25, 43] },
      { from: [21, 40], to: [25, 43] },
    ])
    expect(recordField([], 1, turns).intake.from).toEqual([19.8, 39.8])
  })
})
