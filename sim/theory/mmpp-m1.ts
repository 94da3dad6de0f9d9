import { bisect } from '../stats/index.ts'
import { diagonal, inverse, type Matrix, product, stationaryRow, sum } from './matrix.ts'
import { poissonProbabilities } from './poisson.ts'
import { assertProbability, assertStable } from './stable.ts'

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

/** The chain of requests and state: pi_n = empty R^n. */
interface Solution {
  readonly arrivalRate: number
  /** pi_0 */
  readonly empty: readonly number[]
  /** R */
  readonly rate: Matrix
  /** (I - R)^-1 */
  readonly geometric: Matrix
}

/**
 * The matrix-geometric solution of MMPP/M/1: pi_n = pi_0 R^n, where R is the least solution of
 * A0 + R A1 + R^2 A2 = 0 with A0 = diag(lambda), A1 = Q - A0 - mu I and A2 = mu I. It is found by
 * iterating R <- -A0 (A1 + R A2)^-1. pi_0 (Q - A0 + R A2) = 0 and pi_0 (I - R)^-1 1 = 1. (Neuts
 * 1981.)
 */
function solve({ arrivalRates, generator, serviceRate }: MmppM1): Solution {
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
  return { arrivalRate, empty, rate, geometric }
}

/** Means by L = pi_0 R (I - R)^-2 1; the sojourn follows by Little's law. */
export function mmppM1(queue: MmppM1): MmppM1Figures {
  const { arrivalRate, empty, rate, geometric } = solve(queue)
  const column = empty.map(() => [1])
  const requests = product(product([empty], product(rate, geometric)), product(geometric, column))
  const meanSojourn = requests[0]![0]! / arrivalRate
  const meanWait = meanSojourn - 1 / queue.serviceRate
  return {
    arrivalRate,
    meanSojourn,
    meanWait,
    waits: 1 - arrivalRateAt(empty, queue) / arrivalRate,
  }
}

/** Rate of the arrivals that find a level with these probabilities of the states. */
const arrivalRateAt = (level: readonly number[], { arrivalRates }: MmppM1) =>
  level.reduce((total, p, i) => total + p * arrivalRates[i]!, 0)

/** Levels that hold less than this share of the arrivals are left out. */
const NEGLIGIBLE = 1e-13

/**
 * The q-quantiles of the sojourn, first come first served. An arrival that finds n requests stays
 * for n + 1 services: P(S > t) = sum a_n P(Poisson(mu t) <= n), with a_n the share of arrivals that
 * find n.
 */
export function mmppM1SojournQuantiles(queue: MmppM1): (q: number) => number {
  const shares = foundShares(queue)
  const beyond = (time: number) => {
    const events = poissonProbabilities(queue.serviceRate * time)
    let atMost = 0
    let tail = 0
    for (let n = 0; n < shares.length; n++) {
      atMost += events[n] ?? 0
      tail += shares[n]! * atMost
    }
    return tail
  }
  return (q) => {
    assertProbability(q)
    let most = 1 / queue.serviceRate
    while (beyond(most) > 1 - q) most *= 2
    return bisect([0, most], 60, (time) => beyond(time) > 1 - q)[0]
  }
}

/** Share of the arrivals that find 0, 1, 2, … requests. */
function foundShares(queue: MmppM1): number[] {
  const { arrivalRate, empty, rate } = solve(queue)
  const shares: number[] = []
  let left = 1
  for (let level = empty; left > NEGLIGIBLE && shares.length < MOST_STEPS; ) {
    const share = arrivalRateAt(level, queue) / arrivalRate
    shares.push(share)
    left -= share
    level = product([level], rate)[0]!
  }
  return shares
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
