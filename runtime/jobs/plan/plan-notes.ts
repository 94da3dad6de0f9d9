import { arrivalParts, replicaPrice } from '../../../scenarios/index.ts'
import type { PlanRow, Result } from '../../../sim/documents/index.ts'
import {
  busyEngineWarnings,
  costsDiffer,
  type PlanFound,
  type RunFigures,
} from '../../../sim/experiment/index.ts'
import type { System } from '../prepare.ts'
import type { PlanCandidates } from './plan-candidates.ts'
import type { PlanSimulations } from './plan-simulations.ts'

/**
 * How surely the winner holds where inputs are not known, by the objective that does so least; none
 * where all inputs are known.
 */
export function inputNotes(objectives: Result['objectives'] | null): string[] {
  const held = (objectives ?? []).flatMap(({ class: name, text, with_inputs: wide }) =>
    wide === undefined ? [] : [{ objective: `${name}: ${text}`, p: wide.p_holds }],
  )
  const [least] = held.toSorted((a, b) => a.p - b.p)
  if (least === undefined) return []
  const percent = Number((100 * least.p).toPrecision(3))
  return [
    `the search took the stated inputs; with uncertain inputs the winner holds ${least.objective} with a probability of ${percent} %, and every other objective at least as surely`,
  ]
}

/** What a plan took for granted. */
export function planNotes(
  { scenario, capacityRps }: System,
  {
    priced,
    chosen,
    rows,
    outcome,
    simulations,
    verified,
  }: {
    readonly priced: PlanCandidates
    readonly chosen: boolean
    readonly rows: readonly PlanRow[]
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
  // rows that meet come first: of those the first is the winner
  for (const text of rows[0]?.figures.uncalibrated ?? []) notes.push(text)
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
