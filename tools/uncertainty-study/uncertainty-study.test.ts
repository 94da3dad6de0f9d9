import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Random, stream, sum } from '../../sim/kernel/index.ts'
import { accept, meanWithError } from '../../sim/stats/index.ts'
import { Md1Wait, md1MeanWait, mg1SetUpMeanWait } from '../../sim/theory/index.ts'
import { profileSchema } from '../../sim/world/index.ts'
import { scenarioOf } from '../../test/scenarios.ts'
import { temporaryFolder } from '../../test/spillway.ts'
import {
  coverageSummary,
  figuresOfCoverage,
  missedCoverage,
} from '../claims/figures/uncertainty.ts'
import { calibratedProfile, dayOf, withoutIdleWidth } from './calibrated-machine.ts'
import { coverageRow, rowsOf } from './coverage.ts'
import { KeptPlanners } from './kept-planners.ts'
import { MACHINES } from './machines.ts'
import { studyPage } from './page.ts'
import { FIGURES, type Held, promisedShare, trueFactor } from './planner.ts'
import { LEVELS, md1, mm1, p95At, sojournsOf, tabulated, trueHeadroom } from './sojourns.ts'

/** `npm run study:uncertainty` in parts: what it takes for true, and what it makes of planners. */

const gapsOf = (count: number) => {
  const random = stream(1, 0, 'gaps')
  return Float64Array.from({ length: count }, () => random.exponential())
}

describe('what is true', () => {
  test('of M/D/1 is that of its closed form between entries of the table, to 0.2 %', () => {
    const of = md1()
    for (const load of [0.13, 0.37, 0.61, 0.83]) {
      const wait = new Md1Wait({ arrivalRate: load, service: 1 })
      const latencies = of({ serviceMs: 8, idleMs: 0, rate: (1000 * load) / 8 })
      for (const [i, p] of LEVELS.entries()) {
        const truth = 8 * (1 + wait.quantile(p))
        expect(Math.abs(latencies[i]! / truth - 1)).toBeLessThan(0.002)
      }
    }
  })

  test('is infinite where the machine is overloaded', () => {
    const day = { serviceMs: 10, idleMs: 0, rate: 100 }
    for (const of of [mm1, md1()]) {
      expect(of(day)).toEqual(LEVELS.map(() => Number.POSITIVE_INFINITY))
    }
  })

  const BATCHES = 40
  const gaps = gapsOf(BATCHES * 20_000)

  /** The mean of latencies against that of theory. */
  const accepted = (idle: number, theory: number) => {
    const sojourns = sojournsOf({ gaps, load: 0.5, idle })
    const means = Array.from({ length: BATCHES }, (_, i) => {
      const size = sojourns.length / BATCHES
      return sum([...sojourns.subarray(i * size, (i + 1) * size)]) / size
    })
    const { mean: estimate, standardError, halfWidth: halfWidth95 } = meanWithError(means)
    const name = `idle cost of ${idle}`
    return accept({ name, estimate, standardError, halfWidth95, theory }).problem
  }

  test('by Lindley is the mean of Pollaczek and Khinchine', () => {
    const theory = 1 + md1MeanWait({ arrivalRate: 0.5, service: 1 })
    expect(accepted(0, theory)).toBeNull()
    // negative control
    expect(accepted(0, 1.05 * theory)).not.toBeNull()
  })

  test('with a cost of idle times has the mean of Welch', () => {
    const queue = { arrivalRate: 0.5, meanService: 1, secondMoment: 1 }
    const wait = mg1SetUpMeanWait(queue, { mean: 0.6, secondMoment: 0.36 })
    expect(accepted(0.6, 1 + wait)).toBeNull()
  })

  test('on a path of one speed is that of a service that takes as long', () => {
    const few = gaps.subarray(0, 2000)
    const path = { speeds: Float64Array.of(2, 2, 2), step: 0.37 }
    const fast = sojournsOf({ gaps: few, load: 0.8, idle: 0, path })
    const plain = sojournsOf({ gaps: few, load: 0.4, idle: 0 })
    for (const [i, latency] of fast.entries()) expect(latency).toBeCloseTo(plain[i]! / 2, 9)
  })

  test('between entries of a table is on the line of the logarithms', () => {
    const grid = { cells: 10, others: [0, 2, 3] }
    const of = tabulated(grid, (load, other) => {
      return LEVELS.map((_, level) => Math.exp(level + other) / (1 - load))
    })
    for (const [load, other] of [
      [0.01, 0],
      [0.35, 1.2],
      [0.97, 3.4],
    ] as const) {
      for (const [level, times] of of(load, other).entries()) {
        expect(times).toBeCloseTo(Math.exp(level + other) / (1 - load), 6)
      }
    }
  })

  test('of the headroom is where p95 is at the limit', () => {
    const day = { serviceMs: 10, idleMs: 0, rate: 40 }
    // M/M/1: ln 20 / (1 / s - rate) is at the limit
    const limitMs = 70
    const truth = (0.1 - Math.log(20) / limitMs) / 0.04
    expect(trueHeadroom(mm1, day, limitMs)).toBeCloseTo(truth, 9)
    expect(p95At(mm1, day, truth)).toBeCloseTo(limitMs, 6)
  })

  test('of an answered headroom is the share of days on which it passes', () => {
    const days = [30, 40, 50, 60].map((rate) => ({ day: { serviceMs: 10, idleMs: 0, rate } }))
    // passes at up to 57.2 requests/s
    const limited = { sojourns: mm1, limitMs: 70 }
    expect(promisedShare(1, days, limited)).toBe(0.75)
    expect(promisedShare(1.3, days, limited)).toBe(0.5)
  })

  test.each([
    ['± 10 %', 1 / 1.1, 1.1],
    [[0.8, 1.2], 0.81, 1.19],
  ] as const)('of a width %j has 95 %% of its factors within it', (width, low, high) => {
    const random = new Random('factors')
    const factors = Array.from({ length: 20_000 }, () => trueFactor(width, random))
    const below = factors.filter((factor) => factor < low).length / factors.length
    const above = factors.filter((factor) => factor > high).length / factors.length
    for (const share of [below, above]) expect(Math.abs(share - 0.025)).toBeLessThan(0.004)
  })
})

