import { EXIT, Failure } from '../../../scenarios/index.ts'
import {
  chainsOf,
  grouped,
  judgedOn,
  type Looks,
  looksUpTo,
  mayRepeat,
  type PlanFound,
  type PlanTask,
  placesOf,
  type RunFigures,
  runDoubts,
  type StatedObjective,
  type Survive,
  searchPlan,
  statedObjectives,
  tooFewRequests,
} from '../../../sim/experiment/index.ts'
import type { Profile } from '../../../sim/world/index.ts'
import { profileLabel } from '../../folders/profile-file.ts'
import { build } from '../../version.ts'
import { ConfigurationInputs } from '../configurations/configuration-inputs.ts'
import { searchSpace } from '../configurations/search-space.ts'
import { PLAN_DEFAULTS } from '../defaults.ts'
import type { JobOptions } from '../options.ts'
import { loadSystem, type System } from '../prepare.ts'
import { SimulationPool } from '../simulations/simulation-pool.ts'
import {
  costOfReplicas,
  defaultSpace,
  mostInputs,
  type PlanCandidates,
  type PricedCandidate,
  planCandidates,
  refuseDimensions,
} from './plan-candidates.ts'
import { PlanDraws } from './plan-draws.ts'
import { type PlanHead, PlanJournal } from './plan-journal.ts'
import { PlanSimulations } from './plan-simulations.ts'
import { PlanClock } from './plan-time.ts'
import { type SearchedDraws, searchedDraws } from './searched-draws.ts'

export interface PlanSearchOptions extends JobOptions {
  /** texts `path=values`; those with several values are the search space */
  readonly set?: readonly string[] | undefined
  readonly seed?: number | undefined
  /** a profile or the path of one; by default this machine's, or else the reference profile */
  readonly profile?: Profile | string | undefined
  /** of a verdict, 0.5 to below 1; default 0.95 */
  readonly confidence?: number | undefined
  /** most replications of a configuration, at least 6; default 24 */
  readonly replications?: number | undefined
  /** processes, at most one a core, by default that many; no result depends on it */
  readonly workers?: number | undefined
  /** losses with which each configuration must hold its objectives, too; by default none */
  readonly survive?: Survive | undefined
  readonly onNote?: ((text: string) => void) | undefined
  /** keeps what is simulated; by default nothing is kept */
  readonly journal?: PlanJournal | undefined
  /** simulations of the winner that follow, which its time counts; default none */
  readonly ofWinner?: number | undefined
  /** refuses the scenario as it stands before anything is simulated */
  readonly expect?: ((system: System) => void) | undefined
}

/** A search that is done. */
export interface SearchedPlan {
  /** the scenario as it stands */
  readonly system: System
  /** overrides of all configurations */
  readonly set: readonly string[]
  readonly dimensions: PlanDimensions
  /** whether the dimensions are the default ones */
  readonly chosen: boolean
  readonly priced: PlanCandidates
  readonly looks: Looks
  /** number of stated objectives */
  readonly objectives: number
  readonly outcome: PlanFound<RunFigures>
  readonly simulations: PlanSimulations
  readonly today: PricedCandidate
  /** overrides by the index of the candidate */
  readonly setOf: ReadonlyMap<number, readonly string[]>
  /** null where all inputs are known, and where no configuration meets at the stated ones */
  readonly drawn: SearchedDraws | null
}

type PlanDimensions = ReturnType<typeof defaultSpace>

const NOT_KEPT = 'nothing is kept of it without --out DIR, where --resume goes on'

const plural = (replications: number) =>
  replications === 1 ? '1 replication' : `${grouped(replications)} replications`

/** What decides the runs of all configurations. */
function planHead({ scenario, hash, profile }: System, survive: Survive | undefined): PlanHead {
  return {
    ...build(),
    scenario: { name: scenario.name, hash },
    seed: scenario.seed,
    profile: profile && profileLabel(profile),
    survive: survive ?? null,
  }
}

/**
 * Searches the configurations of a scenario for the cheapest that holds every objective. Throws
 * `Failure` where the scenario states no objective, where its traffic is too short to judge one
 * (exit code 5), or where all pools are scaled and no dimension is named.
 */
