import { describe, expect, test } from 'vitest'
import { MOST_OCCASIONS, occasionsFor, timesOf, trafficOf } from './occasion-plan.ts'

describe('the number of occasions', () => {
  const fast = { givenMs: 36_000, againMs: 900, roundMs: 50 }

  test('is the most where opening takes little of the time', () => {
    expect(occasionsFor(fast)).toBe(MOST_OCCASIONS)
  })

  test('is smaller the longer opening takes, and at least one', () => {
    const counts = [900, 2000, 3000, 5000, 6000, 60_000].map((againMs) =>
      occasionsFor({ ...fast, againMs }),
    )
    expect(counts).toEqual([4, 3, 2, 2, 1, 1])
  })

  test('leaves each occasion a round of single batches', () => {
    const counts = [50, 6000, 9000, 20_000].map((roundMs) => occasionsFor({ ...fast, roundMs }))
    expect(counts).toEqual([4, 3, 2, 1])
  })

  test('is one where there is no time at all', () => {
    expect(occasionsFor({ givenMs: 0.001, againMs: 500, roundMs: 10 })).toBe(1)
  })
})

describe('the traffic of occasions', () => {
  test.each([1, 2, 3, 4, 6])('is all of it, once, on %i occasions', (occasions) => {
    const steps = Array.from({ length: occasions }, (_, i) => trafficOf(i, occasions)).flat()
    const loads = (shared: boolean) =>
      steps.filter((step) => step.shared === shared).map(({ load }) => load)
    expect(loads(false).sort()).toEqual([0.35, 0.5, 0.75, 0.9])
    expect(loads(true).sort()).toEqual([0.15, 0.4])
  })

  test('on the other number of replicas is on the first occasion alone', () => {
    for (const occasion of [1, 2, 3]) {
      expect(trafficOf(occasion, 4).every(({ shared }) => !shared)).toBe(true)
    }
  })
})

describe('the time of occasions', () => {
  const GIVEN_MS = 10_000

  /** Times of each occasion where each takes just what it gets. */
  function spent(occasions: number, againMs: number) {
    let leftMs = GIVEN_MS
    return Array.from({ length: occasions }, (_, occasion) => {
      if (occasion > 0) leftMs -= againMs
      const times = timesOf(leftMs, { occasion, occasions, againMs })
      leftMs -= times.scriptMs + times.trafficMs
      return times
    })
  }

  test('of a single one is half for single batches, and 35 parts of 85 for traffic', () => {
    const [only] = spent(1, 700)
    expect(only!.scriptMs).toBeCloseTo((GIVEN_MS * 50) / 85, 6)
    expect(only!.trafficMs).toBeCloseTo((GIVEN_MS * 35) / 85, 6)
  })

  test.each([2, 3, 4, 6])('of %i is used up with opening, and all recordings are alike', (n) => {
    const each = spent(n, 300)
    const all = each.reduce((sum, { scriptMs, trafficMs }) => sum + scriptMs + trafficMs, 0)
    expect(all + (n - 1) * 300).toBeCloseTo(GIVEN_MS, 6)
    for (const { scriptMs } of each) expect(scriptMs).toBeCloseTo(each[0]!.scriptMs, 6)
    const perStep = each.flatMap(({ trafficMs }, i) => {
      const steps = trafficOf(i, n).length
      return steps === 0 ? [] : [trafficMs / steps]
    })
    for (const ms of perStep) expect(ms).toBeCloseTo(perStep[0]!, 6)
  })

  test('that is used up is none', () => {
    const times = timesOf(100, { occasion: 0, occasions: 3, againMs: 200 })
    expect(times).toEqual({ scriptMs: 0, trafficMs: 0 })
  })
})
