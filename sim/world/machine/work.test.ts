import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Random } from '../../kernel/index.ts'
import { declaredWork, NO_WAKE, tabulatedWork, type WorkTable, wakeCost } from './work.ts'

const random = new Random('work')

describe('declared work', () => {
  test('constant work is the same for every batch', () => {
    const { of } = declaredWork({ law: 'constant', ms: 4 })
    expect([of(1, 1, random), of(32, 512, random)]).toEqual([4, 4])
  })

  test('linear work counts the padded tokens of every member', () => {
    const work = { base_ms: 2, per_item_ms: 0.5, per_token_ms: 0.01 }
    expect(declaredWork({ law: 'linear', ...work }).of(4, 100, random)).toBe(2 + 4 * (0.5 + 1))
  })

  test('tabulated work is linear between and beyond its sizes, at any length', () => {
    const { of } = declaredWork({ law: 'table', sizes: [2, 4, 8], ms: [3, 4, 8], cv: 0 })
    const sizes = [1, 2, 3, 4, 6, 8, 12]
    expect(sizes.map((size) => of(size, 1, random))).toEqual([3, 3, 3.5, 4, 6, 8, 12])
    expect(sizes.map((size) => of(size, 99, random))).toEqual([3, 3, 3.5, 4, 6, 8, 12])
  })

  test('tabulated work scatters about its mean with its coefficient of variation, |z| <= 4', () => {
    const { of, mean } = declaredWork({ law: 'table', sizes: [1, 2], ms: [3, 5], cv: 0.3 })
    expect(mean(2, 77)).toBe(5)
    const n = 100_000
    let [sum, squares] = [0, 0]
    for (let i = 0; i < n; i++) {
      const ratio = of(2, 1, random) / 5
      sum += ratio
      squares += (ratio - 1) ** 2
    }
    expect(Math.abs(sum / n - 1) / (0.3 / Math.sqrt(n))).toBeLessThanOrEqual(4)
    // kurtosis is 4.57: with w = 1 + cv^2, w^4 + 2 w^3 + 3 w^2 - 3
    expect(Math.abs(squares / n / 0.09 - 1) / Math.sqrt(3.57 / n)).toBeLessThanOrEqual(4)
  })

  test.each([
    [{ law: 'exponential', mean_ms: 3 }, 3, 3],
    [{ law: 'two-point', ms: 1, slow_ms: 21, slow_share: 0.1 }, 3, 6],
  ] as const)('%o has its mean, |z| <= 4', (work, mean, deviation) => {
    const { of, mean: stated } = declaredWork(work)
    const n = 100_000
    let sum = 0
    for (let i = 0; i < n; i++) sum += of(1, 1, random)
    expect(stated(1, 1)).toBeCloseTo(mean, 12)
    expect(Math.abs(sum / n - mean) / (deviation / Math.sqrt(n))).toBeLessThanOrEqual(4)
  })

  test('a set-up time is constant or drawn', () => {
    expect(declaredWork({ law: 'constant', ms: 4 }).setUp).toBeUndefined()
    expect(declaredWork({ law: 'constant', ms: 4, setup_ms: 7 }).setUp?.(random)).toBe(7)
    const drawn = { distribution: 'uniform', min: 2, max: 3 } as const
    const { setUp } = declaredWork({ law: 'constant', ms: 4, setup_ms: drawn })
    const times = Array.from({ length: 1000 }, () => setUp!(random))
    expect(Math.min(...times)).toBeGreaterThanOrEqual(2)
    expect(Math.max(...times)).toBeLessThan(3)
    expect(new Set(times).size).toBeGreaterThan(900)
  })
})

