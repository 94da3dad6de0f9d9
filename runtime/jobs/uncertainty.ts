import { EXIT, Failure, type Scenario, type Uncertain } from '../../scenarios/index.ts'
import type { Result } from '../../sim/documents/index.ts'
import {
  commonInputs,
  constantNotes,
  type Drawn,
  type DrawnRuns,
  drawInputs,
  drawnInputs,
  needsMoreDraws,
  profileNotes,
  sourceNotes,
  withUncertainty,
} from '../../sim/experiment/index.ts'
import { leastDraws } from '../../sim/stats/index.ts'
import type { JobOptions } from './options.ts'
import type { System } from './prepare.ts'
import { DRAWS_ONLY } from './simulate.ts'
import type { ConfigurationBase, ConfigurationRuns } from './simulations/configuration-runs.ts'
import { PartialProgress } from './simulations/partial-progress.ts'
import { SimulationPool } from './simulations/simulation-pool.ts'

/** More draws narrow no answer: what is not known stays. */
const MOST_DRAWS = 256
/** Replications of each draw: what a draw changes has little noise with common seeds. */
export const DRAWN_REPLICATIONS = 4

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
  const { uncertain, file: label } = system
  if (uncertain === undefined) return result
  const notes = notesOfInputs(system)
  if (uncertain.inputs.length === 0) return { ...result, warnings: [...notes, ...result.warnings] }
  const { mostDraws = MOST_DRAWS } = options
  const replications = Math.min(options.replications ?? DRAWN_REPLICATIONS, result.runs)
  const judge = ([drawn]: readonly Drawn[]) => {
    const wider = withUncertainty(result, drawn!)
    return { wider, settled: !needsMoreDraws(wider.uncertainty!, mostDraws) }
  }
  const systems = [{ system, uncertain, label }]
  const { wider } = await withDraws(systems, judge, { ...options, replications })
  const others = wider.warnings.filter((warning) => warning !== DRAWS_ONLY)
  return { ...wider, warnings: [...notes, ...others] }
}

/** Which inputs of a system no draw changes, and the notes of its sources. */
export function notesOfInputs(system: System): string[] {
  const { scenario, uncertain } = system
  if (uncertain === undefined) return []
  return [...constantNotes(scenario, uncertain.inputs), ...notesOfSources(system)]
}

/** What is assumed of the sources of a system, and what is not known of them, where included. */
export function notesOfSources(system: System): string[] {
  const { scenario, uncertain } = system
  if (uncertain?.withSources !== true) return []
  return [...sourceNotes(scenario, uncertain.inputs), ...profileNotes(system)]
}

export interface DrawOptions extends UncertaintyOptions {
  /** whether runs have the latency over all classes, too */
  readonly overall?: true | undefined
}

/** A system whose inputs are drawn. */
export interface UncertainSystem {
  readonly system: System
  readonly uncertain: Uncertain
  /** objectives that draws are judged by; by default those that the scenario states */
  readonly slo?: Scenario['slo'] | undefined
  /** its name in messages */
  readonly label: string
}

/** A system whose inputs are all known, beside others. */
export interface KnownSystem {
  /** its replications, with the seeds of draws of the others */
  readonly known: DrawnRuns
}

/**
 * What `judge` makes of draws of what is not known of systems, of at least one of them: of 32
 * draws, and of twice as many until it is settled. It gets the draws of each system, which are all
 * alike where its inputs are known. An input that several systems have is drawn once for all of
 * them, and each draw is simulated with the seeds of the stated values.
 */
