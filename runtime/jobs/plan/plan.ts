import { EXIT, Failure } from '../../../scenarios/index.ts'
import type { Plan } from '../../../sim/documents/index.ts'
import {
  judgePlan,
  type Looks,
  looksUpTo,
  type RunFigures,
  type StatedObjective,
  searchPlan,
  statedObjectives,
} from '../../../sim/experiment/index.ts'
import type { Profile } from '../../../sim/world/index.ts'
import { profileLabel } from '../../folders/profile-file.ts'
import { build } from '../../version.ts'
import { ConfigurationPool } from '../configurations/configuration-pool.ts'
import { searchSpace } from '../configurations/search-space.ts'
import { type DocumentOptions, LIBRARY_CALL } from '../options.ts'
import { loadSystem, type System } from '../prepare.ts'
import { refuseLive } from '../refuse.ts'
import { defaultSpace } from './default-space.ts'
import { type PricedCandidate, planCandidates, refuseDimensions } from './plan-candidates.ts'
import { planNotes } from './plan-notes.ts'
import { planRows, skippedOf } from './plan-rows.ts'
import { PlanSimulations } from './plan-simulations.ts'
import { winnerFigures } from './plan-winner.ts'
import { verifyWinner } from './verify-winner.ts'

export interface PlanOptions extends DocumentOptions {
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
  /** replays of the winner on this machine; default none */
  readonly replays?: number | undefined
  readonly onNote?: ((text: string) => void) | undefined
  readonly onWarning?: ((text: string) => void) | undefined
}

export const PLAN_DEFAULTS = { confidence: 0.95, replications: 24 } as const

/**
 * The cheapest configuration of a scenario that holds every objective, with what is next to it.
 * Throws `Failure` where the scenario states no objective, or where its traffic is too short to
 * judge one (exit code 5).
 */
export async function plan(path: string, options: PlanOptions = {}): Promise<Plan> {
  const { confidence, replications } = { ...PLAN_DEFAULTS, ...defined(options) }
  const { seed, profile, workers, signal, onProgress, onNote, onWarning, replays } = options
  const space = searchSpace(options.set ?? [])
  refuseDimensions(space.dimensions)
  const loading = { set: space.set, profile, ...(seed !== undefined && { seed }) }
  const reading = { ...(signal && { signal }), ...(onNote && { onNote }) }
  const system = await loadSystem(path, { ...loading, ...reading })
  const objectives = statedObjectives(system.scenario)
  if (objectives.length === 0) {
    throw new Failure(`${system.file}: a plan needs an objective: state one under slo`)
  }
  if (replays !== undefined) refuseLive([system])
  const chosen = space.dimensions.length === 0
  const dimensions = chosen ? defaultSpace(system.scenario) : space.dimensions
  const base = { path, ...loading, loadOfRps: system.capacityRps }
  const priced = await planCandidates(base, dimensions, system, { signal, onProgress })
  const all = priced.candidates.includes(priced.today)
    ? priced.candidates
    : [...priced.candidates, priced.today]
  const looks = looksUpTo(replications, confidence)
  const pool = new ConfigurationPool(base, { workers, signal })
  try {
    const simulations = new PlanSimulations(pool, all)
    onProgress?.('searching', 0, 1)
    const [candidates, today] = await withCapacities(priced, simulations)
    const found = await searchPlan<RunFigures>({
      ...{ candidates, today, objectives, looks },
      simulate: async (asks) => {
        const answers = await simulations.simulate(asks)
        const own = asks.findIndex(({ candidate, from }) => candidate === today && from === 0)
        const runs = answers[own]
        if (runs === null) throw new Failure(simulations.problem(today.index))
        if (runs !== undefined) refuseShort(system.file, objectives, runs, looks)
        return answers
      },
      onProgress: (done, of) => onProgress?.('searching', done, of),
    })
    const setOf = new Map(all.map((one) => [one.index, one.set]))
    const rows = planRows(found, { setOf, simulations, today })
    const searched = simulations.replications
    pool.close()
    const { winner } = found
    const rateRps = rateOf(found.tried.find(({ candidate }) => candidate === today)!.runs, system)
    const after = winner && {
      ...{ path, set: [...space.set, ...setOf.get(winner.candidate.index)!] },
      ...{ seed, profile, loadOfRps: system.capacityRps, binding: winner.judgement.binding },
    }
    const running = { workers, signal, onProgress }
    const figures = after && (await winnerFigures(after, running))
    const verified =
      after && replays !== undefined ? await verifyWinner(after, { ...running, replays }) : null
    if (verified !== null && 'problem' in verified) onWarning?.(verified.problem)
    return {
      ...({ document: 'spillway-plan', format: 1, ...build() } as const),
      scenario: {
        name: system.scenario.name,
        hash: system.hash,
        description: system.scenario.description,
      },
      seed: system.scenario.seed,
      profile: system.profile && profileLabel(system.profile),
      confidence,
      looks: [...looks.at],
      dimensions: dimensions.map(({ path: at, values }) => ({ path: at, values: [...values] })),
      default_space: chosen,
      cost_unit: priced.unit,
      rate_rps: rateRps,
      configurations: priced.candidates.length + priced.invalid.length + priced.same.length,
      simulations: searched,
      ...rows,
      skipped: skippedOf(found, priced, { setOf, simulations }),
      monotone: {
        compared: found.compared,
        against: found.against.map(({ fewer, more, class: name, text, change }) => ({
          class: name,
          text,
          fewer: [...setOf.get(fewer.index)!],
          more: [...setOf.get(more.index)!],
          change,
        })),
      },
      headroom: figures?.headroom ?? null,
      max_rate_rps: timesRate(figures?.headroom?.holds ?? null, rateRps),
      sensitivity: figures?.sensitivity ?? [],
      verified: verified !== null && 'verdict' in verified ? verified : null,
      notes: planNotes(system, { priced, chosen, verified }),
      command: options.command ?? LIBRARY_CALL,
    }
  } finally {
    pool.close()
  }
}

