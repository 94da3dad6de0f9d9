import { SimulationPool } from '../../runtime/jobs/simulations/simulation-pool.ts'
import { loadScenario } from '../../scenarios/index.ts'
import { drawnInputs, hourlyCost } from '../../sim/experiment/index.ts'
import { log, stream } from '../../sim/kernel/index.ts'
import { drawnValue } from '../../sim/stats/index.ts'
import { configurationsOf, SCENARIO, type Space } from './space.ts'

/**
 * Truths: values of the inputs, each drawn on its own from what the scenario states of them. Each
 * configuration is simulated at each, with seeds that no plan and no other truth has.
 */

/** No plan of the study has this seed. */
const SEED = 1000
/** Independent runs of each truth. */
export const RUNS = 4

/** A configuration at all truths. */
export interface KnownConfiguration {
  readonly set: readonly string[]
  readonly usdPerHour: number
  /** of each truth, mean logarithm of p95 over its runs, ms; infinite where requests are lost */
  readonly logs: readonly number[]
}

/** How often a configuration holds a limit. */
export function shareOf({ logs }: KnownConfiguration, limitMs: number): number {
  return logs.filter((each) => each < log(limitMs)).length / logs.length
}

/** Every configuration at as many truths. */
export async function simulatedTruths(
  space: Space,
  truths: number,
  onProgress: (done: number, of: number) => void,
): Promise<KnownConfiguration[]> {
  const pool = new SimulationPool()
  const sets = configurationsOf(space)
  let done = 0
  try {
    return await Promise.all(
      sets.map(async (set) => {
        const { file, directory, scenario, uncertain } = await loadScenario(SCENARIO, {
          set,
          seed: SEED,
        })
        const { inputs, text } = uncertain!
        const base = { path: { file, directory, text }, set: [] }
        const logs = await Promise.all(
          Array.from({ length: truths }, async (_, truth) => {
            const values = inputs.map((input) => drawnValue(input, uniformOf(input.name, truth)))
            const range = { from: RUNS * truth, to: RUNS * (truth + 1) }
            const request = { ...drawnInputs(inputs, values), ...range }
            const { runs } = await pool.simulate(request, { base })
            return runs.reduce((total, run) => total + log(run.objectives[0]!.value), 0) / RUNS
          }),
        )
        onProgress(++done, sets.length)
        return { set, usdPerHour: hourlyCost(scenario.pools)!, logs }
      }),
    )
  } finally {
    pool.close()
  }
}

/** Of an input at a truth: the same for all configurations. */
const uniformOf = (input: string, truth: number) => stream(SEED, truth, input).uniform()