describe('tabulated work', () => {
  const table: WorkTable = {
    sizes: [1, 4, 8],
    lengths: [16, 64],
    ms: [
      [1, 2],
      [4, 8],
      [6, 12],
    ],
  }
  const timeOf = (size: number, length: number) => tabulatedWork(table).of(size, length, random)

  test('equals the table at its knots', () => {
    const cells = table.sizes.map((size) => table.lengths.map((length) => timeOf(size, length)))
    expect(cells).toEqual(table.ms)
  })

  test('is bilinear between knots', () => {
    expect(timeOf(2, 16)).toBe(2)
    expect(timeOf(1, 40)).toBe(1.5)
    expect(timeOf(6, 40)).toBe((4 + 8 + 6 + 12) / 4)
  })

  test('continues at the last slope beyond them, and is constant before the first', () => {
    expect(timeOf(16, 16)).toBe(6 + 8 * 0.5)
    expect(timeOf(1, 112)).toBe(3)
    expect(timeOf(1, 1)).toBe(1)
  })

  test('is never below 0', () => {
    const falling = { sizes: [1, 2], lengths: [1], ms: [[2], [1]] }
    expect(tabulatedWork(falling).of(9, 1, random)).toBe(0)
  })

  test('of one cell is constant', () => {
    const single = tabulatedWork({ sizes: [4], lengths: [8], ms: [[3]] })
    expect([single.of(1, 1, random), single.of(9, 99, random)]).toEqual([3, 3])
  })

  test('caches each pair separately, at any length', () => {
    const lengths = [1, 2 ** 24 + 1]
    const work = tabulatedWork({
      sizes: [1, 2],
      lengths,
      ms: [
        [1, 2],
        [3, 4],
      ],
    })
    const cells = () => [1, 2].map((size) => lengths.map((length) => work.of(size, length, random)))
    expect(cells()).toEqual([
      [1, 2],
      [3, 4],
    ])
    expect(cells()).toEqual([
      [1, 2],
      [3, 4],
    ])
  })

  test('a table of linear work equals that work, between and beyond its knots', () => {
    const law = { base: 2, item: 0.5, token: 0.01 }
    const exact = (size: number, length: number) =>
      law.base + size * (law.item + length * law.token)
    const [sizes, lengths] = [
      [1, 3, 8],
      [1, 32, 100],
    ]
    const ms = sizes!.map((size) => lengths!.map((length) => exact(size, length)))
    const work = tabulatedWork({ sizes: sizes!, lengths: lengths!, ms })
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 64 }),
        fc.integer({ min: 1, max: 2000 }),
        (size, length) => {
          expect(work.of(size, length, random)).toBeCloseTo(exact(size, length), 6)
        },
      ),
    )
  })
})

describe('the wake-up cost', () => {
  const curve = { gapMs: [0.01, 1, 10], ms: [0.1, 0.5, 2] }

  test('matches its knots, and is constant before the first and after the last', () => {
    expect(
      [0, 0.01, 1, 10, 99, Number.POSITIVE_INFINITY].map((gap) => wakeCost(curve, gap)),
    ).toEqual([0.1, 0.1, 0.5, 2, 2, 2])
  })

  test('is linear in the logarithm of the gap', () => {
    expect(wakeCost(curve, 0.1)).toBeCloseTo(0.3, 12)
    expect(wakeCost(curve, Math.sqrt(10))).toBeCloseTo(1.25, 12)
  })

  test('of an empty curve is 0', () => {
    expect([0, 5, Number.POSITIVE_INFINITY].map((gap) => wakeCost(NO_WAKE, gap))).toEqual([0, 0, 0])
  })

  test('never falls with the gap, even where knots are below a microsecond', () => {
    const knot = fc.tuple(
      fc.oneof(fc.constantFrom(0, 0.0005, 0.001), fc.double({ min: 0, max: 20, noNaN: true })),
      fc.double({ min: 0, max: 5, noNaN: true }),
    )
    const knots = fc.uniqueArray(knot, { minLength: 1, maxLength: 6, selector: ([gap]) => gap })
    const gap = fc.double({ min: 0, max: 30, noNaN: true })
    fc.assert(
      fc.property(knots, gap, gap, (points, a, b) => {
        const gapMs = points.map(([x]) => x).sort((x, y) => x - y)
        const ms = points.map(([, y]) => y).sort((x, y) => x - y)
        const [low, high] = [a, b].sort((x, y) => x - y).map((x) => wakeCost({ gapMs, ms }, x))
        expect(high).toBeGreaterThanOrEqual(low! - 1e-12)
        expect(low).toBeGreaterThanOrEqual(ms[0]!)
        expect(high).toBeLessThanOrEqual(ms.at(-1)! + 1e-12)
      }),
      { numRuns: 500 },
    )
  })
})
