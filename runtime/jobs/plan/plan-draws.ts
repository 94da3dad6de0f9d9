import {
  EXIT,
  Failure,
  loadScenario,
  type Scenario,
  type ScenarioText,
  type Uncertain,
} from '../../../scenarios/index.ts'
import {
  type Candidate,
  drawInputs,
  drawnInputs,
  type JudgedRun,
  leastReplicas,
  type RunFigures,
  withoutSlower,
} from '../../../sim/experiment/index.ts'
import { ChildEnded } from '../../process/child.ts'
import type { ConfigurationInputs } from '../configurations/configuration-inputs.ts'
import type { ConfigurationBase } from '../simulations/configuration-runs.ts'
import type { SimulationPool } from '../simulations/simulation-pool.ts'
import {
  costOfReplicas,
  mostInputs,
  type PlanCandidates,
  type PricedCandidate,
} from './plan-candidates.ts'
import type { PlanJournal } from './plan-journal.ts'

/** A candidate as its draws need it. */
interface Loaded {
  readonly hash: string
  readonly scenario: Scenario
  readonly inputs: Uncertain['inputs']
  /** of its draws, without what is uncertain in it */
  readonly base: ConfigurationBase
  /** whether its draws have the times that transfers allow */
  readonly transfersDrawn: boolean
}

/** The runs of a draw; null where it cannot be simulated. */
type DrawnRuns = readonly RunFigures[] | null
/** The pools of a candidate in a draw; null where that is invalid. */
type DrawnPools = Scenario['pools'] | null

/** Simulates candidates of a plan in draws of inputs that are not known. */
export class PlanDraws {
  readonly #pool: SimulationPool
  readonly #base: ConfigurationBase
  readonly #journal: PlanJournal
  readonly #priced: PlanCandidates
  readonly #unknown: ConfigurationInputs
  readonly #sets: ReadonlyMap<number, readonly string[]>
  readonly #seed: number
  /** of each draw so far, the value of each input of the plan */
  readonly #points: number[][] = []
  readonly #loaded = new Map<number, Promise<Loaded>>()
  /** by the candidate and the values of its inputs */
  readonly #runs = new Map<string, Promise<DrawnRuns>>()
  readonly #pools = new Map<string, Promise<DrawnPools>>()
  /** of draws that cannot be simulated, by their number in the order of the requests */
  readonly #problems = new Map<number, string>()
  #asked = 0
  #replications = 0

  /** `candidates`: all that may be drawn; `seed`: of the draws. */
  constructor(
    pool: SimulationPool,
    candidates: readonly PricedCandidate[],
    of: {
      readonly base: ConfigurationBase
      readonly journal: PlanJournal
      readonly priced: PlanCandidates
      readonly unknown: ConfigurationInputs
      readonly seed: number
    },
  ) {
    this.#pool = pool
    this.#base = of.base
    this.#journal = of.journal
    this.#priced = of.priced
    this.#unknown = of.unknown
    this.#sets = new Map(candidates.map(({ index, set }) => [index, set]))
    this.#seed = of.seed
  }