export async function withDraws<Judged extends { readonly settled: boolean }>(
  all: readonly (UncertainSystem | KnownSystem)[],
  judge: (drawn: readonly Drawn[]) => Judged,
  options: DrawOptions = {},
): Promise<Judged> {
  const { workers, signal, onProgress, traffic, overall } = options
  const { mostDraws = MOST_DRAWS, replications = DRAWN_REPLICATIONS } = options
  const systems = all.flatMap((each) => ('known' in each ? [] : [each]))
  const { inputs, places } = commonInputs(systems.map(({ uncertain }) => uncertain.inputs))
  const { seed } = systems[0]!.system.scenario
  const bases = systems.map(baseOf)
  const pool = new SimulationPool({ workers, signal })
  const of = { ...(traffic !== undefined && { traffic }), ...(overall && { overall }) }
  const common = { from: 0, to: replications, ...of }
  /** `values`: of each system, some draws of its inputs */
  const simulated = (values: readonly (readonly (readonly number[])[])[], unit: string) => {
    const progress = new PartialProgress()
    const count = values.reduce((sum, draws) => sum + draws.length, 0)
    const show = () => onProgress?.(`drawing uncertain inputs${unit}`, progress.done, count)
    show()
    let asked = 0
    const draw = async (drawn: readonly number[], at: number): Promise<ConfigurationRuns> => {
      const unitOfWork = asked++
      const { uncertain, label } = systems[at]!
      const request = { ...drawnInputs(uncertain.inputs, drawn), ...common }
      const onShare = (share: number) => {
        progress.part(unitOfWork, share)
        show()
      }
      const runs = await pool.simulate(request, { base: bases[at], onShare }).catch((error) => {
        throw ofDraw(error, label)
      })
      progress.ended(unitOfWork)
      show()
      return runs
    }
    return Promise.all(
      values.map((draws, at) => Promise.all(draws.map((drawn) => draw(drawn, at)))),
    )
  }
  try {
    const stated = systems.map(({ uncertain }) => [uncertain.inputs.map(({ value }) => value)])
    const nominal = await simulated(stated, '')
    const drawn = systems.map(({ uncertain }, at) => ({
      inputs: uncertain.inputs,
      values: [] as (readonly number[])[],
      nominal: nominal[at]![0]!,
      runs: [] as ConfigurationRuns[],
    }))
    const least = systems.map(({ uncertain }) => leastDraws(uncertain.inputs.length))
    for (let draws = Math.max(...least), from = 0; ; from = draws, draws *= 2) {
      const points = drawInputs(inputs, { from, to: draws, seed })
      const further = places.map((ofSystem) =>
        points.map((point) => ofSystem.map((place) => point[place]!)),
      )
      const runs = await simulated(further, `, ${draws} draws`)
      for (const [at, { values, runs: before }] of drawn.entries()) {
        values.push(...further[at]!)
        before.push(...runs[at]!)
      }
      const left = [...drawn]
      const judged = judge(
        all.map((each) => ('known' in each ? allAlike(each.known, draws) : left.shift()!)),
      )
      if (judged.settled || 2 * draws > mostDraws) return judged
    }
  } finally {
    pool.close()
  }
}

/** Draws of a system whose inputs are all known. */
function allAlike(nominal: DrawnRuns, draws: number): Drawn {
  const alike = <T>(value: T) => Array.from({ length: draws }, () => value)
  return { inputs: [], values: alike([]), nominal, runs: alike(nominal) }
}

/**
 * What a load is a share of does not change with a draw, so the traffic is the same. Verdicts by
 * the longest times of transfers are those of the stated values.
 */
function baseOf({ system, uncertain: { text }, slo }: UncertainSystem): ConfigurationBase {
  const { file, directory, profile, capacityRps: loadOfRps } = system
  const path = { file, text, directory }
  const judged = slo !== undefined && { slo }
  return { path, set: [], profile, loadOfRps, withoutSlowest: true, ...judged }
}

/** What is wrong with a draw, which the file itself does not state. */
function ofDraw(error: unknown, label: string): unknown {
  if (!(error instanceof Failure) || error.exitCode === EXIT.interrupted) return error
  const problems = error.problems.map((text) => `${label}: a draw of its uncertain inputs: ${text}`)
  return new Failure(problems, error.exitCode)
}
