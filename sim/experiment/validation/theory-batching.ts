import { dynamicBatching } from '../../theory/index.ts'
import { meanBatch, meanSojourn, utilisation } from './theory-figures.ts'
import type { TheoryCase } from './theory-judge.ts'
import { theoryScenario } from './theory-scenario.ts'

/** Greedy batches up to a limit, a batch of k taking k + 5 ms, against the exact chain. */
export function batchingCases(): TheoryCase[] {
  return [
    { arrivalRate: 0.5, maxBatch: 8, requests: 100_000 },
    { arrivalRate: 0.5, maxBatch: 64, requests: 100_000 },
    { arrivalRate: 0.55, maxBatch: 8, requests: 200_000 },
  ].map(({ requests, ...queue }) => {
    const theory = dynamicBatching({ ...queue, serviceTime: (k) => k + 5 })
    const model = `Batches up to ${queue.maxBatch}, rate ${queue.arrivalRate}`
    return {
      model,
      scenario: theoryScenario({
        name: model,
        traffic: [{ rate: queue.arrivalRate }],
        requests,
        warmupMs: 5000,
        work: { law: 'linear', base_ms: 5, per_item_ms: 1 },
        batching: { policy: 'dynamic', max_batch: queue.maxBatch },
      }),
      figures: [
        meanSojourn(theory.meanSojourn),
        meanBatch(theory.meanBatch),
        utilisation(theory.utilisation),
      ],
    }
  })
}
