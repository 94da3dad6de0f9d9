import {
  type LoadedScenario,
  loadScenario,
  modelKey,
  type Scenario,
  type ScenarioText,
  seeingOnly,
} from '../../../scenarios/index.ts'
import {
  type LostFigures,
  lossesOf,
  type MeasuredDraw,
  objectiveFigures,
  overallFigures,
  type RecordsRun,
  type RunFigures,
  recordJudged,
  recordRun,
  resolveSystem,
  runFigures,
  type Survive,
  type TrafficDraw,
  withDeclaredSpeed,
  withMeasuredDraws,
  withMeasuredSpeed,
  withTraffic,
  withTrafficDraws,
} from '../../../sim/experiment/index.ts'
import type { Profile } from '../../../sim/world/index.ts'
import { backlogWarning } from '../demand.ts'
import { extrapolationWarnings } from '../extrapolation.ts'
import { loadSystem, type System, unknownOf } from '../prepare.ts'
import { slowestSystem } from '../slowest.ts'
import { type AskedReplication, type ReplicationRange, replicationBy } from './system-runs.ts'

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
  /** whether the longest times that transfers allow are not simulated; by default they are */
  readonly withoutSlowest?: true
  /** objectives that all are judged by; by default those that each states */
  readonly slo?: Scenario['slo'] | undefined
}

/** Replications of one configuration. */
export interface ConfigurationRequest extends ReplicationRange {
  /** overrides `path=value` of the configuration */
  readonly set: readonly string[]
  /** how many times as fast models are as stated or measured, by their names; by default 1 */
  readonly speeds?: Readonly<Record<string, number>> | undefined
  /** parts of the profile that are others than measured; by default none */
  readonly measured?: readonly MeasuredDraw[] | undefined
  /** parts of the traffic that are others than stated, below `traffic`; by default none */
  readonly drawnTraffic?: readonly TrafficDraw[] | undefined
  /** multiples of the stated traffic; by default 1 */
  readonly traffic?: number | undefined
  /** whether its runs have the latency over all classes, too */
  readonly overall?: true | undefined
  /** real paths of the only files of users that it may read; by default all */
  readonly files?: readonly string[] | undefined
}

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
  /** where some of its inputs are uncertain, of which it has the stated values */
  readonly uncertain?: true | undefined
}

export interface RequestOptions {
  /** gets now and then how much of a request is done, 0 to 1, where that is known */
  readonly onShare?: ((share: number) => void) | undefined
  /** whether few requests follow: its replications are then shared among all that get free */
  readonly last?: boolean | undefined
}

/** What simulates configurations: processes here, or workers anywhere. */
export interface ConfigurationSimulator {
  /** how many requests it works on at once */
  readonly workers: number
  simulate(request: ConfigurationRequest, options?: RequestOptions): Promise<ConfigurationRuns>
  close(): void | Promise<void>
}

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

/** A scenario with drawn rates and lengths, before its traces are read. */
async function atDrawnTraffic(
  path: string | ScenarioText,
  changes: { readonly set: readonly string[]; readonly seed: number | undefined },
  drawnTraffic: readonly TrafficDraw[],
): Promise<LoadedScenario> {
  const loaded = await loadScenario(path, changes)
  return { ...loaded, scenario: withTrafficDraws(loaded.scenario, drawnTraffic) }
}

/** A system with other speeds and other traffic; the same where none differs. */
function withTimesAndTraffic(
  system: System,
  { speeds, measured, traffic }: Pick<ConfigurationRequest, 'speeds' | 'measured' | 'traffic'>,
): System {
  if (speeds === undefined && measured === undefined && traffic === undefined) return system
  let { scenario, profile } = system
  for (const [name, speed] of Object.entries(speeds ?? {})) {
    const stated = scenario
    const keys = stated.pools.flatMap((pool) =>
      pool.model === name ? [modelKey(stated, pool)] : [],
    )
    scenario = withDeclaredSpeed(scenario, speed, (model) => model === name)
    profile = profile && withMeasuredSpeed(profile, speed, (key) => keys.includes(key))
  }
  profile = profile && withMeasuredDraws(profile, measured ?? [])
  // a request for other traffic is of a scenario whose rates can be multiplied
  scenario = (traffic === undefined ? scenario : withTraffic(scenario, traffic)) ?? scenario
  return { ...system, ...resolveSystem({ ...system, scenario }, profile) }
}

/** Gets now and then how much of a request is done, 0 to 1. */
type OnShare = (share: number) => void

