import { poissonProbabilities } from './poisson.ts'
import { assertStable } from './stable.ts'

/**
 * One server that takes min(n, maxBatch) of n waiting requests whenever it is free. A batch of k
 * takes exactly serviceTime(k). Poisson arrivals, first come first served. The rate is per unit of
 * time, and every time is in that unit.
 */
export interface DynamicBatching {
  readonly arrivalRate: number
  readonly maxBatch: number
  readonly serviceTime: (batch: number) => number
}

export interface DynamicBatchingFigures {
  readonly meanSojourn: number
  readonly meanBatch: number
  /** share of time in which the server is busy */
  readonly utilisation: number
}

/** Load: arrivals over the service rate of full batches; the queue is stable below 1. */
export function batchingLoad({ arrivalRate, maxBatch, serviceTime }: DynamicBatching): number {
  return (arrivalRate * serviceTime(maxBatch)) / maxBatch
}

/** Most entries of the banded transition matrix: 256 MB. */
const MOST_ENTRIES = 2 ** 25
/** The chain is cut where the probability of its highest states is below this. */
const NEGLIGIBLE = 1e-15

/**
 * Exact stationary figures, by the Markov chain of the number n left behind at the end of a batch.
 * With n' = max(n, 1) and k = min(n', maxBatch) the next n is n' - k + Poisson(lambda s(k)).
 *
 * L = sum pi_n (n' s + lambda s^2 / 2) / sum pi_n (1{n = 0} / lambda + s), s = s(k): over one cycle
 * n' requests are present all the time, and lambda s^2 / 2 is the integral of those that arrive
 * during it. An idle server has none. The mean sojourn is L / lambda (Little). States with
 * negligible probability are cut off. (Method: Neuts 1967, bulk queues, for service by batch size.)
 */
export function dynamicBatching(queue: DynamicBatching): DynamicBatchingFigures {
  assertStable(batchingLoad(queue))
  const { arrivalRate, maxBatch, serviceTime } = queue
  const service = [0]
  const arrivals: Float64Array[] = [new Float64Array()]
  for (let k = 1; k <= maxBatch; k++) {
    service.push(serviceTime(k))
    arrivals.push(poissonProbabilities(arrivalRate * service[k]!))
  }
  const probabilities = stationary(arrivals)

  let requests = 0
  let cycle = 0
  let busy = 0
  let batch = 0
  probabilities.forEach((probability, n) => {
    const present = Math.max(n, 1)
    const k = Math.min(present, maxBatch)
    const s = service[k]!
    requests += probability * (present * s + (arrivalRate * s * s) / 2)
    cycle += probability * ((n === 0 ? 1 / arrivalRate : 0) + s)
    busy += probability * s
    batch += probability * k
  })
  return {
    meanSojourn: requests / cycle / arrivalRate,
    meanBatch: batch,
    utilisation: busy / cycle,
  }
}

/** Stationary probabilities of the chain; `arrivals[k]` are those during a batch of k. */
function stationary(arrivals: readonly Float64Array[]): Float64Array {
  const maxBatch = arrivals.length - 1
  const width = maxBatch + arrivals.reduce((most, row) => Math.max(most, row.length), 0)
  for (let states = 2 * width; states * width <= MOST_ENTRIES; states *= 2) {
    const probabilities = eliminate(states, width, arrivals)
    if (probabilities.subarray(states - width).every((p) => p < NEGLIGIBLE)) return probabilities
  }
  throw new RangeError('Expected a load further below 1: the chain has too many states')
}

/**
 * Solves the chain, cut at `states`, by the elimination of Grassmann, Taksar and Heyman 1985. It
 * has no subtractions and so keeps all digits. No step goes down by more than maxBatch, so the
 * entries of row i are in a band that starts at column max(0, i - maxBatch), and fill-in stays in
 * the band.
 */
function eliminate(states: number, width: number, arrivals: readonly Float64Array[]) {
  const maxBatch = arrivals.length - 1
  const band = new Float64Array(states * width)
  const firstColumn = (row: number) => Math.max(0, row - maxBatch)
  const at = (row: number, column: number) => row * width + column - firstColumn(row)

  for (let row = 0; row < states; row++) {
    const present = Math.max(row, 1)
    const batch = Math.min(present, maxBatch)
    arrivals[batch]!.forEach((probability, arrived) => {
      const next = Math.min(present - batch + arrived, states - 1)
      band[at(row, next)]! += probability
    })
  }
  for (let state = states - 1; state > 0; state--) {
    const first = firstColumn(state)
    let down = 0
    for (let column = first; column < state; column++) down += band[at(state, column)]!
    for (let row = state - 1; row >= 0 && state - firstColumn(row) < width; row--) {
      const entry = at(row, state)
      if (band[entry] === 0) continue
      const share = (band[entry]! /= down)
      const into = at(row, first)
      const from = at(state, first)
      for (let i = 0; i < state - first; i++) band[into + i]! += share * band[from + i]!
    }
  }
  const probabilities = new Float64Array(states)
  probabilities[0] = 1
  let total = 1
  for (let state = 1; state < states; state++) {
    let sum = 0
    for (let row = state - 1; row >= 0 && state - firstColumn(row) < width; row--) {
      sum += probabilities[row]! * band[at(row, state)]!
    }
    probabilities[state] = sum
    total += sum
  }
  return probabilities.map((probability) => probability / total)
}