const MLP = {
  models: { m: { builtin: 'mlp', layers: 1, width: 8 } },
  traffic: [{ class: 'web', arrivals: { process: 'poisson', rate_rps: 30 } }],
  pools: [{ name: 'a', model: 'm' }],
}

describe('a calibrated machine', () => {
  const scenario = scenarioOf(MLP)
  const machine = {
    occasions: 4,
    scatter: 0.1,
    drift: [{ ms: 1000, deviation: 0.03 }],
    idle: { ms: 6, scatter: 0.3 },
  }
  const of = () => ({ serviceMs: 10, random: stream(1, 0, 'occasions') })

  test('has a profile of its occasions, whose speeds are 1 in the mean', () => {
    const profile = calibratedProfile(scenario, machine, of())
    expect(profileSchema.parse(profile)).toEqual(profile)
    const { widths, fields, work, wake } = profile.models[0]!
    const speeds = widths!.occasions.map((occasion) => occasion.speeds[0]!)
    expect(speeds).toHaveLength(4)
    expect(sum(speeds.map((speed) => Math.log(speed)))).toBeCloseTo(0, 9)
    expect(Math.abs(work.ms[0]![0]! / 10 - 1)).toBeLessThan(0.3)
    expect(sum(widths!.occasions.map(({ idle }) => idle!))).toBeCloseTo(4, 9)
    expect(wake.ms[0]).toBe(0)
    for (const [i, { executors }] of fields.entries()) {
      const logs = executors[0]!.speeds.map((speed) => Math.log(speed))
      expect(sum(logs) / logs.length).toBeCloseTo(Math.log(speeds[i]!), 9)
    }
  })

  test('whose profile is exact is the same on all occasions and days', () => {
    const exact = { occasions: 3, scatter: 0 }
    const { widths, work, wake } = calibratedProfile(scenario, exact, of()).models[0]!
    expect(work.ms).toEqual([[10]])
    expect(wake.ms).toEqual([0])
    expect(widths!.occasions.map(({ speeds }) => speeds)).toEqual([[1], [1], [1]])
    expect(dayOf(exact, of())).toEqual({ serviceMs: 10, idleMs: 0 })
  })

  test('may be known without how its idle cost differs', () => {
    const profile = withoutIdleWidth(calibratedProfile(scenario, machine, of()))
    const { occasions } = profile.models[0]!.widths!
    expect(occasions.map(({ idle }) => idle)).toEqual([null, null, null, null])
  })

  test('differs between days by its scatter', () => {
    const { random } = of()
    const days = Array.from({ length: 4000 }, () => dayOf(machine, { serviceMs: 10, random }))
    const logs = days.map(({ serviceMs }) => Math.log(serviceMs / 10))
    const deviation = Math.sqrt(sum(logs.map((each) => each * each)) / logs.length)
    expect(Math.abs(deviation - 0.1)).toBeLessThan(0.005)
    expect(Math.abs(sum(days.map(({ idleMs }) => idleMs)) / days.length - 6)).toBeLessThan(0.15)
  })
})

