import type { Result } from '../../sim/documents/index.ts'
import { drawInputs, withUncertainty } from '../../sim/experiment/index.ts'
import { leastDraws } from '../../sim/stats/index.ts'
import { DrawnSystem, REPLICATIONS_OF_DRAW } from './drawn-system.ts'
import type { JobOptions } from './options.ts'
import type { System } from './prepare.ts'
import { DRAWS_ONLY } from './simulate.ts'
import type { ConfigurationRuns } from './simulations/configuration-runs.ts'
import { SimulationPool } from './simulations/simulation-pool.ts'

/** More draws narrow no answer: what is not known stays. */
const MOST_DRAWS = 256

const DRAWING = 'drawing uncertain inputs'

export interface UncertaintyOptions extends JobOptions {
  readonly workers?: number | undefined
  /** at most so many draws of the inputs, a power of 2; default 256 */
  readonly mostDraws?: number | undefined
  /** replications of each draw; default 4, and at most those of the result */
  readonly replications?: number | undefined
  /** multiples of the stated traffic, of which the result is, too; default 1 */
  readonly traffic?: number | undefined
}

/**
 * A simulated result with what is not known of the inputs: 32 draws of them, and twice as many
 * until the ends of the wider intervals hardly move. Each is simulated with the seeds of the
 * stated values. Without uncertain inputs the result stays as it is.
 */
export async function withUncertainInputs(
  system: System,
  result: Result,
  options: UncertaintyOptions = {},
): Promise<Result> {
  const { uncertain, scenario } = system
  if (uncertain === undefined) return result
  const { workers, signal, onProgress, traffic, mostDraws = MOST_DRAWS } = options
  const { inputs } = uncertain
  const replications = Math.min(options.replications ?? REPLICATIONS_OF_DRAW, result.runs)
  const pool = new SimulationPool({ workers, signal })
  const drawn = new DrawnSystem(system, uncertain, { pool, replications, traffic, onProgress })
  try {
    const nominal = await drawn.atStated(DRAWING)
    const values: number[][] = []
    const runs: ConfigurationRuns[] = []
    for (let draws = leastDraws(inputs.length); ; draws *= 2) {
      const further = drawInputs(inputs, { from: values.length, to: draws, seed: scenario.seed })
      runs.push(...(await drawn.at(further, `${DRAWING}, ${draws} draws`)))
      values.push(...further)
      const wider = withUncertainty(result, { inputs, values, nominal, runs })
      if (!wider.uncertainty!.settled && 2 * draws <= mostDraws) continue
      return { ...wider, warnings: wider.warnings.filter((text) => text !== DRAWS_ONLY) }
    }
  } finally {
    pool.close()
  }
}
