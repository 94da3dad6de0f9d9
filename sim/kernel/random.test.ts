import { describe, expect, test } from 'vitest'
import { Random } from './random.ts'
import { stream } from './stream-watch.ts'

const N = 200_000

function draws(draw: (random: Random) => number, seed = 'moments'): Float64Array {
  const random = new Random(seed)
  return Float64Array.from({ length: N }, () => draw(random))
}

/** Distance of the mean of independent values from theory, in standard errors. */
function z(values: Float64Array, mean: number): number {
  const sampleMean = values.reduce((sum, x) => sum + x, 0) / values.length
  const variance = values.reduce((sum, x) => sum + (x - sampleMean) ** 2, 0) / (values.length - 1)
  return (sampleMean - mean) / Math.sqrt(variance / values.length)
}

function zOfMoment(values: Float64Array, power: number, about: number, theory: number): number {
  return z(
    values.map((x) => (x - about) ** power),
    theory,
  )
}

function correlation(a: Float64Array, b: Float64Array): number {
  const mean = (x: Float64Array) => x.reduce((sum, v) => sum + v, 0) / x.length
  const [ma, mb] = [mean(a), mean(b)]
  let [ab, aa, bb] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    ab += (a[i]! - ma) * (b[i]! - mb)
    aa += (a[i]! - ma) ** 2
    bb += (b[i]! - mb) ** 2
  }
  return ab / Math.sqrt(aa * bb)
}

describe('moments match theory, |z| <= 4', () => {
  test.each([
    ['uniform', (r: Random) => r.uniform(), 1 / 2, 1 / 12],
    ['exponential', (r: Random) => r.exponential(), 1, 1],
    ['normal', (r: Random) => r.normal(), 0, 1],
    ['integer(6)', (r: Random) => r.integer(6), 2.5, 35 / 12],
    ['gamma(0.1)', (r: Random) => r.gamma(0.1), 0.1, 0.1],
    ['gamma(0.5)', (r: Random) => r.gamma(0.5), 0.5, 0.5],
    ['gamma(1)', (r: Random) => r.gamma(1), 1, 1],
    ['gamma(4)', (r: Random) => r.gamma(4), 4, 4],
  ] as const)('%s', (name, draw, mean, variance) => {
    const values = draws(draw, name)
    expect(Math.abs(z(values, mean))).toBeLessThanOrEqual(4)
    expect(Math.abs(zOfMoment(values, 2, mean, variance))).toBeLessThanOrEqual(4)
    // negative control: a variance that is 5 % wrong fails where the sample is precise enough
    if (name !== 'gamma(0.1)' && name !== 'gamma(0.5)') {
      expect(Math.abs(zOfMoment(values, 2, mean, variance * 1.05))).toBeGreaterThan(4)
    }
  })

  test('the normal has no skew and a kurtosis of 3', () => {
    const values = draws((r) => r.normal())
    expect(Math.abs(zOfMoment(values, 3, 0, 0))).toBeLessThanOrEqual(4)
    expect(Math.abs(zOfMoment(values, 4, 0, 3))).toBeLessThanOrEqual(4)
  })

  test('the skew of a gamma is 2 / sqrt(shape), below and above a shape of 1', () => {
    for (const shape of [0.3, 3]) {
      const third = draws((r) => r.gamma(shape), `skew ${shape}`)
      expect(Math.abs(zOfMoment(third, 3, shape, 2 * shape))).toBeLessThanOrEqual(4)
    }
  })
})

describe('streams', () => {
  const uniforms = (random: Random) => Float64Array.from({ length: 50_000 }, () => random.uniform())

  test('the same seed, replication and name give the same draws', () => {
    const make = () => stream(7, 3, 'arrivals:web')
    const mixed = (r: Random) => [
      r.normal(),
      r.gamma(0.4),
      r.exponential(),
      r.normal(),
      r.integer(9),
    ]
    expect(mixed(make())).toEqual(mixed(make()))
  })

  test('another seed, replication or name gives uncorrelated draws, |z| <= 4', () => {
    const base = uniforms(stream(7, 3, 'arrivals:web'))
    const others = [
      stream(8, 3, 'arrivals:web'),
      stream(7, 4, 'arrivals:web'),
      stream(73, 3, 'arrivals:web'),
      stream(7, 3, 'lengths:web'),
      stream(7, 3, 'arrivals:web2'),
    ].map(uniforms)
    for (const sample of others) {
      expect(Math.abs(correlation(base, sample)) * Math.sqrt(base.length)).toBeLessThanOrEqual(4)
    }
    expect(correlation(base, base)).toBeCloseTo(1)
  })

  test('consecutive draws of one stream are uncorrelated, |z| <= 4', () => {
    const serviceDraws = uniforms(stream(1, 0, 'service'))
    const r = correlation(
      serviceDraws.subarray(1),
      serviceDraws.subarray(0, serviceDraws.length - 1),
    )
    expect(Math.abs(r) * Math.sqrt(serviceDraws.length)).toBeLessThanOrEqual(4)
  })
})
