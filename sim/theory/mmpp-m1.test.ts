import { describe, expect, test } from 'vitest'
import { inverse, type Matrix, product, stationaryRow } from './matrix.ts'
import { mm1MeanSojourn, mm1MeanWait, mm1SojournQuantile } from './mm1.ts'
import { type MmppM1, mmppM1, mmppM1SojournQuantiles } from './mmpp-m1.ts'

const bursty: MmppM1 = {
  arrivalRates: [0.9, 0.3],
  generator: [
    [-0.1, 0.1],
    [0.05, -0.05],
  ],
  serviceRate: 1,
}

const three: MmppM1 = {
  arrivalRates: [2.5, 0, 0.6],
  generator: [
    [-0.3, 0.2, 0.1],
    [0.05, -0.15, 0.1],
    [0.1, 0.1, -0.2],
  ],
  serviceRate: 2,
}

/** The same figures from the whole chain of requests and state, cut at `most` requests. */
function byChain({ arrivalRates, generator, serviceRate }: MmppM1, most: number) {
  const states = arrivalRates.length
  const size = states * (most + 1)
  const rates: number[][] = Array.from({ length: size }, () => new Array<number>(size).fill(0))
  const add = (from: number, to: number, rate: number) => {
    rates[from]![to]! += rate
    rates[from]![from]! -= rate
  }
  for (let n = 0; n <= most; n++) {
    for (let i = 0; i < states; i++) {
      const here = n * states + i
      if (n < most) add(here, here + states, arrivalRates[i]!)
      if (n > 0) add(here, here - states, serviceRate)
      for (let j = 0; j < states; j++) if (j !== i) add(here, n * states + j, generator[i]![j]!)
    }
  }
  const shares = stationaryRow(
    rates,
    rates.map(() => 1),
  )
  let requests = 0
  let rate = 0
  let waits = 0
  shares.forEach((share, state) => {
    const arrivals = share * arrivalRates[state % states]!
    requests += share * Math.floor(state / states)
    rate += arrivals
    if (state >= states) waits += arrivals
  })
  return { meanSojourn: requests / rate, waits: waits / rate, arrivalRate: rate }
}

describe('MMPP/M/1', () => {
  test('is M/M/1 where all states are equal', () => {
    const queue = { ...bursty, arrivalRates: [0.7, 0.7] }
    const plain = { arrivalRate: 0.7, serviceRate: 1 }
    const { meanSojourn, meanWait, waits } = mmppM1(queue)
    expect(meanSojourn).toBeCloseTo(mm1MeanSojourn(plain), 9)
    expect(meanWait).toBeCloseTo(mm1MeanWait(plain), 9)
    expect(waits).toBeCloseTo(0.7, 9)
  })

  test.each([
    ['two states', bursty, 120],
    ['three states, one of them idle', three, 110],
  ])('of %s has the figures of its chain', (_, queue, most) => {
    const chain = byChain(queue, most)
    const { meanSojourn, waits, arrivalRate } = mmppM1(queue)
    expect(arrivalRate).toBeCloseTo(chain.arrivalRate, 5)
    expect(meanSojourn / chain.meanSojourn).toBeCloseTo(1, 4)
    expect(waits).toBeCloseTo(chain.waits, 5)
  })

  test('waits longer than M/M/1 at its mean rate', () => {
    const { arrivalRate, meanWait } = mmppM1(bursty)
    expect(arrivalRate).toBeCloseTo(0.5, 12)
    expect(meanWait).toBeGreaterThan(mm1MeanWait({ arrivalRate, serviceRate: 1 }))
  })

  test('without a stationary state is rejected', () => {
    expect(() => mmppM1({ ...bursty, serviceRate: 0.5 })).toThrow('below 1')
  })
})

describe('matrices', () => {
  const matrix: Matrix = [
    [0, 2, 1],
    [1, 0, 3],
    [2, 1, 0],
  ]

  test('an inverse times its matrix is the identity', () => {
    product(matrix, inverse(matrix)).forEach((row, i) => {
      row.forEach((value, j) => {
        expect(value).toBeCloseTo(i === j ? 1 : 0, 12)
      })
    })
  })

  test('a singular matrix is rejected', () => {
    expect(() =>
      inverse([
        [1, 1],
        [1, 1],
      ]),
    ).toThrow('has an inverse')
  })

  test('a stationary row times its generator is 0', () => {
    const row = stationaryRow(three.generator, [1, 1, 1])
    for (const rate of product([row], three.generator)[0]!) expect(rate).toBeCloseTo(0, 12)
    expect(row.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12)
  })
})

test('with one rate the quantiles of the sojourn are those of M/M/1', () => {
  const constant: MmppM1 = {
    arrivalRates: [0.8, 0.8],
    generator: [
      [-0.1, 0.1],
      [0.1, -0.1],
    ],
    serviceRate: 1,
  }
  const quantile = mmppM1SojournQuantiles(constant)
  for (const q of [0.5, 0.95, 0.99]) {
    const theory = mm1SojournQuantile({ arrivalRate: 0.8, serviceRate: 1 }, q)
    expect(quantile(q) / theory).toBeCloseTo(1, 9)
  }
})

test.each([bursty, three])('quantiles of the sojourn have its mean: %j', (queue) => {
  // the mean is the integral of the quantile function
  const steps = 1000
  const quantile = mmppM1SojournQuantiles(queue)
  let sum = 0
  for (let i = 0; i < steps; i++) sum += quantile((i + 0.5) / steps)
  expect(sum / steps / mmppM1(queue).meanSojourn).toBeCloseTo(1, 2)
})
