import { describe, expect, test } from 'vitest'
import type { Constant, RackHeat, Throttle } from '../../accelerator/index.ts'
import { LEVEL_INTERVALS } from '../../stats/index.ts'
import { DevicePower } from './device-power.ts'
import type { PoweredExecutor } from './powered-executor.ts'

const assumed = (value: number): Constant => ({ value, origin: 'uncalibrated', source: 'test' })
/** 1 K/W and 100 J/K: a time constant of 100 s. */
const device = { resistanceKPerW: assumed(1), capacityJPerK: assumed(100) }
const still = { supplyC: assumed(20), recirculationKPerW: assumed(0), lagMs: assumed(1000) }
const throttle = (changes: Partial<Throttle> = {}): Throttle => ({
  steps: [{ fromC: assumed(80), clock: assumed(0.5) }],
  hysteresisK: assumed(5),
  shutdownC: null,
  ...changes,
})
/** A plan of one pool that is not scaled. */
const SOLE = { pools: 1, warmW: [0] }
const times = { warmupMs: 0, durationMs: 600_000 }

const plain: PoweredExecutor = {
  pool: 0,
  cards: 1,
  idleW: 10,
  startW: 30,
  batchW: () => 110,
  slowdown: () => 1,
  heat: null,
}
const heated = (
  changes: Partial<PoweredExecutor>,
  throttleChanges?: Partial<Throttle>,
): PoweredExecutor => ({
  ...plain,
  heat: { rack: 0, device: 0, throttle: throttle(throttleChanges), restartC: 40 },
  ...changes,
})
const rackOf = (devices: number, air: Partial<RackHeat> = {}): RackHeat => ({
  ...still,
  ...air,
  devices: Array.from({ length: devices }, () => device),
})
const powerOf = (executors: readonly PoweredExecutor[], racks: readonly RackHeat[] = []) =>
  new DevicePower({ executors, racks, ...SOLE }, times)

/** A device power, and what it sees up to a time when it is looked at as it asks for it. */
function watched(executors: readonly PoweredExecutor[], racks: readonly RackHeat[]) {
  const power = powerOf(executors, racks)
  const due: number[] = []
  power.watch((at) => due.push(at))
  const looks = (until: number) => {
    const changes: [number, number, boolean][] = []
    for (;;) {
      due.sort((a, b) => a - b)
      if (!(due[0]! <= until)) return changes
      const now = due.shift()!
      for (const { executor, stopped } of power.look(now)) changes.push([now, executor, stopped])
    }
  }
  return { power, looks }
}

describe('energy', () => {
  test('is idle power over idle times and the power of batches over theirs', () => {
    const power = powerOf([plain])
    expect(power.finish(0, 1000, 500, 4)).toBe(1500)
    expect(power.finish(0, 4000, 1000, 4)).toBe(5000)
    const { totals: joules, series } = power.energy(600_000)
    // 1.5 s at 110 W, 598.5 s at 10 W
    expect(joules[0]).toBeCloseTo(165 + 5985, 6)
    const sum = series[0]!.reduce((total, each) => total + each, 0)
    expect(sum).toBeCloseTo(joules[0]!, 6)
    expect(series[0]!.length).toBe(LEVEL_INTERVALS + 1)
  })

  test('counts from the end of the warm-up, and all cards of an executor', () => {
    const executors = [{ ...plain, cards: 4 }]
    const power = new DevicePower({ executors, racks: [], ...SOLE }, { ...times, warmupMs: 1000 })
    power.finish(0, 500, 1000, 1)
    expect(power.energy(2000).totals[0]).toBeCloseTo(4 * (0.5 * 110 + 0.5 * 10), 9)
  })

  test('is the same with heat as without it, as long as nothing throttles', () => {
    const cold = powerOf([heated({})], [rackOf(1)])
    cold.finish(0, 1000, 500, 4)
    cold.finish(0, 4000, 1000, 4)
    expect(cold.energy(600_000).totals[0]).toBeCloseTo(165 + 5985, 6)
  })

  test('of a power limit is that of the slower batch', () => {
    const power = powerOf([{ ...plain, slowdown: () => 2, batchW: () => 60 }])
    expect(power.finish(0, 0, 100, 1)).toBe(200)
    expect(power.energy(200).totals[0]).toBeCloseTo(0.2 * 60, 9)
  })
})

