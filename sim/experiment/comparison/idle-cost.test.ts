import { describe, expect, test } from 'vitest'
import { stream } from '../../kernel/index.ts'
import { NO_WAKE } from '../../world/index.ts'
import { idleChange, idleCosts, idlePasses } from './idle-cost.ts'
import type { IdleProbe, ProbedBatch } from './observed-run.ts'
import type { ExecutorWork } from './structure.ts'

const WORK_MS = 2
const constant: ExecutorWork = { work: () => WORK_MS, wake: NO_WAKE }
const EXECUTORS = [0, 1] as const
const SHARES = [0.8, 0.5, 0.2]

/** Three batches of one series, with the share of time in batches that it makes. */
function series(share: number, ms: number, of: Partial<ProbedBatch> = {}): ProbedBatch[] {
  const gap = (ms * (1 - share)) / share
  const batch = { executor: 0, size: 1, length: 8, idleMs: share === 1 ? 0 : 1 / share, gap, ms }
  return Array.from({ length: 3 }, () => ({ ...batch, ...of }))
}

/** A whole pass, in which the logarithm of the time rises by so much per share of idle time. */
const passOf = (cost: number, of: Partial<ProbedBatch> = {}): IdleProbe => ({
  at: 0,
  batches: SHARES.flatMap((share) => [
    ...series(1, WORK_MS, of),
    ...series(share, WORK_MS * Math.exp(cost * (1 - share)), of),
  ]),
})

const passesOf = (probes: readonly IdleProbe[], work = constant) =>
  idlePasses(probes, [work], EXECUTORS)

/** From a share of time in batches to another one, on one machine. */
const changeOf = (probes: readonly IdleProbe[], from: number, to: number, work = constant) => {
  const passes = passesOf(probes, work)
  return idleChange({ share: from, passes }, { share: to, passes })
}

describe('the change of speed by idle time', () => {
  test('is what probes show between two shares of time in batches, in either direction', () => {
    const probes = [passOf(0.4), passOf(0.4), passOf(0.4)]
    for (const [from, to] of [
      [0.3, 0.8],
      [0.65, 0.95],
      [0.8, 0.3],
    ] as const) {
      const factor = expect.closeTo(Math.exp(0.4 * (to - from)), 9)
      expect(changeOf(probes, from, to)).toEqual({ factor, low: factor, high: factor, passes: 3 })
    }
  })

  test('is nothing where executors are as busy, or where idle time costs nothing', () => {
    expect(changeOf([passOf(0.4), passOf(0.7)], 0.5, 0.5)).toMatchObject({ factor: 1, low: 1 })
    expect(changeOf([passOf(0), passOf(0)], 0.3, 0.9)!.factor).toBeCloseTo(1, 12)
  })

  test('has no wake-up cost of the profile, which simulations have', () => {
    const wake = { gapMs: [0, 10], ms: [0, 1] }
    const work = { ...constant, wake }
    const probe: IdleProbe = {
      at: 0,
      batches: [...series(1, 2, { gap: 0 }), ...series(0.5, 3, { gap: 10 })],
    }
    expect(changeOf([probe, probe], 0.3, 1, work)!.factor).toBeCloseTo(1, 9)
    expect(changeOf([probe, probe], 0.2, 1)!.factor).toBeCloseTo(1.5, 9)
  })

  test('is nothing where passes do not show it, and its interval says what it may be', () => {
    const { factor, low, high } = changeOf([passOf(0.1), passOf(0.3)], 0.3, 0.8)!
    expect(factor).toBe(1)
    expect(Math.log(low * high) / 2).toBeCloseTo(0.1, 9)
    expect(low).toBeLessThan(1)
  })

  test('beyond what was probed is that of the longest idle time', () => {
    const probes = [passOf(0.4), passOf(0.4)]
    expect(changeOf(probes, 0.05, 1)!.factor).toBeCloseTo(Math.exp(0.4 * 0.8), 9)
  })

  test('is of passes at about the same times, where one side needed longer for each', () => {
    const [a, b] = [
      [0.1, 0.1, 0.5, 0.5],
      [0.1, 0.5],
    ].map((costs) => passesOf(costs.map((cost) => passOf(cost))))
    // the machine costs both sides the same: what differs is their share of time in batches
    const { factor, low, high, passes } = idleChange(
      { share: 0.3, passes: a! },
      { share: 0.3, passes: b! },
    )!
    expect([factor, low, high]).toEqual([1, 1, 1].map((one) => expect.closeTo(one, 9)))
    expect(passes).toBe(2)
  })

  test('is not known from fewer than two passes', () => {
    expect(changeOf([], 0.3, 0.8)).toBe(null)
    expect(changeOf([passOf(0.4)], 0.3, 0.8)).toBe(null)
  })

  test('has the scatter of the cost from pass to pass in its interval', () => {
    const random = stream(1, 0, 'idle costs')
    const trials = 400
    let inside = 0
    for (let trial = 0; trial < trials; trial++) {
      const probes = Array.from({ length: 6 }, () => passOf(0.4 + 0.1 * random.normal()))
      const { low, high } = changeOf(probes, 0.3, 0.8)!
      if (low <= Math.exp(0.2) && Math.exp(0.2) <= high) inside++
    }
    expect(inside / trials).toBeGreaterThan(0.92)
    expect(inside / trials).toBeLessThan(0.98)
  })

  test('is that of usual batches, and as wide as small ones differ from them', () => {
    const both = (usual: number, small: number): IdleProbe => ({
      at: 0,
      batches: [...passOf(small).batches, ...passOf(usual, { size: 4 }).batches],
    })
    const probes = [both(0.4, 0.6), both(0.4, 0.6)]
    expect(changeOf(probes, 0.3, 0.8)).toEqual({
      factor: expect.closeTo(Math.exp(0.2), 9),
      low: expect.closeTo(Math.exp(0.1), 9),
      high: expect.closeTo(Math.exp(0.3), 9),
      passes: 2,
    })
  })

  test('is not moved by a stall within one batch of a series', () => {
    const stalled = passOf(0.4)
    const batches = stalled.batches.map((batch, i) => (i % 3 === 1 ? { ...batch, ms: 30 } : batch))
    const change = changeOf([{ ...stalled, batches }, passOf(0.4)], 0.3, 0.8)!
    // the share of that batch is another one, and neither is the median
    expect(change.factor).toBeCloseTo(Math.exp(0.2), 9)
  })

  test('is by the passes of both sides, which alternated', () => {
    const a = passesOf([passOf(0.4), passOf(0.4), passOf(0.4)])
    const b = passesOf([passOf(0.1), passOf(0.1)])
    const change = idleChange({ share: 0.3, passes: a }, { share: 0.3, passes: b })!
    expect(change.passes).toBe(2)
    expect(change.factor).toBeCloseTo(Math.exp(0.3 * 0.7), 9)
  })
})

