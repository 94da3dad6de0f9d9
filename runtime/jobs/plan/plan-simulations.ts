import { EXIT, Failure, type Scenario } from '../../../scenarios/index.ts'
import type { Ask, RunFigures } from '../../../sim/experiment/index.ts'
import { ChildEnded } from '../../process/child.ts'
import type { SimulationPool } from '../simulations/simulation-pool.ts'
import type { PricedCandidate } from './plan-candidates.ts'

/** What the processes report of a candidate beside its runs. */
interface Known {
  readonly scenario: Scenario
  readonly capacityRps: number | null
  readonly extrapolated: readonly string[]
}

/** Simulates candidates of a plan on the processes of a pool, and keeps what they report. */
export class PlanSimulations {
  readonly #pool: SimulationPool
  readonly #candidates: ReadonlyMap<number, PricedCandidate>
  readonly #mayRepeat: boolean
  readonly #configurations = new Map<number, Known>()
  readonly #problems = new Map<number, string>()
  /** runs of candidates in which nothing is random */
  readonly #exact = new Map<number, RunFigures>()
  #replications = 0

  /** `mayRepeat`: whether the replications of a candidate may all be the same */
  constructor(pool: SimulationPool, candidates: readonly PricedCandidate[], mayRepeat: boolean) {
    this.#pool = pool
    this.#mayRepeat = mayRepeat
    this.#candidates = new Map(candidates.map((candidate) => [candidate.index, candidate]))
  }

  /** Replications simulated so far. */
  get replications(): number {
    return this.#replications
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
    const { set } = this.#candidates.get(index)!
    const simulated = await this.#pool.simulate({ set, from, to })
    this.#configurations.set(index, simulated)
    this.#replications += simulated.runs.length
    return simulated.runs
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
