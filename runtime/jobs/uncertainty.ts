import { EXIT, Failure } from '../../scenarios/index.ts'
import type { Result } from '../../sim/documents/index.ts'
import {
  drawInputs,
  drawnInputs,
  profileNotes,
  sourceNotes,
  needsMoreDraws,
  withUncertainty,
} from '../../sim/experiment/index.ts'
import { leastDraws } from '../../sim/stats/index.ts'
import type { JobOptions } from './options.ts'
import type { System } from './prepare.ts'
import { DRAWS_ONLY } from './simulate.ts'
import type { ConfigurationRuns } from './simulations/configuration-runs.ts'
import { PartialProgress } from './simulations/partial-progress.ts'
import { SimulationPool } from './simulations/simulation-pool.ts'

/** More draws narrow no answer: what is not known stays. */
const MOST_DRAWS = 256
/** Replications of each draw: what a draw changes has little noise with common seeds. */
const REPLICATIONS = 4

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
 * stated values. Without uncertain inputs the result stays as it is, but for what is not known of
 * sources.
 */
export async function withUncertainInputs(
  system: System,
  result: Result,
  options: UncertaintyOptions = {},
): Promise<Result> {
  const { uncertain, scenario, file, directory, capacityRps: loadOfRps, profile } = system
  if (uncertain === undefined) return result
  const { workers, signal, onProgress, traffic, mostDraws = MOST_DRAWS } = options
  const { inputs, withSources, text } = uncertain
  const ofTimes = withSources === true ? sourceNotes(scenario, inputs) : []
  const notes = [...ofTimes, ...profileNotes(system)]
  if (inputs.length === 0) return { ...result, warnings: [...notes, ...result.warnings] }
  const replications = Math.min(options.replications ?? REPLICATIONS, result.runs)
  const path = { file, text, directory }
  // what a load is a share of does not change with a draw: the traffic is the same
  // and verdicts by the longest times of transfers are those of the stated values
  const base = { path, set: [], profile, loadOfRps, withoutSlowest: true as const }
  const pool = new SimulationPool({ base, workers, signal })
  const common = { from: 0, to: replications, ...(traffic !== undefined && { traffic }) }
  const simulated = async (values: readonly (readonly number[])[], unit: string) => {
    const progress = new PartialProgress()
    const show = () => onProgress?.(`drawing uncertain inputs${unit}`, progress.done, values.length)
    show()
    return Promise.all(
      values.map(async (drawn, i) => {
        const request = { ...drawnInputs(inputs, drawn), ...common }
        const onShare = (share: number) => {
          progress.part(i, share)
          show()
        }
        const runs = await pool.simulate(request, { onShare }).catch((error) => {
          throw ofDraw(error, file)
        })
        progress.ended(i)
        show()
        return runs
      }),
    )
  }
  try {
    const [nominal] = await simulated([inputs.map(({ value }) => value)], '')
    const values: number[][] = []
    const runs: ConfigurationRuns[] = []
    for (let draws = leastDraws(inputs.length); ; draws *= 2) {
      const further = drawInputs(inputs, { from: values.length, to: draws, seed: scenario.seed })
      runs.push(...(await simulated(further, `, ${draws} draws`)))
      values.push(...further)
      const wider = withUncertainty(result, { inputs, values, nominal: nominal!, runs })
      if (needsMoreDraws(wider.uncertainty!, mostDraws)) continue
      const others = wider.warnings.filter((warning) => warning !== DRAWS_ONLY)
      return { ...wider, warnings: [...notes, ...others] }
    }
  } finally {
    pool.close()
  }
}

/** What is wrong with a draw, which the file itself does not state. */
function ofDraw(error: unknown, file: string): unknown {
  if (!(error instanceof Failure) || error.exitCode === EXIT.interrupted) return error
  const problems = error.problems.map((text) => `${file}: a draw of its uncertain inputs: ${text}`)
  return new Failure(problems, error.exitCode)
}
