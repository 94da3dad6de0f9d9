import { type Scenario, type ScenarioText, seeingOnly } from '../../../scenarios/index.ts'
import {
  type LostFigures,
  lossesOf,
  type RunFigures,
  resolveSystem,
  runFigures,
  type Survive,
} from '../../../sim/experiment/index.ts'
import type { Profile } from '../../../sim/world/index.ts'
import { serveParent } from '../../process/serve-parent.ts'
import { backlogWarning } from '../demand.ts'
import { extrapolationWarnings } from '../extrapolation.ts'
import { oneReplication } from '../one-replication.ts'
import { loadSystem, type System } from '../prepare.ts'
import { slowestSystem } from '../slowest.ts'

/** What all configurations of a scenario have in common. */
export interface ConfigurationBase {
  /** a scenario file, the name of a shipped scenario, or its text */
  readonly path: string | ScenarioText
  /** overrides `path=value` below those of each configuration */
  readonly set: readonly string[]
  readonly seed?: number | undefined
  /**
   * a profile or its path; by default this machine's, or else the reference profile; null: none,
   * whatever the work of the scenario is
   */
  readonly profile?: Profile | string | null | undefined
  /**
   * requests/s that `load` in the traffic is a share of, so that all configurations have the same
   * traffic; without it each has its own capacity
   */
  readonly loadOfRps?: number | null | undefined
  /** losses with which each replication is simulated again; by default none */
  readonly survive?: Survive | undefined
}

/** Replications `from` to `to` - 1 of one configuration. */
export interface ConfigurationRequest {
  /** overrides `path=value` of the configuration */
  readonly set: readonly string[]
  readonly from: number
  readonly to: number
  /** real paths of the only files of users that it may read; by default all */
  readonly files?: readonly string[] | undefined
}

/** Without a configuration: the base of the requests that follow. */
export type ConfigurationMessage = ConfigurationBase | ConfigurationRequest

export interface ConfigurationRuns {
  readonly scenario: Scenario
  /** of the scenario with its changes */
  readonly hash: string
  /** requests/s; null where it is not known */
  readonly capacityRps: number | null
  /** where its batches or lengths lie beyond those that were measured */
  readonly extrapolated: readonly string[]
  /** in the order of the replications */
  readonly runs: readonly RunFigures[]
}

export interface RequestOptions {
  /** gets now and then how much of a request is done, 0 to 1, where that is known */
  readonly onShare?: ((share: number) => void) | undefined
}

/** What simulates configurations: processes here, or workers anywhere. */
export interface ConfigurationSimulator {
  /** how many requests it works on at once */
  readonly workers: number
  simulate(request: ConfigurationRequest, options?: RequestOptions): Promise<ConfigurationRuns>
  close(): void | Promise<void>
}

let base: ConfigurationBase | null = null
/** The configuration that was asked for last, as it is often asked for again. */
let last: Configured | null = null

interface Configured {
  readonly key: string
  readonly system: System
  /** with the longest times that transfers allow; null where nothing is transferred */
  readonly slowest: System | null
  readonly losses: readonly LostSystem[]
}

/** The system with something lost. */
interface LostSystem {
  readonly text: string
  readonly system: System
  readonly slowest: System | null
}

async function systemOf(set: readonly string[]): Promise<Configured> {
  if (base === null) throw new Error('Expected a base before its configurations')
  const key = JSON.stringify(set)
  if (last?.key === key) return last
  const { path, seed, profile } = base
  const system = await loadSystem(path, {
    set: [...base.set, ...set],
    ...(seed !== undefined && { seed }),
    profile,
  })
  // refuses a queue that would not fit into memory
  backlogWarning(system, system.capacityRps, 1)
  last = { key, system, slowest: slowestSystem(system, 1), losses: lostSystems(system) }
  return last
}

function lostSystems(system: System): LostSystem[] {
  const survive = base?.survive
  if (survive === undefined) return []
  return lossesOf(system.scenario, survive).map(({ text, scenario }) => {
    const lost = { ...resolveSystem({ ...system, scenario }, system.profile) }
    return { text, system: lost, slowest: slowestSystem(lost, 1) }
  })
}

/** Sends now and then how much of a request is done, 0 to 1. */
type OnShare = (share: number) => void

async function answer(
  message: ConfigurationMessage,
  onShare: OnShare,
): Promise<ConfigurationRuns | null> {
  if (!('from' in message)) {
    base = message
    last = null
    return null
  }
  const { files } = message
  const simulate = () => runsOf(message, onShare)
  return files === undefined ? simulate() : seeingOnly(files, simulate)
}

async function runsOf(message: ConfigurationRequest, onShare: OnShare): Promise<ConfigurationRuns> {
  const { system, slowest, losses } = await systemOf(message.set)
  const { scenario, hash, capacityRps } = system
  const runs: RunFigures[] = []
  const { loadOfRps = capacityRps } = base!
  const input = { ...system, capacityRps: loadOfRps }
  const { from, to } = message
  for (let replication = from; replication < to && runs.length < to - from; replication++) {
    const onPart = (share: number) => onShare((replication - from + share) / (to - from))
    const run = await oneReplication(input, system, replication, onPart)
    const slower =
      slowest &&
      (await oneReplication({ ...slowest, capacityRps: loadOfRps }, slowest, replication))
    const alone = runFigures(scenario, run, slower)
    const figures = losses.length === 0 ? alone : await withLosses(alone, losses, replication)
    runs.push(figures)
    // all further ones are the same
    if (figures.exact) runs.push(...Array<RunFigures>(to - replication - 1).fill(figures))
  }
  return { scenario, hash, capacityRps, extrapolated: extrapolationWarnings(system), runs }
}

/** The figures of a replication with those of each loss. */
async function withLosses(
  { exact, ...alone }: RunFigures,
  losses: readonly LostSystem[],
  replication: number,
): Promise<RunFigures> {
  const figuresOf = async (own: System) => {
    const { loadOfRps = own.capacityRps } = base!
    const run = await oneReplication({ ...own, capacityRps: loadOfRps }, own, replication)
    return runFigures(own.scenario, run)
  }
  const lost: LostFigures[] = []
  let isExact = exact
  for (const { text, system, slowest } of losses) {
    const { exact: alike, objectives } = await figuresOf(system)
    isExact &&= alike
    const slower = slowest && (await figuresOf(slowest)).objectives
    lost.push({ text, objectives, ...(slower !== null && { slower }) })
  }
  return { ...alone, ...(isExact && { exact: isExact }), lost }
}

serveParent(answer)