/** The configurations of a base, in the process that prepares and simulates them. */
export class Configurations {
  readonly #base: ConfigurationBase
  /** the configuration that was asked for last, as it is often asked for again */
  #last: Configured | null = null

  constructor(base: ConfigurationBase) {
    this.#base = base
  }

  simulate(request: ConfigurationRequest, onShare: OnShare): Promise<ConfigurationRuns> {
    const { files } = request
    const simulate = () => this.#runsOf(request, onShare)
    return files === undefined ? simulate() : seeingOnly(files, simulate)
  }

  async #runsOf(request: ConfigurationRequest, onShare: OnShare) {
    const { from, to, overall } = request
    const figuresOf = overall ? overallFigures : runFigures
    const { system, slowest, losses } = await this.#configured(request)
    const { scenario, hash, capacityRps } = system
    const runs: RunFigures[] = []
    for (let replication = from; replication < to && runs.length < to - from; replication++) {
      const onPart = (share: number) => onShare((replication - from + share) / (to - from))
      // what follows on the replication has no share of its own
      const onMore = () => onPart(1)
      const run = await this.#replication(recordRun, system, { replication, onShare: onPart })
      const more = { replication, onShare: onMore }
      const slower = slowest && (await this.#replication(recordJudged, slowest, more))
      const alone = figuresOf(scenario, run, slower)
      const figures = losses.length === 0 ? alone : await this.#withLosses(alone, losses, more)
      runs.push(figures)
      // all further ones are the same
      if (figures.exact) runs.push(...Array<RunFigures>(to - replication - 1).fill(figures))
    }
    const isUncertain = unknownOf(system) !== null && { uncertain: true as const }
    const extrapolated = extrapolationWarnings(system)
    return { scenario, hash, capacityRps, extrapolated, runs, ...isUncertain }
  }

  async #configured(request: ConfigurationRequest): Promise<Configured> {
    const { set, speeds, measured, drawnTraffic, traffic } = request
    const key = JSON.stringify([set, speeds, measured, drawnTraffic, traffic])
    if (this.#last?.key === key) return this.#last
    const { path, seed, profile, slo, set: common, withoutSlowest } = this.#base
    const changes = { set: [...common, ...set], seed }
    const source =
      drawnTraffic === undefined ? path : await atDrawnTraffic(path, changes, drawnTraffic)
    const loaded = await loadSystem(source, { ...changes, profile })
    const timed = withTimesAndTraffic(loaded, request)
    // what its routers aim at stays in its plan
    const system = slo === undefined ? timed : { ...timed, scenario: { ...timed.scenario, slo } }
    // refuses a queue that would not fit into memory
    backlogWarning(system, system.capacityRps, 1)
    const losses = this.#lostSystems(system)
    const slowest = withoutSlowest === true ? null : slowestSystem(system, 1)
    this.#last = { key, system, slowest, losses }
    return this.#last
  }

  #lostSystems(system: System): LostSystem[] {
    const { survive, withoutSlowest } = this.#base
    if (survive === undefined) return []
    return lossesOf(system.scenario, survive).map(({ text, scenario }) => {
      const lost = { ...resolveSystem({ ...system, scenario }, system.profile) }
      const slowest = withoutSlowest === true ? null : slowestSystem(lost, 1)
      return { text, system: lost, slowest }
    })
  }

  #replication<S>(
    record: RecordsRun<S>,
    system: System,
    asked: Omit<AskedReplication, 'streamed'>,
  ): Promise<S> {
    const { loadOfRps: capacityRps = system.capacityRps } = this.#base
    return replicationBy(record, { ...system, capacityRps }, { ...asked, streamed: system })
  }

  /** The figures of a replication with those of each loss. */
  async #withLosses(
    { exact, ...alone }: RunFigures,
    losses: readonly LostSystem[],
    asked: Omit<AskedReplication, 'streamed'>,
  ): Promise<RunFigures> {
    const judged = (system: System) => this.#replication(recordJudged, system, asked)
    const lost: LostFigures[] = []
    let isExact = exact
    for (const { text, system, slowest } of losses) {
      const { scenario } = system
      const run = await judged(system)
      isExact &&= run.exact || undefined
      const objectives = objectiveFigures(scenario, run)
      const slower = slowest && objectiveFigures(scenario, await judged(slowest))
      const { extrapolation: extrapolated } = run
      const doubts = { ...(slower !== null && { slower }), ...(extrapolated && { extrapolated }) }
      lost.push({ text, objectives, ...doubts })
    }
    return { ...alone, ...(isExact && { exact: isExact }), lost }
  }
}
