import { EXIT, Failure } from '../../../scenarios/index.ts'
import {
  byRank,
  endOf,
  type Sweep,
  type SweepAnswer,
  type SweepRow,
  type TriedConfiguration,
  worst,
} from '../../../sim/documents/index.ts'
import { type Drawn, holdingOf, withInputs } from '../../../sim/experiment/index.ts'
import { SweepAnswers } from '../../folders/sweep-answers.ts'
import type { JobOptions } from '../options.ts'
import { loadSystem, unknownOf } from '../prepare.ts'
import { DRAWS_ONLY } from '../simulate.ts'
import { DRAWN_REPLICATIONS, withDraws } from '../uncertainty.ts'
import { overridesOf, type PlannedSweep } from './sweep-plan.ts'

/** Configurations that are tried with uncertain inputs: each takes as long as 13 to 26 rows. */
const MOST_TRIED = 8
/** Draws of the inputs of each, as of the winner of a plan. */
const MOST_DRAWS = 64
/** Where the fastest of a price holds less surely, slower ones of the price are passed over. */
const HOPELESS = 0.5

const ROWS_ONLY =
  'some inputs are uncertain: rows have figures of their stated values, and intervals of the draws only; the answer is with uncertain inputs'
const NOT_CONFIRMED =
  'the answer is of the stated values, too: a whole sweep confirms it with uncertain inputs, as --resume does in the folder of a merge'

/** What a sweep of uncertain inputs says of itself, as long as its answer is not confirmed. */
export const unconfirmedWarnings = ({ counts }: Pick<Sweep, 'counts'>): string[] =>
  counts.PASS === 0 ? [DRAWS_ONLY] : [DRAWS_ONLY, NOT_CONFIRMED]

interface ConfirmOptions extends JobOptions {
  /** where what was tried is kept */
  readonly directory: string
  readonly workers?: number | undefined
}

/**
 * The document with its answer confirmed with uncertain inputs: of the configurations that hold at
 * the stated values the first by rank that holds with them, too. At most so many are tried, each
 * with draws of its own inputs. As it was where nothing is uncertain, or nothing holds.
 */
export async function withConfirmedAnswer(
  planned: PlannedSweep,
  document: Sweep,
  options: ConfirmOptions,
): Promise<Sweep> {
  const { rows, counts, figure } = document
  if (document.shard !== null || counts.PASS === 0) return document
  if (!rows.some(({ uncertain }) => uncertain)) return document
  const candidates = rows.filter((row) => endOf(row) === 'PASS').toSorted(byRank(figure))
  const answers = await SweepAnswers.open(options.directory, options.signal)
  try {
    const { configuration, tried } = await searched(candidates, async (row, at) => {
      const kept = answers.of(row)
      if (kept !== null) return kept
      const confirmed = await triedWithInputs(planned, row, { ...options, at })
      if (confirmed.reason === undefined) await answers.add(row, confirmed)
      return confirmed
    })
    const looked = new Set(tried.map((each) => each.configuration))
    if (configuration !== null) looked.add(configuration)
    const untried = counts.PASS - looked.size
    const answer: SweepAnswer = { interval: 'inputs', configuration, tried, untried }
    return { ...document, answer, warnings: [ROWS_ONLY] }
  } finally {
    await answers.close()
  }
}

/** Tries candidates in their order until one holds. */
async function searched(
  candidates: readonly SweepRow[],
  attempt: (row: SweepRow, at: number) => Promise<TriedConfiguration>,
): Promise<Pick<SweepAnswer, 'configuration' | 'tried'>> {
  const tried: TriedConfiguration[] = []
  const hopeless = new Set<number>()
  for (const row of candidates) {
    const { configuration } = row
    // all its inputs are known: it holds as its row does
    if (row.uncertain === undefined) return { configuration, tried }
    if (hopeless.has(priceOf(row))) continue
    if (tried.length === MOST_TRIED) break
    const confirmed = await attempt(row, tried.length + 1)
    tried.push(confirmed)
    if (confirmed.verdict === 'PASS') return { configuration, tried }
    if (confirmed.p_holds !== null && confirmed.p_holds < HOPELESS) hopeless.add(priceOf(row))
  }
  return { configuration: null, tried }
}

/** What ranks a row before its latency does: US dollars an hour, or replicas without prices. */
function priceOf({ figures }: SweepRow): number {
  const replicas = figures!.pools.reduce((sum, pool) => sum + pool.replicas, 0)
  return figures!.cost?.usd_per_hour ?? replicas
}

/** A configuration with draws of its inputs. */
async function triedWithInputs(
  { manifest, base }: PlannedSweep,
  row: SweepRow,
  { at, workers, signal, onProgress }: ConfirmOptions & { readonly at: number },
): Promise<TriedConfiguration> {
  const { configuration } = row
  const { objectives, replications: runs } = row.figures!
  const name = `no. ${configuration}`
  const judge = ([drawn]: readonly Drawn[]) => {
    const wider = withInputs({ objectives, figures: [], runs }, drawn!)
    const { draws, settled } = wider.uncertainty
    const { probability } = holdingOf(wider.objectives, drawn!, { runs })
    const verdict = worst(wider.objectives.map((objective) => objective.verdict))
    const head = { configuration, verdict, p_holds: probability }
    return { ...head, objectives: wider.objectives, draws, settled }
  }
  try {
    const set = [...base.set, ...overridesOf(manifest, row.values)]
    const { path, seed, profile, loadOfRps = null } = base
    const system = await loadSystem(path, { set, seed, profile, signal })
    const uncertain = unknownOf(system)
    const label = `${system.file}: ${name}`
    if (uncertain === null || system.hash !== row.scenario) {
      throw new Failure(`${label}: the scenario has changed since its row was simulated`)
    }
    const atLoad = { ...system, capacityRps: loadOfRps }
    return await withDraws([{ system: atLoad, uncertain, label }], judge, {
      workers,
      signal,
      mostDraws: MOST_DRAWS,
      replications: Math.min(DRAWN_REPLICATIONS, runs),
      onProgress: (phase, done, of) =>
        onProgress?.(`confirming ${name}, ${at} of at most ${MOST_TRIED}: ${phase}`, done, of),
    })
  } catch (error) {
    // the rows are simulated: the sweep ends with them, whatever is wrong with a draw
    if (!(error instanceof Failure) || error.exitCode === EXIT.interrupted) throw error
    const unknown = { verdict: 'UNDECIDED' as const, p_holds: null, objectives: [] }
    const reason = error.problems.join('\n')
    return { configuration, ...unknown, draws: 0, settled: false, reason }
  }
}
