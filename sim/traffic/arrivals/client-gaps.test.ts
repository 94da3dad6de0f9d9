import { describe, expect, test } from 'vitest'
import { Random } from '../../kernel/index.ts'
import { accept, meanWithError } from '../../stats/index.ts'
import { type ClientPopulation, clientGaps, populationOf } from './client-gaps.ts'
import { type Gap, gapsOf, stationaryGaps } from './gaps.ts'

function population(over: Partial<ClientPopulation>): ClientPopulation {
  return {
    process: 'clients',
    clients: 50,
    share_exponent: 1,
    cv: { distribution: 'fixed', value: 2 },
    gaps: 'gamma',
    surges: [],
    waves: [],
    ...over,
  }
}

const members = (over: Partial<ClientPopulation>) =>
  populationOf(population(over), new Random('population'))

/** Requests in [0, until) of each of `runs` independent runs. */
function counts(gapOf: (run: number) => Gap, until: number, runs: number): number[] {
  return Array.from({ length: runs }, (_, run) => {
    const gap = gapOf(run)
    let count = 0
    for (let at = gap(); at < until; at += gap()) count++
    return count
  })
}

function rateProblem(counted: readonly number[], until: number): string | null {
  const { mean, standardError, halfWidth } = meanWithError(counted)
  return accept({
    name: 'requests',
    estimate: mean,
    standardError,
    halfWidth95: halfWidth,
    theory: until,
  }).problem
}

describe('a population of clients', () => {
  test('has shares that fall as a power of the rank and add up to 1', () => {
    const shares = members({ clients: 162, share_exponent: 1.17 }).map(({ share }) => share)
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12)
    expect(shares[0]! / shares[7]!).toBeCloseTo(8 ** 1.17, 9)
    // ten of the 162 clients of ServeGen's m-large send 63.2 % of its requests
    const top = shares.slice(0, 10).reduce((sum, share) => sum + share, 0)
    expect(top).toBeCloseTo(0.632, 2)
    expect(members({ share_exponent: 0 }).every(({ share }) => share === 1 / 50)).toBe(true)
  })

  test('has coefficients of variation of its distribution, within the limits of gaps', () => {
    const cvs = (cv: ClientPopulation['cv']) =>
      members({ clients: 4000, cv }).map((member) => member.cv)
    const wide = cvs({ distribution: 'lognormal', median: 2, p99: 40 }).sort((a, b) => a - b)
    expect(wide[2000]! / 2).toBeCloseTo(1, 1)
    expect([wide[0]! >= 0.05, wide.at(-1)]).toEqual([true, 50])
    const even = cvs({ distribution: 'uniform', min: 1, max: 3 })
    expect(even.reduce((sum, cv) => sum + cv, 0) / 4000).toBeCloseTo(2, 1)
    expect(even.every((cv) => cv >= 1 && cv < 3)).toBe(true)
  })
})

describe('gaps in progress when the run begins', () => {
  /** Half-widths are below 2 %, and an ordinary first gap is far outside. */
  const RUNS = 20_000

  test.each([
    { process: 'gamma', cv: 4 },
    { process: 'gamma', cv: 0.4 },
    { process: 'weibull', cv: 4 },
    { process: 'weibull', cv: 0.4 },
    { process: 'poisson' },
    { process: 'deterministic' },
  ] as const)('%o: the rate at the start is the later one', (spacing) => {
    const stationary = counts((run) => stationaryGaps(spacing, new Random(`s${run}`)), 10, RUNS)
    expect(rateProblem(stationary, 10)).toBeNull()
  })

  test('negative control: an ordinary first gap gives too many requests, |z| > 4', () => {
    const ordinary = counts(
      (run) => gapsOf({ process: 'gamma', cv: 4 }, new Random(`s${run}`)),
      10,
      RUNS,
    )
    expect(rateProblem(ordinary, 10)).toMatch('standard errors off')
  })
})

describe('the requests of all clients', () => {
  const skewed = members({
    clients: 30,
    share_exponent: 1.2,
    cv: { distribution: 'lognormal', median: 1.5, p99: 6 },
  })

  test('arrive once in a unit of operational time, from the start', () => {
    const gapOf = (run: number) =>
      clientGaps(skewed, 'gamma', (client) => new Random(`r${run}/${client}`))
    expect(rateProblem(counts(gapOf, 40, 4000), 40)).toBeNull()
  })

  test.each(['gamma', 'weibull'] as const)(
    '%s: over long windows the dispersion is the mean of squared variations, weighted by share',
    (process) => {
      // variance of a renewal process over a long time: cv^2 per request (Cox 1962, 4.5)
      const clients = members({
        clients: 5,
        share_exponent: 0.7,
        cv: { distribution: 'uniform', min: 1, max: 3 },
      })
      const theory = clients.reduce((sum, { share, cv }) => sum + share * cv * cv, 0)
      expect(theory).toBeGreaterThan(2)
      const window = 1500
      const gapOf = (run: number) =>
        clientGaps(clients, process, (client) => new Random(`d${run}/${client}`))
      const squares = counts(gapOf, window, 3000).map((n) => (n - window) ** 2 / window)
      const { mean, standardError } = meanWithError(squares)
      expect(Math.abs(mean - theory) / standardError).toBeLessThanOrEqual(4)
      expect(standardError / theory).toBeLessThan(0.04)
    },
  )

  test('are burstier over short windows where few clients send most of them', () => {
    const alike = members({
      clients: 2000,
      share_exponent: 0,
      cv: { distribution: 'fixed', value: 3 },
    })
    const heavy = members({
      clients: 2000,
      share_exponent: 2,
      cv: { distribution: 'fixed', value: 3 },
    })
    const dispersion = (population: typeof alike) => {
      const gap = clientGaps(population, 'gamma', (client) => new Random(`p/${client}`))
      const windows = new Array<number>(4000).fill(0)
      for (let at = gap(); at < 4000 * 5; at += gap()) windows[Math.floor(at / 5)]!++
      return windows.reduce((sum, n) => sum + (n - 5) ** 2, 0) / 5 / 4000
    }
    expect(dispersion(alike)).toBeGreaterThan(1.5)
    expect(dispersion(heavy)).toBeGreaterThan(2 * dispersion(alike))
  })
})
