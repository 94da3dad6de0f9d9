import { expect, test } from 'vitest'
import { scenarioOf } from '../../../test/scenarios.ts'
import { simulationInput } from '../system/simulation-input.ts'
import { runReplication } from './simulate.ts'

/** A sweep of an instance whose batches of n take 4 + n / 2 ms: one batch runs, one waits. */
const CONCURRENCY = [2, 8, 16, 32, 64]
const batchMs = (size: number) => 4 + size / 2
const throughputOf = (clients: number, instances: number) => {
  const size = Math.max(1, clients / (instances + 1))
  return (1000 * instances * size) / batchMs(size)
}

function simulatedRps(clients: number, work: object, replicas: number): number {
  const scenario = scenarioOf({
    duration_s: 60,
    warmup_s: 5,
    models: { m: { work } },
    traffic: [
      {
        class: 'clients',
        arrivals: {
          process: 'closed-loop',
          users: clients,
          think_time_s: { distribution: 'exponential', mean: 1e-4 },
        },
      },
    ],
    pools: [
      { name: 'server', model: 'm', replicas, batching: { policy: 'dynamic', max_batch: 64 } },
    ],
  })
  const { counts } = runReplication(simulationInput(scenario), 0).classes[0]!
  return counts.served / 55
}

test.each([
  [1, 0.05],
  // the batches of several instances differ in size, and the smaller ones are less efficient
  [2, 0.08],
])('a sweep with %i instances is reproduced by the server made of it', (instances, tolerance) => {
  const throughput_rps = CONCURRENCY.map((clients) => throughputOf(clients, instances))
  // without any scatter, the first two requests would be batches of one for ever
  const work = { law: 'throughput', concurrency: CONCURRENCY, throughput_rps, instances, cv: 0.1 }
  for (const clients of [12, 16, 48, 64]) {
    const simulated = simulatedRps(clients, work, instances)
    expect(Math.abs(simulated / throughputOf(clients, instances) - 1)).toBeLessThan(tolerance)
  }
})

test('negative control: all requests in flight as one batch overstate the batch', () => {
  const throughput_rps = CONCURRENCY.map((clients) => throughputOf(clients, 1))
  const work = { law: 'throughput', concurrency: CONCURRENCY, throughput_rps, batch_share: 1 }
  expect(simulatedRps(16, work, 1) / throughputOf(16, 1)).toBeLessThan(0.9)
})
