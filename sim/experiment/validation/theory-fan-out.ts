import {
  forkJoinMostSojourn,
  forkJoinPairMeanSojourn,
  longestMean,
  longestQuantile,
} from '../../theory/index.ts'
import { callPercentile, meanCall } from './theory-figures.ts'
import type { TheoryCase } from './theory-judge.ts'
import { theoryCase } from './theory-scenario.ts'

const QUEUE = { arrivalRate: 0.7, serviceRate: 1 }

/**
 * One user whose requests need all n replicas: there is no waiting, and the slowest part decides.
 */
function alone(parts: number, requests: number): TheoryCase {
  const think_time_s = { distribution: 'fixed', value: 0 } as const
  return theoryCase({
    model: `Slowest of ${parts} replicas`,
    traffic: [
      {
        rate: 1 / longestMean(parts, 1),
        arrivals: { process: 'closed-loop', users: 1, think_time_s },
        fan_out: parts,
      },
    ],
    requests,
    warmupMs: 0,
    replicas: parts,
    queue: { mode: 'per-replica' },
    figures: [
      meanCall(longestMean(parts, 1)),
      ...([0.5, 0.95, 0.99] as const).map((p) => callPercentile(p, longestQuantile(parts, 1, p))),
    ],
  })
}

/** Fork-join queues: Poisson requests, each with one part in the queue of every replica. */
function forkJoin(parts: number, requests: number, theory: Parameters<typeof meanCall>[0]) {
  return theoryCase({
    model: `Fork-join of ${parts} replicas, load 0.7`,
    traffic: [{ rate: QUEUE.arrivalRate, fan_out: parts }],
    requests,
    replicas: parts,
    queue: { mode: 'per-replica', routing: 'round-robin' },
    figures: [meanCall(theory)],
  })
}

export function fanOutCases(): TheoryCase[] {
  const pair = forkJoinPairMeanSojourn(QUEUE)
  return [
    alone(2, 10_000),
    alone(100, 2000),
    forkJoin(2, 60_000, pair),
    forkJoin(10, 40_000, { above: pair, below: forkJoinMostSojourn(10, QUEUE) }),
  ]
}
