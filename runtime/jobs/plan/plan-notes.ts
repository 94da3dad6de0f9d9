import { arrivalParts, replicaPrice } from '../../../scenarios/index.ts'
import type { PlanRow } from '../../../sim/documents/index.ts'
import type { System } from '../prepare.ts'
import type { PlanCandidates } from './plan-candidates.ts'

/** What a plan took for granted. */
export function planNotes(
  { scenario, capacityRps }: System,
  {
    priced,
    chosen,
    rows,
    verified,
  }: {
    readonly priced: PlanCandidates
    readonly chosen: boolean
    readonly rows: readonly PlanRow[]
    readonly verified: object | null
  },
): string[] {
  const notes: string[] = []
  if (chosen) {
    notes.push('the search space is the default one; choose yours with --set PATH=VALUES')
  }
  const beyond = rows.filter(({ figures }) => figures.extrapolated.length > 0)
  if (beyond.length > 0) {
    const [first] = beyond[0]!.figures.extrapolated
    notes.push(
      `${beyond.length} of ${rows.length} configurations that were simulated are beyond the measured batches or lengths (extrapolated), such as ${first}`,
    )
  }
  // rows that meet come first: of those the first is the winner
  for (const text of rows[0]?.figures.uncalibrated ?? []) notes.push(text)
  if (priced.unit === 'replicas') {
    const missing = scenario.pools.find((pool) => replicaPrice(pool) === null)
    const where = missing === undefined ? 'a pool' : `pools.${missing.name}`
    notes.push(`cost counts replicas: ${where} has no price_usd_per_hour`)
  }
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
