import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { withDeclaredSpeed } from '../system/scaled-speed.ts'
import type { Doubt } from './doubt.ts'
import { missedText, type Transfer, transfersOf } from './transfer.ts'

/** How many times as long times may really be; infinite where no such transfer was measured. */
const slownessOf = ({ width }: Transfer) =>
  width === null ? Number.POSITIVE_INFINITY : 1 / (1 + width.low)

/**
 * The scenario with the longest times that its transfers allow, of all pools of their models; null
 * where nothing is transferred, where nothing bounds the times, or where nothing is judged.
 */
export function slowestScenario(scenario: Scenario): Scenario | null {
  const transfers = transfersOf(scenario)
  const slowness = Math.max(...transfers.map(slownessOf))
  const judged = Object.values(scenario.slo).some((texts) => texts.length > 0)
  if (!Number.isFinite(slowness) || !judged) return null
  const names = new Set(transfers.map(({ model }) => model))
  return withDeclaredSpeed(scenario, 1 / slowness, (name) => names.has(name))
}

/** Why the figures of what meets these pools are in doubt; null where none is transferred. */
export function transferDoubt(scenario: Scenario, pools: ReadonlySet<string>): Doubt | null {
  const transfers = transfersOf(scenario).filter(({ pool }) => pools.has(pool))
  if (transfers.length === 0) return null
  const slowest = transfers.reduce((a, b) => (slownessOf(b) > slownessOf(a) ? b : a))
  const from = `the fit of pool ${slowest.pool} is transferred from ${slowest.fittedOn}`
  return { because: `${from}: ${missedText(slowest)}`, slowness: slownessOf(slowest) }
}
