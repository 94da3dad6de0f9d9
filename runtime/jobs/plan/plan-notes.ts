import { arrivalParts, replicaPrice } from '../../../scenarios/index.ts'
import type { PlanRow } from '../../../sim/documents/index.ts'
import {
  busyEngineWarnings,
  costsDiffer,
  type PlanFound,
  type RunFigures,
} from '../../../sim/experiment/index.ts'
import type { System } from '../prepare.ts'
import { notesOfSources } from '../uncertainty.ts'
import type { PlanCandidates } from './plan-candidates.ts'
import type { PlanSimulations } from './plan-simulations.ts'
import type { SearchedPlan } from './searched-plan.ts'

/** What a plan took for granted of inputs that are not known, and of sources as it stands. */
export function inputNotes(
  { system, priced, drawn, outcome }: Pick<SearchedPlan, 'system' | 'priced' | 'drawn' | 'outcome'>,
  asked: { readonly headroom: boolean; readonly sensitivity: boolean },
): string[] {
  // an input that is constant in the stated configuration may vary in others
  const notes = notesOfSources(system)
  if (priced.inputs.length === 0) return notes
  if (drawn === null) {
    return [...notes, 'no uncertain input was drawn, as no configuration meets at the stated ones']
  }
  notes.push(
    'how often a configuration is the cheapest is among those that were drawn: of cheaper ones, the nearest to their limits',
  )
  if (outcome.winner !== null && (asked.headroom || asked.sensitivity)) {
    notes.push(
      'headroom and small changes are at the stated inputs, and their intervals are of the draws only; simulate --headroom of the winner takes the wider interval',
    )
  }
  if (outcome.winner !== null && drawn.ofWinner === null) {
    notes.push('the winner has no wider interval, as some draw of it cannot be simulated')
  }
  if (drawn.problem !== null) {
    notes.push(
      `a draw of the inputs that cannot be simulated counts as one in which the configuration fails, such as: ${drawn.problem}`,
    )
  }
  return notes
}

/** What a plan took for granted. */
export function planNotes(
  { scenario, capacityRps }: System,
  {
    priced,
    chosen,
    rows,
    winner,
    outcome,
    simulations,
    verified,
  }: {
    readonly priced: PlanCandidates
    readonly chosen: boolean
    readonly rows: readonly PlanRow[]
    /** index of its row */
    readonly winner: number | null
    readonly outcome: PlanFound<RunFigures>
    readonly simulations: PlanSimulations
    readonly verified: object | null
  },
): string[] {
  const notes: string[] = []
  if (chosen) {
    notes.push('the search space is the default one; choose yours with --set PATH=VALUES')
  }
  if (rows[0]?.survival !== undefined) {
    notes.push(
      `each replication was simulated again with each loss (${rows[0].survival.map(({ lost }) => lost).join(', ')} in the first row): down from the start to after the end of the traffic, which the control plane knows; headroom and small changes are without a loss`,
    )
  }
  const beyond = rows.filter(({ figures }) => figures.extrapolated.length > 0)
  if (beyond.length > 0) {
    const [first] = beyond[0]!.figures.extrapolated
    notes.push(
      `${beyond.length} of ${rows.length} configurations that were simulated are beyond the measured batches or lengths (extrapolated), such as ${first}`,
    )
  }
  const elsewhere = rows.filter(({ figures }) => figures.transferred !== undefined)
  if (elsewhere.length > 0) {
    const [first] = elsewhere[0]!.figures.transferred!
    notes.push(
      `${elsewhere.length} of ${rows.length} configurations that were simulated have times that are transferred from another card, precision or engine, such as ${first}`,
    )
  }
  for (const text of rows[winner ?? 0]?.figures.uncalibrated ?? []) notes.push(text)
  const exact = rows.filter(({ figures }) => figures.exact)
  if (exact.length > 0) {
    const which =
      exact.length === rows.length
        ? 'the configurations'
        : `${exact.length} of ${rows.length} configurations`
    notes.push(
      `nothing is random in ${which}: one replication of each was simulated, as all others are the same; figures are exact for this traffic, say nothing of another, and have no interval`,
    )
  }
  if (priced.unit === 'replicas') {
    const missing = scenario.pools.find((pool) => replicaPrice(pool) === null)
    const where = missing === undefined ? 'a pool' : `pools.${missing.name}`
    notes.push(`cost counts replicas: ${where} has no price_usd_per_hour`)
  }
  notes.push(...paidNotes(rows, outcome))
  const simulated = outcome.tried.map(({ candidate }) => simulations.of(candidate.index).scenario)
  notes.push(...new Set(simulated.flatMap(busyEngineWarnings)))
  const ofLoad = scenario.traffic.some(({ arrivals }) =>
    arrivalParts(arrivals).some((part) => 'load' in part && part.load !== undefined),
  )
  if (ofLoad && capacityRps !== null) {
    const capacity = Number(capacityRps.toPrecision(3))
    notes.push(
      `load in the traffic is a share of today's capacity, ${capacity} requests/s, for all configurations`,
    )
  }
  if (verified !== null && 'problem' in verified) notes.push(String(verified.problem))
  return notes
}

/** What scaled pools cost, and what their headroom takes. */
function paidNotes(rows: readonly PlanRow[], { tried, winner }: PlanFound<RunFigures>): string[] {
  if (rows.every(({ paid }) => paid === null)) return []
  const notes = [
    'cost of scaled pools is the mean of what runs paid for after the warm-up: replicas that start, serve or finish what they have, and warm pools',
  ]
  if (winner === null) return notes
  if (winner.paid !== null && !winner.candidate.unpriced) {
    notes.push(
      'headroom lets scalers pay for more replicas, up to their max: the cost is that of the traffic as stated',
    )
  }
  const meeting = tried.filter(
    ({ candidate, judgement }) =>
      judgement.verdict === 'MEETS' && candidate.unpriced === winner.candidate.unpriced,
  )
  const runs = Math.max(...meeting.map(({ paid }) => paid?.length ?? 0))
  const paidBy = ({ paid, cost }: (typeof meeting)[number]) => paid ?? Array(runs).fill(cost)
  const alike = meeting.filter((rival) => !costsDiffer(paidBy(rival), paidBy(winner)))
  // the winner itself is one of them
  if (alike.length > 1) {
    notes.push(
      `the winner is not surely cheaper than the next: the paired 95 % interval of the difference includes 0 for ${alike.length - 1} of the configurations that meet; more replications decide`,
    )
  }
  return notes
}
