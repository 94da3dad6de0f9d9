import { mmppM1 } from '../../theory/index.ts'
import { meanSojourn, meanWait, waitShare } from './theory-figures.ts'
import type { TheoryCase } from './theory-judge.ts'
import { theoryScenario } from './theory-scenario.ts'

/** MMPP/M/1 against its matrix-geometric solution; durations of states in ms. */
export function burstCases(): TheoryCase[] {
  return [
    { rates: [0.9, 0.3], meanMs: [10, 10] },
    { rates: [1.5, 0.25], meanMs: [4, 16] },
    { rates: [1, 0.5, 0], meanMs: [5, 5, 5] },
  ].map(({ rates, meanMs }) => {
    const theory = mmppM1({
      arrivalRates: rates,
      // each other state is equally likely to follow
      generator: meanMs.map((stateMs, i) =>
        meanMs.map((_, j) => (i === j ? -1 / stateMs : 1 / stateMs / (meanMs.length - 1))),
      ),
      serviceRate: 1,
    })
    const model = `MMPP/M/1, rates ${rates.join(', ')}`
    const rate = theory.arrivalRate
    const states = rates.map((factor, i) => ({ factor, mean_s: meanMs[i]! / 1000 }))
    return {
      model,
      scenario: theoryScenario({
        name: model,
        traffic: [{ rate, arrivals: { process: 'mmpp', rate_rps: 1000 * rate, states } }],
        requests: 300_000,
        warmupMs: 2000,
        work: { law: 'exponential', mean_ms: 1 },
      }),
      figures: [
        meanWait(theory.meanWait),
        meanSojourn(theory.meanSojourn),
        waitShare(theory.waits),
      ],
    }
  })
}
