import { EXIT, Failure, type Scenario } from '../../../scenarios/index.ts'
import type { Ask, RunFigures } from '../../../sim/experiment/index.ts'
import { ChildEnded } from '../../process/child.ts'
import type { ConfigurationRuns } from '../simulations/configuration-runs.ts'
import type { SimulationPool } from '../simulations/simulation-pool.ts'
import type { ReplicationRange } from '../simulations/system-runs.ts'
import type { PricedCandidate } from './plan-candidates.ts'
import type { PlanJournal } from './plan-journal.ts'

/** What the processes report of a candidate beside its runs. */
interface Known {
  /** of its scenario */
  readonly hash: string
  readonly scenario: Scenario
  readonly capacityRps: number | null
  readonly extrapolated: readonly string[]
}

/** Simulates candidates of a plan on the processes of a pool, and keeps what they report. */
export class PlanSimulations {
  readonly #pool: SimulationPool
  readonly #candidates: ReadonlyMap<number, PricedCandidate>
  readonly #mayRepeat: boolean
  readonly #journal: PlanJournal
  readonly #configurations = new Map<number, Known>()
  readonly #problems = new Map<number, string>()
  /** runs of candidates in which nothing is random */
  readonly #exact = new Map<number, RunFigures>()
  #replications = 0
  #kept = 0

  /** `mayRepeat`: whether the replications of a candidate may all be the same */
  constructor(
    pool: SimulationPool,
    candidates: readonly PricedCandidate[],
    { mayRepeat, journal }: { readonly mayRepeat: boolean; readonly journal: PlanJournal },
  ) {
    this.#pool = pool
    this.#mayRepeat = mayRepeat
    this.#journal = journal
    this.#candidates = new Map(candidates.map((candidate) => [candidate.index, candidate]))
  }

  /** Replications so far, whenever they were simulated. */
  get replications(): number {
    return this.#replications
  }

  /** Those of them that an earlier process has simulated. */
  get kept(): number {
    return this.#kept
  }

  of(index: number): Known {
    return this.#configurations.get(index)!
  }

  /** Why a candidate could not be simulated. */
  problem(index: number): string {
    return this.#problems.get(index) ?? ''
  }

  /** Capacities of candidates without a simulation, requests/s; null where they are not known. */
  async capacities(candidates: readonly PricedCandidate[]): Promise<(number | null)[]> {
    const asks = candidates.map((candidate) => ({ candidate, from: 0, to: 0 }))
    const answers = await this.simulate(asks)
    return answers.map((runs, i) => runs && this.of(candidates[i]!.index).capacityRps)
  }

  /** The runs of each ask; null where the candidate cannot be simulated. */
  readonly simulate = (asks: readonly Ask[]): Promise<(readonly RunFigures[] | null)[]> =>
    Promise.all(asks.map((ask) => this.#ask(ask)))

  async #simulated({ candidate: { index }, from, to }: Ask): Promise<readonly RunFigures[]> {
    const kept = await this.#keptRuns(index, { from, to })
    this.#replications += kept?.length ?? 0
    this.#kept += kept?.length ?? 0
    if (kept !== null) return kept
    const { hash, runs } = await this.#known(index, { from, to })
    this.#replications += runs.length
    await this.#journal.addRuns(hash, from, runs)
    return runs
  }

  async #keptRuns(
    index: number,
    { from, to }: ReplicationRange,
  ): Promise<readonly RunFigures[] | null> {
    if (!this.#journal.hasRuns || from === to) return null
    // without a replication it is read only
    const { hash } =
      this.#configurations.get(index) ?? (await this.#known(index, { from, to: from }))
    return this.#journal.takeRuns(hash, from, to)
  }

  async #known(index: number, range: ReplicationRange): Promise<ConfigurationRuns> {
    const { set } = this.#candidates.get(index)!
    const simulated = await this.#pool.simulate({ set, ...range })
    this.#configurations.set(index, simulated)
    return simulated
  }

  async #ask(ask: Ask): Promise<readonly RunFigures[] | null> {
    const { index } = ask.candidate
    const exact = this.#exact.get(index)
    if (exact !== undefined) return Array<RunFigures>(ask.to - ask.from).fill(exact)
    try {
      const first = this.#mayRepeat && ask.from === 0 ? Math.min(1, ask.to) : 0
      const runs = first === 0 ? [] : await this.#simulated({ ...ask, to: first })
      if (runs[0]?.exact) {
        this.#exact.set(index, runs[0])
        return Array<RunFigures>(ask.to).fill(runs[0])
      }
      return [...runs, ...(await this.#simulated({ ...ask, from: ask.from + first }))]
    } catch (error) {
      const refused = error instanceof ChildEnded || (error instanceof Failure && isInput(error))
      if (!refused) throw error
      this.#problems.set(index, error.problems[0]!)
      return null
    }
  }
}

/** About the configuration, such as weights that do not fit; not an interruption. */
const isInput = ({ exitCode }: Failure) =>
  exitCode === EXIT.invalidInput || exitCode === EXIT.notComparable
