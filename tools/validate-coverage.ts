import { stream } from '../sim/kernel/index.ts'
import {
  autoregressiveMean,
  type CoverageModel,
  intervalCoverage,
  mm1Sojourn,
} from '../sim/theory/index.ts'

const TRIALS = 2000
const REPLICATIONS = 10
/** Lowest accepted coverage of a nominal 95 % interval. */
const LEAST = 0.93
const MOST = 0.97

/** How often the 95 % interval over replications contained the true value. */
export interface CoverageRow {
  readonly name: string
  readonly trials: number
  readonly covered: number
  /** 95 % interval of the share itself (Clopper and Pearson) */
  readonly low: number
  readonly high: number
  readonly problem: string | null
}

function models(): CoverageModel[] {
  const queue = { arrivalRate: 0.5, serviceRate: 1 }
  return [
    autoregressiveMean({ correlation: 0.9, length: 30, truth: 3 }),
    mm1Sojourn(queue, 2000, 'mean'),
    mm1Sojourn(queue, 2000, { quantile: 0.5 }),
    mm1Sojourn(queue, 5000, { quantile: 0.95 }),
  ]
}

/** The coverage experiment on models with a known true value. */
export function* coverageRows(): Generator<CoverageRow> {
  for (const model of models()) {
    const random = stream(1, 0, `coverage:${model.name}`)
    const { value, low, high } = intervalCoverage(model, {
      trials: TRIALS,
      replications: REPLICATIONS,
      random: () => random.uniform(),
    })
    const honest = value >= LEAST && value <= MOST
    yield {
      name: model.name,
      trials: TRIALS,
      covered: value,
      low: low ?? 0,
      high: high ?? 1,
      problem: honest ? null : `${model.name}: covered ${value} of the time, 0.93 to 0.97 passes`,
    }
  }
}
