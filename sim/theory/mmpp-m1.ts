import { diagonal, inverse, type Matrix, product, stationaryRow, sum } from './matrix.ts'
import { assertStable } from './stable.ts'

/** One server, exponential service; Poisson arrivals whose rate follows a Markov chain. */
export interface MmppM1 {
  /** in each state of the chain */
  readonly arrivalRates: readonly number[]
  /** transition rates between states: rows that sum to 0 */
  readonly generator: Matrix
  readonly serviceRate: number
}

export interface MmppM1Figures {
  readonly arrivalRate: number
  readonly meanSojourn: number
  readonly meanWait: number
  /** share of arrivals that find the server busy */
  readonly waits: number
}

const MOST_STEPS = 100_000
const PRECISION = 1e-14

/**
 * MMPP/M/1 by its matrix-geometric solution: pi_n = pi_0 R^n, where R is the least solution of
 * A0 + R A1 + R^2 A2 = 0 with A0 = diag(lambda), A1 = Q - A0 - mu I and A2 = mu I. It is found by
 * iterating R <- -A0 (A1 + R A2)^-1. pi_0 (Q - A0 + R A2) = 0 and pi_0 (I - R)^-1 1 = 1.
 * L = pi_0 R (I - R)^-2 1; the sojourn follows by Little's law. (Neuts 1981.)
 */
export function mmppM1({ arrivalRates, generator, serviceRate }: MmppM1): MmppM1Figures {
  const ones = arrivalRates.map(() => 1)
  const column = ones.map((entry) => [entry])
  const states = stationaryRow(generator, ones)
  const arrivalRate = states.reduce((total, share, i) => total + share * arrivalRates[i]!, 0)
  assertStable(arrivalRate / serviceRate)
  const up = diagonal(arrivalRates)
  const down = diagonal(ones.map(() => serviceRate))
  const within = sum(sum(generator, up, -1), down, -1)
  const rate = leastSolution(up, within, down)
  const geometric = inverse(sum(diagonal(ones), rate, -1))
  const weights = product(geometric, column).map(([weight]) => weight!)
  const empty = stationaryRow(sum(sum(generator, up, -1), product(rate, down)), weights)
  const requests = product(product([empty], product(rate, geometric)), product(geometric, column))
  const meanSojourn = requests[0]![0]! / arrivalRate
  const atOnce = empty.reduce((total, p, i) => total + p * arrivalRates[i]!, 0) / arrivalRate
  return { arrivalRate, meanSojourn, meanWait: meanSojourn - 1 / serviceRate, waits: 1 - atOnce }
}

function leastSolution(up: Matrix, within: Matrix, down: Matrix): Matrix {
  let rate: Matrix = up.map((row) => row.map(() => 0))
  for (let step = 0; step < MOST_STEPS; step++) {
    const staying = inverse(sum(within, product(rate, down)))
    const next = product(up, staying).map((row) => row.map((value) => -value))
    const change = Math.max(...sum(next, rate, -1).flatMap((row) => row.map(Math.abs)))
    rate = next
    if (change < PRECISION) return rate
  }
  throw new RangeError('Expected a load that is further below 1')
}
