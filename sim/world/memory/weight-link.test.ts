import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Random } from '../../kernel/index.ts'
import { accept, meanWithError } from '../../stats/index.ts'
import { WeightLink } from './weight-link.ts'

interface Told {
  readonly at: number
  readonly bytes: number
}

/** The end of each load, at one byte a ms. `at` rises. */
function ends(loads: readonly Told[], setUpMs = 0): number[] {
  const link = new WeightLink({ gibPerS: 1000 / 1024 ** 3, setUpMs })
  const last: number[] = []
  for (const [i, { at, bytes }] of loads.entries()) {
    for (const end of link.begin(at, i, bytes)) last[end.executor] = end.at
  }
  return last
}

const loads = fc
  .array(
    fc.record({ gap: fc.constantFrom(0, 0, 1, 7, 50), bytes: fc.integer({ min: 0, max: 100 }) }),
    {
      minLength: 1,
      maxLength: 12,
    },
  )
  .map((drawn) => {
    let at = 0
    return drawn.map(({ gap, bytes }) => ({ at: (at += gap), bytes }))
  })

describe('loads on a shared link', () => {
  test('that do not overlap take the time of their own bytes', () => {
    const farApart = [0, 100, 200].map((at) => ({ at, bytes: 60 }))
    expect(ends(farApart, 5)).toEqual([65, 165, 265])
  })

  test('that overlap end when their own bytes are transferred, the last after the time of all bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1e9 }), { minLength: 1 }), (sizes) => {
        const endTimes = ends(
          sizes.map((bytes) => ({ at: 0, bytes })),
          3,
        )
        for (const [i, size] of sizes.entries()) {
          const passed = sizes.reduce((total, passing) => total + Math.min(size, passing), 0)
          expect(Math.abs(endTimes[i]! - 3 - passed)).toBeLessThanOrEqual(1e-9 * passed)
        }
      }),
    )
  })

  test('keep the link busy: all end together when they would end one after another', () => {
    fc.assert(
      fc.property(loads, fc.constantFrom(0, 4), (drawnLoads, setUpMs) => {
        let free = 0
        for (const { at, bytes } of drawnLoads) free = Math.max(free, at + setUpMs) + bytes
        expect(Math.max(...ends(drawnLoads, setUpMs))).toBeCloseTo(free, 6)
      }),
      { numRuns: 500 },
    )
  })

  test('end where a simulation in small steps of equal shares ends them', () => {
    const fourLoads = [
      { at: 0, bytes: 40 },
      { at: 10, bytes: 10 },
      { at: 12, bytes: 30 },
      { at: 90, bytes: 5 },
    ]
    const left = fourLoads.map(({ bytes }) => bytes)
    const through = left.map(() => 0)
    const step = 1e-3
    for (let now = 0; now < 120; now += step) {
      const passing = fourLoads.flatMap(({ at }, i) => (at + 2 <= now && left[i]! > 0 ? [i] : []))
      for (const i of passing) {
        left[i]! -= step / passing.length
        if (left[i]! <= 0) through[i] = now
      }
    }
    for (const [i, at] of ends(fourLoads, 2).entries()) expect(at).toBeCloseTo(through[i]!, 1)
  })
})

describe('Poisson loads are M/G/1 with processor sharing, load 0.5', () => {
  // Kleinrock, Queueing Systems II (1976), section 4.4: E[S] / (1 - load), for any distribution of
  // sizes
  const theory = 100 / (1 - 0.5)
  const laws: Readonly<Record<string, (random: Random) => number>> = {
    'of one size': () => 100,
    'of exponential sizes': (random) => 100 * random.exponential(),
    'of two sizes': (random) => (random.uniform() < 0.8 ? 50 : 300),
  }

  function mean(bytes: (random: Random) => number) {
    const means = Array.from({ length: 16 }, (_, replication) => {
      const random = new Random(`loads ${replication}`)
      let at = 0
      const drawnLoads = Array.from({ length: 20_000 }, () => {
        at += (100 / 0.5) * random.exponential()
        return { at, bytes: bytes(random) }
      })
      const endTimes = ends(drawnLoads)
      return (
        drawnLoads.reduce((sum, { at: from }, i) => sum + endTimes[i]! - from, 0) /
        drawnLoads.length
      )
    })
    return meanWithError(means)
  }

  test.each(Object.keys(laws))('%s', (law) => {
    const { mean: estimate, standardError, halfWidth } = mean(laws[law]!)
    const trial = { name: law, estimate, standardError, halfWidth95: halfWidth }
    expect(accept({ ...trial, theory }).problem).toBeNull()
    expect(accept({ ...trial, theory: 1.05 * theory }).problem).not.toBeNull()
  })

  test('that are given up leave the link to the others', () => {
    const link = new WeightLink({ gibPerS: 1000 / 1024 ** 3, setUpMs: 0 })
    link.begin(0, 0, 60)
    expect(link.begin(0, 1, 60).map(({ at }) => at)).toEqual([120, 120])
    // each has 20 bytes by then
    expect(link.abort(40, 1)).toEqual([{ executor: 0, at: 80 }])
    expect(link.abort(50, 1)).toEqual([])
    expect(link.begin(60, 1, 10)).toEqual([
      { executor: 0, at: 90 },
      { executor: 1, at: 80 },
    ])
  })
})
