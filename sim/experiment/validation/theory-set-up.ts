import { mg1SetUpMeanWait } from '../../theory/index.ts'
import type { TheoryCase, TheoryFigure } from './theory-judge.ts'
import { theoryScenario } from './theory-scenario.ts'

/** Time from arrival to the start of service: the sojourn without the mean service. */
function meanWaitWithSetUp(theory: number): TheoryFigure {
  return {
    name: 'mean wait with set-up',
    theory,
    of: ({ summary }) => summary.classes[0]!.latency.mean - 1,
  }
}

/** M/G/1 with a set-up time after the server was idle (cold start). */
export function setUpCases(): TheoryCase[] {
  const exponential = { arrivalRate: 0.6, meanService: 1, secondMoment: 2 }
  const constant = { arrivalRate: 0.7, meanService: 1, secondMoment: 1 }
  return [
    {
      model: 'M/M/1, load 0.6, set-up of 3',
      queue: exponential,
      work: { law: 'exponential', mean_ms: 1, setup_ms: 3 } as const,
      setUp: { mean: 3, secondMoment: 9 },
    },
    {
      model: 'M/D/1, load 0.7, set-up of 0 to 8',
      queue: constant,
      work: {
        law: 'constant',
        ms: 1,
        setup_ms: { distribution: 'uniform', min: 0, max: 8 },
      } as const,
      setUp: { mean: 4, secondMoment: 64 / 3 },
    },
  ].map(({ model, queue, work, setUp }) => ({
    model,
    scenario: theoryScenario({
      name: model,
      traffic: [{ rate: queue.arrivalRate }],
      requests: 250_000,
      warmupMs: 2000,
      work,
    }),
    figures: [meanWaitWithSetUp(mg1SetUpMeanWait(queue, setUp))],
  }))
}
