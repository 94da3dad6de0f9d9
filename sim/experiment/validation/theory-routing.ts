import type { Pool, Routing } from '../../../scenarios/schema/schema.ts'
import {
  ekm1MeanWait,
  ekm1WaitShare,
  mm1MeanWait,
  mmcMeanWait,
  powerOfTwoMeanWait,
} from '../../theory/index.ts'
import { meanWait, waitShare } from './theory-figures.ts'
import type { TheoryCase } from './theory-judge.ts'
import { theoryCase } from './theory-scenario.ts'

const SERVERS = 2
const RATE = 1.6

/** So many queues that the mean field of infinitely many is within the error of a simulation. */
const MANY = 1000
const LOAD = 0.9

/**
 * Routers over two servers with separate queues. Round robin sends every second request of a
 * Poisson process to each server, which is exactly E_2/M/1. With join-shortest-queue, waits lie
 * between those of M/M/2 with one queue and those of round robin (Winston 1977: it is optimal).
 * Random splitting makes each server an M/M/1. With the better of two random queues of very many,
 * the share of queues with at least k requests is λ^(2^k − 1) (Vvedenskaya, Dobrushin and
 * Karpelevich 1996; Mitzenmacher 2001), and a request waits where both queues are busy.
 */
export function routingCases(): TheoryCase[] {
  const turns = { arrivalRate: RATE / SERVERS, serviceRate: 1, stages: SERVERS }
  const central = { arrivalRate: RATE, serviceRate: 1, servers: SERVERS }
  const roundRobin = [meanWait(ekm1MeanWait(turns)), waitShare(ekm1WaitShare(turns))]
  const shortest = [meanWait({ above: mmcMeanWait(central), below: ekm1MeanWait(turns) })]
  const routed = { traffic: [{ rate: RATE }], requests: 200_000 }
  const overReplicas = (routing: Pool['queue']['routing']) =>
    ({ ...routed, replicas: SERVERS, queue: { mode: 'per-replica', routing } }) as const
  const overPools = (router: Routing) => ({ ...routed, pools: SERVERS, router })
  return [
    theoryCase({
      model: 'Round robin over replicas, load 0.8',
      ...overReplicas('round-robin'),
      figures: roundRobin,
    }),
    theoryCase({
      model: 'Round robin over pools, load 0.8',
      ...overPools('round-robin'),
      figures: roundRobin,
    }),
    theoryCase({
      model: 'Least loaded replica, load 0.8',
      ...overReplicas('least-loaded'),
      figures: shortest,
    }),
    theoryCase({
      model: 'Least loaded pool, load 0.8',
      ...overPools('least-loaded'),
      figures: shortest,
    }),
    theoryCase({
      model: 'Random pool of two, load 0.8',
      ...overPools('random'),
      requests: 400_000,
      figures: [
        meanWait(mm1MeanWait({ arrivalRate: RATE / SERVERS, serviceRate: 1 })),
        waitShare(RATE / SERVERS),
      ],
    }),
    theoryCase({
      model: 'Better of two random replicas of 1,000, load 0.9',
      traffic: [{ rate: LOAD * MANY }],
      requests: 200_000,
      warmupMs: 100,
      replicas: MANY,
      queue: { mode: 'per-replica', routing: 'p2c' },
      figures: [meanWait(powerOfTwoMeanWait(LOAD)), waitShare(LOAD ** 2)],
    }),
  ]
}
