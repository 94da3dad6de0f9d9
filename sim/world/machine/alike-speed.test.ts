import { describe, expect, test } from 'vitest'
import { AlikeSpeed } from './alike-speed.ts'
import { type Speed, SpeedField } from './speed.ts'

/** Executor 0 stalls from 12 to 20 ms, executor 1 never. Executor 2 runs at half speed. */
const FIELD = [
  { times: [0, 12, 20], speeds: [1, 0, 1] },
  { times: [0], speeds: [1] },
  { times: [0], speeds: [0.5] },
]
const speedOf = (groups: readonly number[]) =>
  new AlikeSpeed(
    new SpeedField(FIELD),
    groups,
    [[10, 40], [0, 30], [10]].map((times) => Float64Array.from(times)),
  )

const run = (speed: Speed, executor: number, at: number, work: number) =>
  speed.finish(executor, speed.begin(executor, at, 1), work)

describe('identical executors', () => {
  test('follow the recording of the nearest batch in time, on either of them', () => {
    for (const executor of [0, 1]) {
      const speed = speedOf([7, 7, 8])
      expect(run(speed, executor, 0.1, 5)).toBe(5.1)
      expect(run(speed, executor, 9.9, 5)).toBeCloseTo(22.9, 12)
      expect(run(speed, executor, 30.1, 5)).toBe(35.1)
    }
  })

  test('never use one recording at the same time', () => {
    const speed = speedOf([7, 7, 8])
    expect(run(speed, 0, 10, 5)).toBe(23)
    expect(run(speed, 1, 11, 5)).toBe(16)
  })

  test('leave executors of another group alone', () => {
    const speed = speedOf([7, 7, 8])
    expect(run(speed, 2, 10, 5)).toBe(20)
  })

  test('follow their own recording where no other executor is identical', () => {
    const speed = speedOf([0, 1, 2])
    expect(run(speed, 0, 11, 5)).toBe(24)
    expect(run(speed, 1, 10, 5)).toBe(15)
  })
})