const defined = ({ confidence, replications }: PlanOptions) => ({
  ...(confidence !== undefined && { confidence }),
  ...(replications !== undefined && { replications }),
})

const timesRate = (times: number | null, rps: number) => (times === null ? null : times * rps)

/** The capacity of the largest configuration of each family, which orders the search. */
async function withCapacities(
  { candidates, today }: { candidates: readonly PricedCandidate[]; today: PricedCandidate },
  simulations: PlanSimulations,
): Promise<readonly [PricedCandidate[], PricedCandidate]> {
  const largest = new Map<string, PricedCandidate>()
  for (const one of candidates) {
    const most = largest.get(one.family)
    if (most === undefined || one.cost > most.cost) largest.set(one.family, one)
  }
  const asked = [...largest.values()]
  const found = await simulations.capacities(asked)
  const known = new Map(asked.map((one, i) => [one, found[i]!]))
  const changed = new Map(
    candidates.map((one) => [one, { ...one, capacityRps: known.get(one) ?? null }]),
  )
  return [[...changed.values()], changed.get(today) ?? today]
}

/** Throws where today's runs have too few requests for an objective: so would all others. */
function refuseShort(
  file: string,
  objectives: readonly StatedObjective[],
  runs: readonly RunFigures[],
  looks: Looks,
): void {
  const figures = runs.map((run) => run.objectives)
  const judged = judgePlan(objectives, figures, looks).objectives
  const short = judged.find(({ reason }, i) => reason !== null && !isOfWindow(objectives[i]!))
  if (short === undefined) return
  throw new Failure(
    `${file} slo.${short.class}: ${short.text} cannot be judged: ${short.reason}; raise duration_s, or name a lower percentile`,
    EXIT.undecided,
  )
}

/** The requests of a window depend on the configuration. */
const isOfWindow = ({ objective }: StatedObjective) =>
  objective.kind !== 'goodput' && objective.window_s !== null

/** Mean rate of the traffic, requests/s: all configurations have the same. */
function rateOf(runs: readonly RunFigures[], { scenario }: System): number {
  const arrived = runs.map(({ classes }) => classes.reduce((sum, own) => sum + own.arrived, 0))
  const seconds = scenario.duration_s - scenario.warmup_s
  return arrived.reduce((a, b) => a + b, 0) / runs.length / seconds
}
