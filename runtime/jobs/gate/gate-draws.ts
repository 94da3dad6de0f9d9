import type { BaselineEntry, GateCase } from '../../../sim/documents/index.ts'
import {
  type DrawnRuns,
  type DrawnSide,
  drawInputs,
  type GateDraws,
  notComparable,
  pairedInputs,
  runFigures,
} from '../../../sim/experiment/index.ts'
import { leastDraws, MOST_DIMENSIONS } from '../../../sim/stats/index.ts'
import { profileLabel } from '../../folders/profile-file.ts'
import { DrawnSystem, REPLICATIONS_OF_DRAW } from '../drawn-system.ts'
import type { JobOptions } from '../options.ts'
import type { System } from '../prepare.ts'
import { SimulationPool } from '../simulations/simulation-pool.ts'
import { sentSystem } from '../simulations/system-runs.ts'

/** Both sides of a gate are drawn, and changes have less scatter than figures. */
const MOST_DRAWS = 64

/** A side of a prediction gate as it was simulated. */
export interface SimulatedSide extends Pick<DrawnSide, 'objectives'> {
  readonly entry: BaselineEntry
  /** a head has the objectives of its base, and its loads are shares of the base's capacity */
  readonly system: System
}

/** What is compared. */
export interface BothSides {
  readonly base: SimulatedSide
  readonly head: SimulatedSide
  /** the base, for people */
  readonly from: string
}

interface DrawOptions extends JobOptions {
  readonly workers?: number | undefined
}

/**
 * A case by draws of the inputs that are not known on either side: 32 of them, and twice as many
 * until the ends of all changes hardly move. `judge`: the case by some draws.
 */
export async function caseOverDraws(
  { base, head, from }: BothSides,
  judge: (draws: GateDraws) => GateCase,
  { workers, signal, onProgress }: DrawOptions,
): Promise<GateCase> {
  const paired = pairedInputs(inputsOf(base), inputsOf(head))
  const count = paired.inputs.length
  if (count > MOST_DIMENSIONS) {
    const text = `base and head have ${count} uncertain inputs together`
    return notComparable(head.entry, from, `${text}; at most ${MOST_DIMENSIONS} can be drawn`)
  }
  const { file, scenario } = head.system
  const replications = Math.min(REPLICATIONS_OF_DRAW, head.entry.replications)
  const pool = new SimulationPool({ workers, signal })
  const options = { pool, replications, onProgress }
  const phase = `drawing uncertain inputs of ${file}`
  try {
    const ofHead = await SideDraws.of(head, paired.head, { ...options, phase })
    const ofBase = isSameSystem(base.system, head.system)
      ? ofHead
      : await SideDraws.of(base, paired.base, { ...options, phase: `${phase} in the base` })
    const values: number[][] = []
    for (let draws = leastDraws(count); ; draws *= 2) {
      const range = { from: values.length, to: draws, seed: scenario.seed }
      const further = drawInputs(paired.inputs, range)
      for (const side of new Set([ofHead, ofBase])) await side.draw(further)
      values.push(...further)
      const gateCase = judge({
        ...{ paired, values },
        base: { ...ofBase.drawn, objectives: base.objectives },
        head: { ...ofHead.drawn, objectives: head.objectives },
      })
      if (gateCase.uncertain?.settled === false && 2 * draws <= MOST_DRAWS) continue
      return gateCase
    }
  } finally {
    pool.close()
  }
}

const inputsOf = ({ system: { uncertain } }: SimulatedSide) => uncertain?.inputs ?? []

/** Whether both are the same here: their figures may be of two versions of Spillway. */
function isSameSystem(base: System, head: System): boolean {
  const hashOf = ({ profile }: System) => profile && profileLabel(profile).hash
  return base.hash === head.hash && hashOf(base) === hashOf(head)
}

interface SideOptions {
  readonly pool: SimulationPool
  readonly replications: number
  readonly phase: string
  readonly onProgress: JobOptions['onProgress']
}

/** The draws of one side. */
class SideDraws {
  readonly #nominal: DrawnRuns
  readonly #runs: DrawnRuns[] = []
  /** null where all inputs of the side are known */
  readonly #system: DrawnSystem | null
  /** of each input of the side, its place among all */
  readonly #places: readonly number[]
  readonly #phase: string

  private constructor(
    nominal: DrawnRuns,
    system: DrawnSystem | null,
    places: readonly number[],
    phase: string,
  ) {
    this.#nominal = nominal
    this.#system = system
    this.#places = places
    this.#phase = phase
  }

  static async of(
    { system }: SimulatedSide,
    places: readonly number[],
    { phase, ...options }: SideOptions,
  ): Promise<SideDraws> {
    const { uncertain, scenario } = system
    if (uncertain === undefined) {
      return new SideDraws(await statedRuns(system, options), null, places, phase)
    }
    const drawn = new DrawnSystem(system, uncertain, { ...options, slo: scenario.slo })
    return new SideDraws(await drawn.atStated(phase), drawn, places, phase)
  }

  get drawn(): Omit<DrawnSide, 'objectives'> {
    return { nominal: this.#nominal, runs: this.#runs }
  }

  /** Adds draws: of each, the values of all inputs of both sides. */
  async draw(values: readonly (readonly number[])[]): Promise<void> {
    if (this.#system === null) {
      this.#runs.push(...values.map(() => this.#nominal))
      return
    }
    const ofSide = values.map((drawn) => this.#places.map((place) => drawn[place]!))
    const phase = `${this.#phase}, ${this.#runs.length + values.length} draws`
    this.#runs.push(...(await this.#system.at(ofSide, phase)))
  }
}

/** Replications of a system whose inputs are all known, with the seeds of draws. */
async function statedRuns(
  system: System,
  { pool, replications }: Pick<SideOptions, 'pool' | 'replications'>,
): Promise<DrawnRuns> {
  const { scenario, capacityRps } = system
  const sent = sentSystem({ ...system, requests: null }, system)
  const numbers = Array.from({ length: replications }, (_, replication) => replication)
  const runs = await Promise.all(numbers.map((number) => pool.replication(sent, number)))
  return { scenario, capacityRps, runs: runs.map((run) => runFigures(scenario, run)) }
}
