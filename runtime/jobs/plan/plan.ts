import type { Plan } from '../../../sim/documents/index.ts'
import { describedInput, paidHours, type RunFigures } from '../../../sim/experiment/index.ts'
import { profileLabel } from '../../folders/profile-file.ts'
import { build } from '../../version.ts'
import { type DocumentOptions, LIBRARY_CALL } from '../options.ts'
import type { System } from '../prepare.ts'
import { refuseLive } from '../refuse.ts'
import type { PlanCandidates } from './plan-candidates.ts'
import { type JournalOptions, PlanJournal } from './plan-journal.ts'
import { inputNotes, planNotes } from './plan-notes.ts'
import { cardPrices, planRows, skippedOf } from './plan-rows.ts'
import { simulationsOf, winnerFigures } from './plan-winner.ts'
import type { SearchedDraws } from './searched-draws.ts'
import { type PlanSearchOptions, searchedPlan } from './searched-plan.ts'
import type { verifyWinner } from './verify-winner.ts'

export interface PlanOptions
  extends DocumentOptions,
    Omit<PlanSearchOptions, 'expect' | 'ofWinner' | 'journal'>,
    JournalOptions {
  /** replays of the winner on this machine; default none */
  readonly replays?: number | undefined
  /** whether to find how much more traffic the winner takes; default true */
  readonly headroom?: boolean | undefined
  /** whether to find what moves the binding objective of the winner; default true */
  readonly sensitivity?: boolean | undefined
  readonly onWarning?: ((text: string) => void) | undefined
}

/** Loaded where it is asked for: it replays. */
const verify: typeof verifyWinner = async (...winner) =>
  (await import('./verify-winner.ts')).verifyWinner(...winner)

/**
 * The cheapest configuration of a scenario that holds every objective, with what is next to it: its
 * headroom, and what moves it. With a directory, what is simulated is kept there in PLAN_JOURNAL,
 * and the caller removes it with the result. Throws `Failure` as `searchedPlan` does, and where a
 * replay was asked for and the scenario cannot run live.
 */
export async function plan(path: string, options: PlanOptions = {}): Promise<Plan> {
  const journal = new PlanJournal(options)
  try {
    const document = await planWith(journal, path, options)
    await journal.end()
    return document
  } catch (error) {
    await journal.end(error)
    throw error
  }
}

async function planWith(journal: PlanJournal, path: string, options: PlanOptions): Promise<Plan> {
  const { seed, profile, workers, signal, onProgress, onWarning, replays } = options
  const expect = replays === undefined ? undefined : (system: System) => refuseLive([system])
  const { headroom = true, sensitivity = true } = options
  const asked = { headroom, sensitivity }
  const ofWinner = simulationsOf(asked)
  const searched = await searchedPlan(path, { ...options, expect, ofWinner, journal })
  const { system, outcome, simulations, priced, dimensions, chosen, setOf, looks, today } = searched
  const { scenario } = system
  const { winner } = outcome
  const { drawn } = searched
  const rateRps = rateOf(outcome.tried.find(({ candidate }) => candidate === today)!.runs, system)
  const chosenOne = winner && {
    path,
    set: [...searched.set, ...setOf.get(winner.candidate.index)!],
    seed,
    profile,
    loadOfRps: system.capacityRps,
    // objectives with losses repeat those without
    binding: winner.judgement.binding % searched.objectives,
    drawn: drawn?.ofWinner ? { stated: winner.runs, draws: drawn.ofWinner } : null,
  }
  const running = { workers, signal, onProgress }
  const figures = chosenOne && (await winnerFigures(chosenOne, { ...running, ...asked, journal }))
  const verified =
    chosenOne && replays !== undefined ? await verify(chosenOne, { ...running, replays }) : null
  if (verified !== null && 'problem' in verified) onWarning?.(verified.problem)
  const { statedWinner, ...rows } = planRows(outcome, { setOf, simulations, today, drawn })
  const holds = figures?.headroom?.holds ?? null
  const peak = figures?.peakRps ?? null
  return {
    ...({ document: 'spillway-plan', format: 1, ...build() } as const),
    scenario: { name: scenario.name, hash: system.hash, description: scenario.description },
    seed: scenario.seed,
    profile: system.profile && profileLabel(system.profile),
    confidence: looks.confidence,
    looks: [...looks.at],
    ...(options.survive !== undefined && { survive: options.survive }),
    dimensions: dimensions.map(({ path: at, values }) => ({ path: at, values: [...values] })),
    default_space: chosen,
    cost_unit: priced.unit,
    ...(rows.rows.some(({ paid }) => paid !== null) && { paid_hours: paidHours(scenario) }),
    ...cardPrices(outcome, simulations, priced.unit),
    ...withoutPrice(priced),
    rate_rps: rateRps,
    ...(peak !== null && { peak_rate_rps: peak }),
    configurations: priced.candidates.length + priced.invalid.length + priced.same.length,
    simulations: simulations.replications,
    ...rows,
    skipped: skippedOf(outcome, priced, { setOf, simulations }),
    monotone: {
      compared: outcome.compared,
      against: outcome.against.map(({ fewer, more, class: name, text, change }) => ({
        class: name,
        text,
        fewer: [...setOf.get(fewer.index)!],
        more: [...setOf.get(more.index)!],
        change: Number.isFinite(change) ? change : null,
      })),
    },
    headroom: figures?.headroom ?? null,
    max_rate_rps: holds === null ? null : holds * rateRps,
    ...((figures?.use.length ?? 0) > 0 && { replica_use: figures!.use }),
    sensitivity: figures?.sensitivity ?? [],
    verified: verified !== null && 'verdict' in verified ? verified : null,
    ...withInputs(drawn, statedWinner),
    ...(figures?.withInputs && { winner_with_inputs: figures.withInputs }),
    notes: [
      ...inputNotes(searched, asked),
      ...planNotes(system, {
        ...{ priced, chosen, verified, outcome, simulations },
        ...{ rows: rows.rows, winner: rows.winner },
      }),
    ],
    command: options.command ?? LIBRARY_CALL,
  }
}

/** What was drawn of uncertain inputs; nothing where nothing was. */
function withInputs(
  drawn: SearchedDraws | null,
  statedWinner: number | null,
): Pick<Plan, 'with_inputs'> {
  if (drawn === null || statedWinner === null) return {}
  const { replications, simulations } = drawn
  const inputs = drawn.inputs.map(describedInput)
  return { with_inputs: { stated_winner: statedWinner, replications, simulations, inputs } }
}

/** Configurations without a price where others have one; nothing where there are none. */
function withoutPrice({
  candidates,
  today,
  withoutPrice: of,
}: PlanCandidates): Pick<Plan, 'without_price'> {
  const all = new Set([...candidates, today])
  const configurations = [...all].filter(({ unpriced }) => unpriced).length
  return configurations === 0 ? {} : { without_price: { configurations, of: [...of] } }
}

/** Mean rate of the traffic, requests/s: all configurations have the same. */
function rateOf(runs: readonly RunFigures[], { scenario }: System): number {
  const arrived = runs.map(({ classes }) =>
    classes.reduce((sum, figures) => sum + figures.arrived, 0),
  )
  const seconds = scenario.duration_s - scenario.warmup_s
  return arrived.reduce((a, b) => a + b, 0) / runs.length / seconds
}
