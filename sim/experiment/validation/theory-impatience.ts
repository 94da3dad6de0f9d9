import { erlangA } from '../../theory/index.ts'
import type { TheoryCase } from './theory-judge.ts'
import { theoryScenario } from './theory-scenario.ts'

/**
 * Erlang A, with abandonment only while queued: an overloaded service, and a large one at its
 * limit. A request that times out in service is served on, as in Erlang A.
 */
export function impatienceCases(): TheoryCase[] {
  return [
    { arrivalRate: 11, serviceRate: 1, servers: 10, patienceRate: 0.5, requests: 250_000 },
    { arrivalRate: 100, serviceRate: 1, servers: 100, patienceRate: 1, requests: 300_000 },
  ].map(({ requests, ...queue }) => {
    const { arrivalRate, servers, patienceRate } = queue
    const theory = erlangA(queue)
    const model = `M/M/${servers}+M, load ${arrivalRate / servers}, patience ${1 / patienceRate}`
    return {
      model,
      scenario: theoryScenario({
        name: model,
        traffic: [
          {
            rate: arrivalRate,
            timeout_ms: { distribution: 'exponential', mean: 1 / patienceRate },
            cancel: true,
          },
        ],
        requests,
        warmupMs: 200,
        work: { law: 'exponential', mean_ms: 1 },
        replicas: servers,
      }),
      figures: [
        {
          name: 'P(leave the queue)',
          theory: theory.abandoned,
          of: ({ summary }) => {
            const { cancelled, arrived } = summary.classes[0]!.counts
            return cancelled / arrived
          },
        },
        {
          name: 'P(wait)',
          theory: theory.waits,
          of: ({ summary, waited }) => {
            const { cancelled, arrived } = summary.classes[0]!.counts
            return (waited + cancelled) / arrived
          },
        },
      ],
    }
  })
}