  /** Most inputs of a candidate that are not known. */
  get mostInputs(): number {
    return mostInputs(this.#priced)
  }

  /** All inputs of candidates that are not known. */
  get inputs(): Uncertain['inputs'] {
    return this.#priced.inputs
  }

  /** Runs at the stated inputs as draws of the candidate are judged. */
  readonly statedRuns = async (
    { index }: Candidate,
    runs: readonly RunFigures[],
  ): Promise<readonly JudgedRun[]> =>
    (await this.#load(index)).transfersDrawn ? runs.map(withoutSlower) : runs

  /** Replications of draws so far, whenever they were simulated. */
  get replications(): number {
    return this.#replications
  }

  /** Why the first of the draws that cannot be simulated cannot be; null where all can. */
  get problem(): string | null {
    const [first] = [...this.#problems].sort(([a], [b]) => a - b)
    return first?.[1] ?? null
  }

  /** Whether a draw may change what a candidate costs. */
  get costsVary(): boolean {
    const { inputs, candidates } = this.#priced
    return inputs.some(({ name }) => isOfPool(name)) || candidates.some(({ scaled }) => scaled)
  }

  /** Of each draw, the first replications of a candidate; null where it cannot be simulated. */
  readonly draw = (
    { index }: Candidate,
    draws: readonly number[],
    replications: number,
  ): Promise<DrawnRuns[]> =>
    Promise.all(draws.map((draw) => this.#runsIn(index, draw, replications)))

  /**
   * What a candidate costs in a draw, in the unit of the plan; null where the draw is invalid, and
   * where replicas are scaled and it was not simulated.
   */
  readonly costIn = async ({ index, scaled }: Candidate, draw: number): Promise<number | null> => {
    const loaded = await this.#load(index)
    const values = this.#valuesIn(index, draw)
    const name = nameOf(loaded, values)
    const pools = await this.#poolsIn(name, loaded, values)
    const runs = await this.#runs.get(name)
    if (pools === null || (scaled && runs == null)) return null
    const replicas = scaled ? paidIn(runs!) : leastReplicas(pools)
    return costOfReplicas(pools, replicas, this.#priced.unit)
  }

  /** The value of each input of a candidate in a draw: what candidates share has one for all. */
  #valuesIn(index: number, draw: number): number[] {
    const { inputs, places } = this.#priced
    const points = this.#points
    if (draw >= points.length) {
      const further = { from: points.length, to: draw + 1, seed: this.#seed }
      points.push(...drawInputs(inputs, further))
    }
    return places.get(index)!.map((place) => points[draw]![place]!)
  }

  #poolsIn(name: string, loaded: Loaded, values: readonly number[]): Promise<DrawnPools> {
    const before = this.#pools.get(name)
    if (before !== undefined) return before
    const pools = poolsIn(loaded, values)
    this.#pools.set(name, pools)
    return pools
  }

  async #runsIn(index: number, draw: number, replications: number): Promise<DrawnRuns> {
    const loaded = await this.#load(index)
    const values = this.#valuesIn(index, draw)
    const name = nameOf(loaded, values)
    const before = this.#runs.get(name)
    if (before !== undefined) return before
    const runs = this.#simulated(loaded, values, replications)
    this.#runs.set(name, runs)
    return runs
  }

  async #simulated(
    loaded: Loaded,
    values: readonly number[],
    replications: number,
  ): Promise<DrawnRuns> {
    const { inputs, base } = loaded
    const name = nameOf(loaded, values)
    const number = this.#asked++
    this.#replications += replications
    const kept = this.#journal.takeRuns(name, 0, replications)
    if (kept !== null) return kept
    try {
      const request = { ...drawnInputs(inputs, values), from: 0, to: replications }
      const { runs } = await this.#pool.simulate(request, { base })
      await this.#journal.addRuns(name, 0, runs)
      return runs
    } catch (error) {
      if (!isOfDraw(error)) throw error
      this.#problems.set(number, error.problems[0]!)
      return null
    }
  }

  #load(index: number): Promise<Loaded> {
    const before = this.#loaded.get(index)
    if (before !== undefined) return before
    const loaded = this.#read(this.#sets.get(index)!)
    this.#loaded.set(index, loaded)
    return loaded
  }

  async #read(ofCandidate: readonly string[]): Promise<Loaded> {
    const { path: stated, seed, set: common, ...shared } = this.#base
    const set = [...common, ...ofCandidate]
    const loaded = await loadScenario(stated, { set, seed })
    const { hash, scenario, file, directory } = loaded
    const drawn = await this.#unknown.of(loaded)
    const known = { hash, scenario, inputs: [], transfersDrawn: false }
    if (drawn === null) return { ...known, base: { ...this.#base, set } }
    const { inputs } = drawn
    const transfersDrawn = inputs.some(({ source }) => source === 'transfer')
    const path: ScenarioText = { file, directory, text: drawn.text }
    const base = {
      ...shared,
      path,
      set: [],
      ...(transfersDrawn && { withoutSlowest: true as const }),
    }
    return { hash, scenario, inputs, base, transfersDrawn }
  }
}

/** Numbers of pools: prices, and what else they are multiplied with. */
const isOfPool = (name: string) => name.startsWith('pools.')

async function poolsIn(
  { scenario, inputs, base }: Loaded,
  values: readonly number[],
): Promise<DrawnPools> {
  if (!inputs.some(({ name }) => isOfPool(name))) return scenario.pools
  try {
    const drawn = await loadScenario(base.path, { set: drawnInputs(inputs, values).set })
    return drawn.scenario.pools
  } catch (error) {
    if (!isOfDraw(error)) throw error
    return null
  }
}

/** Names a draw in the journal: it is the same whichever further inputs other candidates have. */
const nameOf = ({ hash, transfersDrawn }: Loaded, values: readonly number[]) =>
  `${hash} drawn ${JSON.stringify(values)}${transfersDrawn ? ' with transfers' : ''}`

/** Mean replicas of each pool that runs paid for. */
function paidIn(runs: readonly RunFigures[]): number[] {
  return runs[0]!.pools.map((_, i) => {
    return runs.reduce((total, { pools }) => total + pools[i]!.replicas, 0) / runs.length
  })
}

/** About the draw, such as a queue that would not fit into memory; not an interruption. */
function isOfDraw(error: unknown): error is Failure {
  if (error instanceof ChildEnded) return true
  return error instanceof Failure && ABOUT_INPUTS.includes(error.exitCode)
}

const ABOUT_INPUTS: readonly number[] = [EXIT.invalidInput, EXIT.notComparable]