/** A planner whose intervals hold such shares of the truths. */
const heldOf = (share: number, promised: number | null = null): Held => ({
  wider: FIGURES.map((name) => (name === 'headroom' ? Math.round(share) : share)),
  draws: FIGURES.map(() => 0),
  drawn: 32,
  promised,
})

const [MACHINE] = MACHINES
const [LEFT_OUT] = MACHINE!.leftOut

describe('coverage', () => {
  const rowOf = (leftOut: string | null, shares: readonly number[]) =>
    coverageRow(
      { machine: MACHINE!, leftOut },
      shares.map((share) => heldOf(share)),
    )

  test('is of all planners of each machine, and of fewer that leave out a source', () => {
    const rows = rowsOf(MACHINES, { planners: 500, searches: 20 })
    expect(rows).toHaveLength(MACHINES.length + sum(MACHINES.map((each) => each.leftOut.length)))
    expect(rows[0]).toMatchObject({ leftOut: null, planners: 500, searches: 20 })
    expect(rows[1]).toMatchObject({ leftOut: LEFT_OUT, planners: 100, searches: 0 })
    for (const { leftOut } of MACHINES) expect(leftOut.length).toBeGreaterThan(0)
  })

  test('has the interval over planners, and for the headroom that of a share', () => {
    const { wider, promised, planners } = rowOf(null, [0.94, 0.96, 0.95, 0.4])
    const [p50, , , headroom] = wider
    expect(planners).toBe(4)
    expect(promised).toBeNull()
    expect(p50!.value).toBeCloseTo(0.8125, 9)
    expect(p50!.high).toBe(1)
    expect(headroom!.value).toBe(0.75)
    expect(headroom!.low).toBeCloseTo(0.194, 3)
  })

  test('that is surely outside 93 to 97 % is missed, and that near it is not', () => {
    const near = rowOf(null, [0.9, 0.95, 1])
    const far = rowOf(null, [0.85, 0.86, 0.87])
    const missed = (rows: Parameters<typeof figuresOfCoverage>[0]) =>
      missedCoverage(figuresOfCoverage(rows, 500))
    expect(missed([near])).toEqual([])
    expect(missed([far])).toContain(`${MACHINE!.name}: p50 is covered in 86.0 %`)
  })

  test('of a control has to fall below 90 % for some figure', () => {
    const missed = (shares: readonly number[]) =>
      missedCoverage(figuresOfCoverage([rowOf(LEFT_OUT!, shares)], 500))
    expect(missed([0.5, 0.52, 0.51])).toEqual([])
    expect(missed([0.94, 0.95, 0.96])).toHaveLength(1)
  })

  test('of an answered headroom is missed where it surely passes too rarely', () => {
    const row = coverageRow(
      { machine: MACHINE!, leftOut: null },
      [0.8, 0.81, 0.82].map((promised) => heldOf(0.95, promised)),
    )
    expect(missedCoverage(figuresOfCoverage([row], 500)).join()).toContain('the headroom passes')
  })

  test('is a page with a row for each interval', () => {
    const rows = [rowOf(null, [0.94, 0.95, 0.96]), rowOf(LEFT_OUT!, [0.5, 0.52, 0.51])]
    const figures = figuresOfCoverage(rows, 500)
    const page = studyPage(figures)
    expect(page.split('\n').filter((line) => line.startsWith(`| ${MACHINE!.name}`))).toHaveLength(4)
    expect(page).not.toMatch(/NaN|undefined|null|Infinity|\[object/)
    const summary = coverageSummary(figures)
    expect(summary).toMatchObject({ machines: 1, planners: 3, figures: 5, controls: 1 })
    expect(summary.without).toBeCloseTo(0.51, 9)
  })
})

describe('planners that are kept', () => {
  const folder = temporaryFolder()
  const simulated = async () => heldOf(0.95)
  const never = async (): Promise<Held> => {
    throw new Error('Expected a kept planner')
  }

  test('are not simulated again, and a line that was cut off is', async () => {
    const first = new KeptPlanners(folder)
    const held = await first.of('a', simulated)
    await first.of('b', simulated)
    const path = join(folder, 'planners.jsonl')
    appendFileSync(path, readFileSync(path, 'utf8').slice(0, 40))
    const second = new KeptPlanners(folder)
    expect(['a', 'b', 'c'].map((key) => second.has(key))).toEqual([true, true, false])
    expect(await second.of('a', never)).toEqual(held)
    await second.of('c', simulated)
    const third = new KeptPlanners(folder)
    expect(await third.of('c', never)).toEqual(held)
    expect(third.earlierMinutes).toBeGreaterThanOrEqual(0)
  })

  test('are none without a folder', async () => {
    const none = new KeptPlanners(null)
    expect(await none.of('a', simulated)).toEqual(heldOf(0.95))
    expect(none.has('a')).toBe(false)
  })
})
