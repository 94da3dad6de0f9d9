import { EXIT, Failure, type Scenario, type Uncertain } from '../../scenarios/index.ts'
import { drawnInputs } from '../../sim/experiment/index.ts'
import type { JobOptions } from './options.ts'
import type { System } from './prepare.ts'
import type { ConfigurationBase, ConfigurationRuns } from './simulations/configuration-runs.ts'
import { PartialProgress } from './simulations/partial-progress.ts'
import type { SimulationPool } from './simulations/simulation-pool.ts'

/** Replications of each draw: what a draw changes has little noise with common seeds. */
export const REPLICATIONS_OF_DRAW = 4

/** How the draws of a system are simulated. */
interface DrawOptions extends Pick<JobOptions, 'onProgress'> {
  readonly pool: SimulationPool
  /** replications of each draw */
  readonly replications: number
  /** multiples of the stated traffic; default 1 */
  readonly traffic?: number | undefined
  /** objectives that draws are judged by; by default those that the scenario states */
  readonly slo?: Scenario['slo'] | undefined
}

/**
 * A system whose uncertain inputs are drawn: each draw is a configuration, and has the seeds of the
 * stated values. What a load is a share of does not change with a draw: the traffic is the same.
 */
export class DrawnSystem {
  readonly #file: string
  readonly #uncertain: Uncertain
  readonly #base: ConfigurationBase
  readonly #options: DrawOptions

  constructor(system: System, uncertain: Uncertain, options: DrawOptions) {
    const { file, directory, capacityRps: loadOfRps, profile } = system
    const { slo } = options
    const path = { file, text: uncertain.text, directory }
    this.#file = file
    this.#uncertain = uncertain
    this.#base = { path, set: [], profile, loadOfRps, ...(slo !== undefined && { slo }) }
    this.#options = options
  }

  /** The system at the stated values of its inputs. */
  async atStated(phase: string): Promise<ConfigurationRuns> {
    const stated = this.#uncertain.inputs.map(({ value }) => value)
    const [nominal] = await this.at([stated], phase)
    return nominal!
  }

  /** The system at these values, of each draw one for each input. Throws `Failure`. */
  async at(
    values: readonly (readonly number[])[],
    phase: string,
  ): Promise<ConfigurationRuns[]> {
    const { pool, replications, traffic, onProgress } = this.#options
    const progress = new PartialProgress()
    const show = () => onProgress?.(phase, progress.done, values.length)
    const common = { from: 0, to: replications, ...(traffic !== undefined && { traffic }) }
    const simulated = async (drawn: readonly number[], i: number) => {
      const request = { ...drawnInputs(this.#uncertain.inputs, drawn), ...common }
      const onShare = (share: number) => {
        progress.part(i, share)
        show()
      }
      const runs = await pool
        .simulate(request, { base: this.#base, onShare })
        .catch((error: unknown) => {
          throw ofDraw(error, this.#file)
        })
      progress.ended(i)
      show()
      return runs
    }
    show()
    return Promise.all(values.map(simulated))
  }
}

/** What is wrong with a draw, which the file itself does not state. */
function ofDraw(error: unknown, file: string): unknown {
  if (!(error instanceof Failure) || error.exitCode === EXIT.interrupted) return error
  const problems = error.problems.map((text) => `${file}: a draw of its uncertain inputs: ${text}`)
  return new Failure(problems, error.exitCode)
}