describe('heat', () => {
  /** from 30 °C at idle towards 130 °C: 80 °C after 100 s · ln 2 */
  const knee = 100_000 * Math.log(2)

  test('halves the clock from the moment at which the step is reached, within a batch', () => {
    const power = powerOf([heated({})], [rackOf(1)])
    const end = power.finish(0, 0, knee + 5000, 1)
    // the last 5 s of work take 10 s
    expect(end).toBeCloseTo(knee + 10_000, 3)
    const warm = powerOf([heated({}, { steps: [] })], [rackOf(1)])
    expect(warm.finish(0, 0, knee + 5000, 1)).toBe(knee + 5000)
  })

  test('takes less power at the lower clock, and falls back by the hysteresis', () => {
    const power = powerOf([heated({})], [rackOf(1)])
    const first = power.finish(0, 0, knee, 1)
    // at half the clock 60 W: 80 °C is the balance, so it stays throttled
    const second = power.finish(0, first, 10_000, 1)
    expect(second - first).toBeCloseTo(20_000, 3)
    // from 80 °C at idle towards 30 °C: below 75 °C after 100 s · ln(50 / 45)
    const cooled = second + 100_000 * Math.log(50 / 45) + 1
    expect(power.finish(0, cooled, 1000, 1)).toBeCloseTo(cooled + 1000, 6)
  })

  test('stops a device at the moment of the shutdown, and is seen to have cooled', () => {
    const { power, looks } = watched(
      [heated({}, { steps: [], shutdownC: assumed(80) })],
      [rackOf(1)],
    )
    // towards 130 °C; the batch has no end of its own
    power.finish(0, 0, knee + 1000, 1)
    expect(looks(knee + 1)).toEqual([[expect.closeTo(knee, 3), 0, true]])
    // from 80 °C towards 30 °C: 40 °C after 100 s · ln(50 / 10)
    const cooled = knee + 100_000 * Math.log(5)
    expect(looks(2 * cooled)).toEqual([[expect.closeTo(cooled, 3), 0, false]])
    // 110 W until the shutdown, idle from then on
    expect(power.energy(600_000).totals[0]).toBeCloseTo(6000 + 0.1 * knee, 2)
  })

  test('that a neighbour adds to shared air stops a device, which restarts once that has ended', () => {
    const rack = rackOf(2, { recirculationKPerW: assumed(0.1) })
    const hot = heated({ batchW: () => 60 }, { steps: [], shutdownC: assumed(90) })
    const warm = heated(
      { heat: { rack: 0, device: 1, throttle: throttle({ steps: [] }), restartC: null } },
      {},
    )
    const alone = watched([hot, warm], [rack])
    alone.power.finish(0, 0, 300_000, 1)
    expect(alone.looks(300_000)).toEqual([])
    // of 60 W: 20 + 7 + 60 °C, and 10 °C more beside 110 W; stopped it cools to 42 °C beside them
    const pair = watched([hot, warm], [rack])
    pair.power.finish(1, 0, 300_000, 1)
    pair.power.finish(0, 0, 300_000, 1)
    const [stoppedAt, restartedAt] = pair.looks(600_000).map(([at]) => at)
    expect(stoppedAt).toBeGreaterThan(0)
    expect(restartedAt).toBeGreaterThan(300_000)
    expect(restartedAt).toBeLessThan(500_000)
  })

  test('of a batch that is lost ends with it, and so does its energy', () => {
    const { power, looks } = watched(
      [heated({}, { steps: [], shutdownC: assumed(80) })],
      [rackOf(1)],
    )
    power.finish(0, 0, 2 * knee, 1)
    power.lost(0, 1000)
    expect(looks(600_000)).toEqual([])
    expect(power.energy(600_000).totals[0]).toBeCloseTo(6000 + 100, 6)
    const plainly = powerOf([plain])
    plainly.finish(0, 0, 2 * knee, 1)
    plainly.lost(0, 1000)
    expect(plainly.energy(600_000).totals[0]).toBeCloseTo(6000 + 100, 6)
    expect(plainly.energy(600_000).series[0]!.reduce((a, b) => a + b)).toBeCloseTo(6100, 6)
  })

  test('of shared air makes the neighbour throttle, and air of its own does not', () => {
    const two = [
      heated({}),
      heated({
        heat: { rack: 0, device: 1, throttle: throttle(), restartC: null },
        batchW: () => 60,
      }),
    ]
    const shared = powerOf(two, [rackOf(2, { recirculationKPerW: assumed(0.1) })])
    const work = 400_000
    shared.finish(0, 0, work, 1)
    const late = shared.finish(1, 0, work, 1)
    const separate = powerOf(two, [rackOf(2)])
    separate.finish(0, 0, work, 1)
    expect(separate.finish(1, 0, work, 1)).toBe(work)
    expect(late).toBeGreaterThan(work + 1000)
  })

  test('is noted at the end of every interval, whatever the rounding of their ends', () => {
    for (const durationMs of [90_000, 100_001, 123_457.7]) {
      const executors = [heated({})]
      const power = new DevicePower(
        { executors, racks: [rackOf(1)], ...SOLE },
        { warmupMs: 0, durationMs },
      )
      power.energy(durationMs)
      expect([...power.heat[0]!.warmestC].every((celsius) => celsius === 30)).toBe(true)
      expect([...power.heat[0]!.slowest].every((clock) => clock === 1)).toBe(true)
    }
  })

  test('of engines stretches their steps, and ends their runs where the clock changes', () => {
    const power = powerOf([heated({})], [rackOf(1)])
    const pace = power.pace(0, 0, 8)
    expect(pace).toMatchObject({ stretch: 1, delayMs: 0 })
    expect(pace.changesAt).toBeCloseTo(knee, 3)
    power.ran(0, 0, pace.changesAt, 8)
    expect(power.pace(0, pace.changesAt, 8).stretch).toBe(2)
  })
})