describe('a pass', () => {
  test('is whole where each idle time was probed, before one slice or before several', () => {
    const { batches } = passOf(0.4)
    const parts = [0, 6, 12].map((from) => ({ at: from, batches: batches.slice(from, from + 6) }))
    const nothing = { at: 1, batches: [] }
    expect(passesOf([nothing, ...parts, nothing, ...parts, parts[0]!])).toEqual(
      passesOf([passOf(0.4), passOf(0.4)]),
    )
  })

  test('is of the executors of one pool', () => {
    const elsewhere = passOf(0.9, { executor: 2 })
    const { batches } = passOf(0.4)
    const mixed = { at: 0, batches: [...elsewhere.batches, ...batches] }
    expect(passesOf([mixed])).toEqual(passesOf([passOf(0.4)]))
    expect(passesOf([elsewhere])).toEqual([])
  })

  test('has no batch that none of its shape was run back to back just before', () => {
    const lonely = series(0.5, 3, { size: 2 })
    const [pass] = passesOf([{ at: 0, batches: [...series(1, 2), ...series(0.5, 3)] }])
    expect(pass!.small).toHaveLength(1)
    expect(passesOf([{ at: 0, batches: [...series(1, 2), ...lonely] }])).toEqual([])
  })
})

describe('costs of idle times', () => {
  test('are times over those of back-to-back batches, with an interval over probes', () => {
    const costs = idleCosts([passOf(0.4), passOf(0.5)])
    expect(costs.map(({ idleMs, n }) => [idleMs, n])).toEqual(SHARES.map((of) => [1 / of, 2]))
    for (const [i, { factor, backToBackMs, share, executor, size, length }] of costs.entries()) {
      expect([executor, size, length, backToBackMs]).toEqual([0, 1, 8, WORK_MS])
      expect(share).toBeCloseTo(SHARES[i]!, 9)
      expect(Math.log(factor.value)).toBeCloseTo(0.45 * (1 - SHARES[i]!), 9)
      expect(Math.sqrt(factor.low! * factor.high!)).toBeCloseTo(factor.value, 9)
      expect(factor.low).toBeLessThan(factor.value)
    }
  })

  test('of a single probe have no interval, and of none there are none', () => {
    expect(idleCosts([passOf(0.4)])[0]!.factor).toMatchObject({ low: null, high: null })
    expect(idleCosts([])).toEqual([])
  })
})
