import { mean } from 'simple-statistics'
import {
  carried,
  type MeasuredBlock,
  type ObservedRun,
  type SimulationInput,
  withoutStalls,
} from '../../../sim/experiment/index.ts'
import { PERCENTILES } from '../../../sim/stats/index.ts'
import type { JobOptions } from '../options.ts'
import type { System } from '../prepare.ts'
import { runReplications } from '../simulations/replications.ts'
import { whatIfInputs } from '../what-if-inputs.ts'
import type { GateTraffic } from './gate-traffic.ts'

/** Percentiles that are derived. */
export const DERIVED = [0.5, 0.95, 0.99] as const
/** Requests of the simulations of a block: p99 has 400 beyond it. */
const REQUESTS = 40_000
const FEWEST_REPLICATIONS = 4
const MOST_REPLICATIONS = 40

/**
 * Derives what the causes of a block do to percentiles: the simulation of the base, on the machine
 * that its replays recorded without its stalls, against the same with the causes changed. All draw
 * the same requests and the same machine, so that nothing but the causes differs.
 */
export class Derivation {
  readonly #traffic: GateTraffic
  readonly #job: JobOptions
  readonly #base: SimulationInput
  readonly #head: SimulationInput
  readonly #replications: number
  #basePercentiles: readonly (readonly number[])[] | null = null

  /** `runs`: replays of the base, from which its machine is learnt. */
  constructor(traffic: GateTraffic, runs: readonly ObservedRun[], job: JobOptions) {
    const { base, head, requests } = traffic
    const [first, second] = whatIfInputs(
      [
        { system: base, requests },
        { system: head, requests },
      ],
      runs,
    )
    this.#traffic = traffic
    this.#job = job
    this.#base = quiet({ ...first, requests: null })
    // rates that are a load are those of the base
    this.#head = quiet({ ...second, requests: null, capacityRps: first.capacityRps })
    this.#replications = Math.min(
      MOST_REPLICATIONS,
      Math.max(FEWEST_REPLICATIONS, Math.ceil(REQUESTS / Math.max(1, requests.count))),
    )
  }

  /** The base's percentiles, ms: geometric means over replications. */
  async baseMs(): Promise<number[]> {
    const each = await this.#percentilesOfBase()
    return DERIVED.map((_, i) => Math.exp(mean(each.map((run) => Math.log(run[i]!)))))
  }

  /** ln of head over base of each derived percentile, by the causes of a block. */
  async ratios({ causes }: MeasuredBlock): Promise<number[]> {
    const base = await this.#percentilesOfBase()
    const { base: system, head } = this.#traffic
    const byName = new Map(system.scenario.pools.map(({ name }, i) => [name, i]))
    const at = head.scenario.pools.map(({ name }) => byName.get(name)!)
    const models = at.map((i) => this.#base.models[i]!)
    const input = carried(
      this.#head,
      models,
      at.map((i) => causes[i]!),
    )
    const changed = await this.#percentiles(input, head)
    return DERIVED.map((_, i) => mean(changed.map((run, j) => Math.log(run[i]! / base[j]![i]!))))
  }

  async #percentilesOfBase() {
    this.#basePercentiles ??= await this.#percentiles(this.#base, this.#traffic.base)
    return this.#basePercentiles
  }

  /** By replication. */
  async #percentiles(input: SimulationInput, traces: System): Promise<number[][]> {
    const { signal } = this.#job
    const runs = await runReplications(input, this.#replications, { traces, signal })
    return runs.map(({ all }) => DERIVED.map((p) => all.percentiles[PERCENTILES.indexOf(p)]!))
  }
}

const quiet = (input: SimulationInput): SimulationInput => ({
  ...input,
  models: input.models.map((model) => model && withoutStalls(model)),
})
