import { parseObjective } from '../../../scenarios/schema/objective.ts'
import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { Result } from '../../documents/index.ts'
import { significant } from '../../kernel/index.ts'
import { withDeclaredSpeed } from '../system/scaled-speed.ts'
import { missedText, type Transfer, transfersOf } from './transfer.ts'

type Judged = Result['objectives'][number]

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

/** Why the figures of a class are in doubt. */
export interface TransferDoubt {
  readonly because: string
  /** how many times as long its times may be; infinite where nothing bounds them */
  readonly slowness: number
}

/** A doubt as a reason; `outcome`: with the longest times, null where these were not simulated. */
export function doubtText({ because, slowness }: TransferDoubt, outcome: string | null): string {
  if (!Number.isFinite(slowness)) return `${because}, so nothing shows that it holds`
  const times = `times ${significant(slowness, 3)} times as long`
  if (outcome === null) return `${because}, and ${times} were not simulated`
  return `${because}, and with ${times} it ${outcome}`
}

/**
 * Objectives as they were judged, except that none passes that does not pass with the longest
 * times that transfers allow, too: `slower` has the verdicts of those, null where they were not
 * simulated. A FAIL stands, as it is of the times that the result states.
 */
export function withinTransfers(
  scenario: Scenario,
  judged: readonly Judged[],
  slower: readonly Judged[] | null,
): Judged[] {
  const doubts = transferDoubts(scenario)
  return judged.map((objective, i) => {
    const { class: name, verdict, estimate } = objective
    const doubt = doubts.get(name)
    const slow = slower?.[i]
    if (verdict !== 'PASS' || doubt === undefined || slow?.verdict === 'PASS') return objective
    const reason = doubtText(doubt, slow === undefined ? null : slowText(slow))
    return {
      ...objective,
      estimate: { ...estimate, reason },
      verdict: 'UNDECIDED',
      deciding_duration_s: null,
    }
  })
}

/** "fails, 26.0 ms" */
function slowText({ text, verdict, estimate: { value } }: Judged): string {
  const { kind } = parseObjective(text)!
  const [factor, unit] = kind === 'goodput' ? [100, '%'] : [1, kind === 'cost' ? 'USD' : 'ms']
  const figure = value === null ? '' : `, ${significant(factor * value, 3)} ${unit}`
  return `${verdict === 'FAIL' ? 'fails' : 'is not decided'}${figure}`
}

/**
 * The classes whose requests may meet a transferred pool. What shares the cards of such a pool
 * waits for it, too.
 */
export function transferDoubts(scenario: Scenario): ReadonlyMap<string, TransferDoubt> {
  const transfers = transfersOf(scenario)
  const doubts = new Map<string, TransferDoubt>()
  for (const { class: name, model } of scenario.traffic) {
    const met = transfers.filter(
      (transfer) => model === undefined || transfer.model === model || scenario.cards !== undefined,
    )
    if (met.length > 0) doubts.set(name, doubtOf(met))
  }
  return doubts
}

function doubtOf(transfers: readonly Transfer[]): TransferDoubt {
  const slowest = transfers.reduce((a, b) => (slownessOf(b) > slownessOf(a) ? b : a))
  const from = `the fit of pool ${slowest.pool} is transferred from ${slowest.fittedOn}`
  return { because: `${from}: ${missedText(slowest)}`, slowness: slownessOf(slowest) }
}
