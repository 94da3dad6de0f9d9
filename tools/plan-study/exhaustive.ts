import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { writeWhole } from '../../runtime/folders/write-whole.ts'
import { SimulationPool } from '../../runtime/jobs/simulations/simulation-pool.ts'
import { gridPoint } from '../../scenarios/index.ts'
import { hourlyCost } from '../../sim/experiment/index.ts'
import { meanWithError } from '../../sim/stats/index.ts'
import { SCENARIO, SPACE, type Space } from './space.ts'

/** Every configuration with as many replications, kept as the known answer. */

/** What is known of the whole space. */
export const EXHAUSTIVE = fileURLToPath(new URL('exhaustive.csv', import.meta.url))
/** As `spillway simulate` has by default. */
export const REPLICATIONS = 10
/** No plan of the study has this seed. */
const SEED = 1000

/** What the exhaustive run found of a configuration. */
export interface Known {
  readonly index: number
  readonly cost: number
  readonly family: string
  readonly replicas: number
  /** of the logarithm of p99 in ms, over replications */
  readonly mean: number
  readonly deviation: number
  /** requests/s at full batches, of the largest configuration of its family */
  readonly capacityRps: number | null
}

/** Whether a configuration is feasible by the exhaustive run. */
export const holdsAt = (limitMs: number) => (of: Known) => of.mean < Math.log(limitMs)

const HEAD = 'index,usd_per_hour,replicas,mean_log_p99,sd_log_p99,capacity_rps'

export async function writeExhaustive(
  file: string,
  { dimensions, size }: Space,
  onProgress: (done: number) => void,
): Promise<void> {
  const pool = new SimulationPool({ base: { path: SCENARIO, set: [], seed: SEED } })
  const lines: string[] = new Array(size)
  let done = 0
  await Promise.all(
    Array.from({ length: size }, async (_, index) => {
      const request = { set: gridPoint(dimensions, index), from: 0, to: REPLICATIONS }
      const { runs, scenario, capacityRps } = await pool.simulate(request)
      const logs = runs.map(({ objectives }) => Math.log(objectives[0]!.value))
      const { mean, standardError } = meanWithError(logs)
      const deviation = standardError * Math.sqrt(REPLICATIONS)
      const { replicas } = scenario.pools[0]!
      const figures = [mean, deviation].map((value) => value.toFixed(5))
      const cost = hourlyCost(scenario.pools)!.toFixed(2)
      lines[index] = [index, cost, replicas, ...figures, capacityRps!.toFixed(0)].join()
      onProgress(++done)
    }),
  )
  pool.close()
  await writeWhole(file, `${[HEAD, ...lines].join('\n')}\n`)
}

export function readExhaustive(file = EXHAUSTIVE, { dimensions } = SPACE): Known[] {
  const [, ...lines] = readFileSync(file, 'utf8').trim().split('\n')
  const all = lines.map((line) => {
    return line.split(',').map(Number) as [number, number, number, number, number, number]
  })
  // the search orders families by the capacity of their largest configuration
  const most = Math.max(...all.map(([, , replicas]) => replicas))
  return all.map(([index, cost, replicas, mean, deviation, capacity]) => {
    const family = gridPoint(dimensions, index).filter((text) => !/replicas=\d/.test(text))
    return {
      index,
      cost,
      replicas,
      mean,
      deviation,
      family: JSON.stringify(family),
      capacityRps: replicas === most ? capacity : null,
    }
  })
}

/** The cost of the cheapest feasible configuration. */
export function leastCost(configurations: readonly Known[], limitMs: number): number {
  return Math.min(...configurations.filter(holdsAt(limitMs)).map(({ cost }) => cost))
}
