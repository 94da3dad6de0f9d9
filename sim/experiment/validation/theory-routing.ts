import { ekm1MeanWait, ekm1WaitShare, mmcMeanWait } from '../../theory/index.ts'
import { meanWait, waitShare } from './theory-figures.ts'
import type { TheoryCase } from './theory-judge.ts'
import { theoryScenario } from './theory-scenario.ts'

const SERVERS = 2
const RATE = 1.6

/**
 * Routers over two servers with separate queues. Round robin sends every second request of a
 * Poisson process to each server, which is exactly E_2/M/1. With join-shortest-queue, waits lie
 * between those of M/M/2 with one queue and those of round robin (Winston 1977: it is optimal).
 */
export function routingCases(): TheoryCase[] {
  const turns = { arrivalRate: RATE / SERVERS, serviceRate: 1, stages: SERVERS }
  const central = { arrivalRate: RATE, serviceRate: 1, servers: SERVERS }
  const scenario = (name: string, system: object) =>
    theoryScenario({
      name,
      traffic: [{ rate: RATE }],
      requests: 200_000,
      warmupMs: 2000,
      work: { law: 'exponential', mean_ms: 1 },
      ...system,
    })
  const overReplicas = (routing: 'round-robin' | 'least-loaded') =>
    scenario(`${routing} over replicas`, {
      replicas: SERVERS,
      queue: { mode: 'per-replica', routing },
    })
  const overPools = (router: 'round-robin' | 'least-loaded') =>
    scenario(`${router} over pools`, { pools: SERVERS, router })
  const roundRobin = [meanWait(ekm1MeanWait(turns)), waitShare(ekm1WaitShare(turns))]
  const shortest = [meanWait({ above: mmcMeanWait(central), below: ekm1MeanWait(turns) })]
  return [
    {
      model: 'Round robin over replicas, load 0.8',
      scenario: overReplicas('round-robin'),
      figures: roundRobin,
    },
    {
      model: 'Round robin over pools, load 0.8',
      scenario: overPools('round-robin'),
      figures: roundRobin,
    },
    {
      model: 'Least loaded replica, load 0.8',
      scenario: overReplicas('least-loaded'),
      figures: shortest,
    },
    {
      model: 'Least loaded pool, load 0.8',
      scenario: overPools('least-loaded'),
      figures: shortest,
    },
  ]
}