export async function searchedPlan(
  path: string,
  options: PlanSearchOptions,
): Promise<SearchedPlan> {
  const { confidence = PLAN_DEFAULTS.confidence, seed, profile, workers, signal } = options
  const { replications = PLAN_DEFAULTS.replications, onProgress, onNote } = options
  const space = searchSpace(options.set ?? [])
  refuseDimensions(space.dimensions)
  const loading = { set: space.set, profile, seed }
  const system = await loadSystem(path, { ...loading, signal, onNote })
  const objectives = statedObjectives(system.scenario)
  if (objectives.length === 0) {
    throw new Failure(`${system.file}: a plan needs an objective: state one under slo`)
  }
  const cost = objectives.find(({ objective }) => objective.kind === 'cost')
  if (cost !== undefined) {
    const where = `${system.file} slo.${cost.class}: remove ${cost.text}`
    throw new Failure(`${where}: a plan finds the lowest cost; sweep and simulate judge it`)
  }
  options.expect?.(system)
  const chosen = space.dimensions.length === 0
  const dimensions = chosen ? defaultSpace(system.scenario) : [...space.dimensions]
  if (dimensions.length === 0) {
    const { name } = system.scenario.pools[0]!
    const example = `--set pools.${name}.scaling.min=1,2,4`
    const text = `a plan of scaled pools needs values to search, such as ${example}`
    throw new Failure(`${system.file} pools.${name}.scaling: ${text}`, EXIT.usage)
  }
  const { survive } = options
  if (survive === 'site' && placesOf(system.scenario).length < 2) {
    const text = 'a plan that survives a site needs pools in two places'
    throw new Failure(`${system.file} places: ${text}; --survive replica needs none`, EXIT.usage)
  }
  const base = {
    ...{ path, ...loading, loadOfRps: system.capacityRps },
    ...(survive !== undefined && { survive }),
  }
  const looks = looksUpTo(replications, confidence)
  const { journal = new PlanJournal() } = options
  const kept = await journal.begin(planHead(system, survive))
  if (kept > 0) onNote?.(`goes on where it was: ${plural(kept)} are kept of it`)
  // its processes start while the configurations are read
  const pool = new SimulationPool({ base, workers, signal })
  try {
    const unknown = new ConfigurationInputs(profile)
    const reading = { unknown, signal, onProgress }
    const priced = await planCandidates(base, dimensions, system, reading)
    const inSpace = priced.candidates.includes(priced.today)
    const all = inSpace ? priced.candidates : [...priced.candidates, priced.today]
    const simulations = new PlanSimulations(pool, all, {
      mayRepeat: mayRepeat({ ...system, requests: null }),
      journal,
    })
    onProgress?.('searching', 0, 1)
    const [candidates, today] = await withCapacities(priced, simulations)
    const chains = chainsOf(candidates).map((chain) => chain.candidates.length)
    let clock: PlanClock | null = null
    const task: PlanTask<RunFigures> = {
      candidates,
      today,
      objectives,
      looks,
      paidIn: ({ index }, { pools }) => {
        const paid = pools.map(({ replicas }) => replicas)
        return costOfReplicas(simulations.of(index).scenario.pools, paid, priced.unit)
      },
      doubts: ({ index }, runs) => runDoubts(simulations.of(index).scenario, runs),
      simulate: async (asks) => {
        const newOnes = () => simulations.replications - simulations.kept
        const [began, before] = [performance.now(), newOnes()]
        const answers = await simulations.simulate(asks)
        const seconds = (performance.now() - began) / 1000
        const todayAt = asks.findIndex(({ candidate, from }) => candidate === today && from === 0)
        const runs = answers[todayAt]
        if (runs === null) throw new Failure(simulations.problem(today.index))
        // today's is the first that is simulated, alone
        if (runs !== undefined) {
          refuseShort(system.file, objectives, { runs, replications })
          const exact = runs[0]!.exact === true
          const { ofWinner = 0 } = options
          const inputs = mostInputs(priced)
          const work = { chains, most: replications, exact, ofWinner, inputs }
          clock = new PlanClock(work, pool.workers)
        }
        const text = clock?.after({ replications: newOnes() - before, seconds })
        if (text != null) onNote?.(journal.keeps ? text : `${text}; ${NOT_KEPT}`)
        return answers
      },
      onProgress: (done, of) => onProgress?.('searching', done, of),
    }
    const stated = await searchPlan(task)
    const of = { base, journal, priced, unknown, seed: system.scenario.seed }
    const draws = priced.inputs.length === 0 ? null : new PlanDraws(pool, all, of)
    const drawn = draws && (await searchedDraws(task, stated, draws, onProgress))
    const setOf = new Map(all.map((candidate) => [candidate.index, candidate.set]))
    const about = { system, set: space.set, dimensions, chosen, priced, looks }
    return {
      ...{ ...about, objectives: objectives.length, simulations, today, setOf },
      outcome: drawn?.found ?? stated,
      drawn,
    }
  } finally {
    pool.close()
  }
}

/** The capacity of the largest configuration of each family, which orders the search. */
async function withCapacities(
  { candidates, today }: { candidates: readonly PricedCandidate[]; today: PricedCandidate },
  simulations: PlanSimulations,
): Promise<readonly [PricedCandidate[], PricedCandidate]> {
  const largest = new Map<string, PricedCandidate>()
  for (const candidate of candidates) {
    const most = largest.get(candidate.family)
    if (most === undefined || candidate.cost > most.cost) largest.set(candidate.family, candidate)
  }
  const asked = [...largest.values()]
  const capacities = await simulations.capacities(asked)
  const byCandidate = new Map(asked.map((candidate, i) => [candidate, capacities[i]!]))
  const changed = new Map(
    candidates.map((candidate) => [
      candidate,
      { ...candidate, capacityRps: byCandidate.get(candidate) ?? null },
    ]),
  )
  return [[...changed.values()], changed.get(today) ?? today]
}

/** Throws where today's runs have too few requests for an objective: so would all others. */
function refuseShort(
  file: string,
  objectives: readonly StatedObjective[],
  { runs, replications }: { readonly runs: readonly RunFigures[]; readonly replications: number },
): void {
  const figures = runs.map(judgedOn)
  const short = tooFewRequests(objectives, figures, replications)
  if (short === null) return
  throw new Failure(
    `${file} slo.${short.class}: ${short.text} cannot be judged: ${short.reason}; raise duration_s, or name a lower percentile`,
    EXIT.undecided,
  )
}
