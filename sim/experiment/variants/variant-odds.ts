import type { ConfigurationRow, Variants } from '../../documents/index.ts'
import { sum } from '../../kernel/index.ts'
import { meanOf } from '../configuration/cost.ts'
import { stabilityOf } from '../result/stability.ts'
import { type Holding, holdingOf, probabilityOfError } from '../uncertainty/holding.ts'
import { costAt, type DrawnRuns } from '../uncertainty/uncertain-figures.ts'
import type { Drawn } from '../uncertainty/with-uncertainty.ts'

type Odds = NonNullable<Variants['variants'][number]['with_inputs']>

/** A variant whose objectives were judged by the wider intervals. */
export interface JudgedVariant {
  readonly row: ConfigurationRow
  /** without inputs all draws are alike */
  readonly drawn: Drawn
}

/**
 * How surely each variant holds its objectives, and is the cheapest that does. Of each draw of the
 * inputs all variants have the same error of the replications, since they have the same requests.
 * So a variant is the cheapest that holds at errors that it can bear, and no cheaper one can.
 */
export function variantOdds(variants: readonly JudgedVariant[]): Odds[] {
  const holdings = variants.map(holdingOfVariant)
  const costs = variants.map(({ drawn }) => drawn.runs.map(costIn))
  return holdings.map((holding, i): Odds => {
    if (holding === null) return { p_holds: null, p_cheapest: null }
    const { probability: p_holds, reaches } = holding
    // of each draw, the largest error that a cheaper variant can bear
    const cheaper = reaches.map((_, d) =>
      Math.max(
        ...holdings.map((another, k) => {
          const isRival = another !== null && isCheaper(costs[k]![d]!, costs[i]![d]!)
          return isRival ? another.reaches[d]! : Number.NEGATIVE_INFINITY
        }),
      ),
    )
    const share = shareBeyond(holding, cheaper)
    const isKnown = p_holds !== null && !Number.isNaN(share)
    return { p_holds, p_cheapest: isKnown ? p_holds * share : null }
  })
}

/** Null without objectives. */
function holdingOfVariant({ row, drawn }: JudgedVariant): Holding | null {
  const { objectives, replications: runs, stability } = row
  if (objectives.length === 0) return null
  const isKnown = drawn.inputs.length === 0
  const isDown = isKnown ? () => stability.state === 'OVERLOADED' : isOverloaded
  return holdingOf(objectives, drawn, { runs, isDown })
}

const isOverloaded = ({ runs, scenario }: DrawnRuns) =>
  stabilityOf(
    runs.map(({ drift }) => drift),
    scenario.pools,
  ).state === 'OVERLOADED'

/** Of the probability that one holds, the part at errors above these; 0 where it never holds. */
function shareBeyond({ reaches, degrees }: Holding, errors: readonly number[]): number {
  const parts = reaches.map((reach, d) => {
    const holds = probabilityOfError(reach, degrees)
    return { holds, beyond: Math.max(0, holds - probabilityOfError(errors[d]!, degrees)) }
  })
  const all = sum(parts.map(({ holds }) => holds))
  return all === 0 ? 0 : sum(parts.map(({ beyond }) => beyond)) / all
}

/** What a variant costs in a draw: US dollars an hour, or replicas where it has no price. */
interface DrawnCost {
  readonly isPriced: boolean
  readonly amount: number
}

function costIn(drawn: DrawnRuns): DrawnCost {
  const hours = drawn.runs.map((run) => costAt(drawn, run)?.usd_per_hour ?? Number.NaN)
  const replicas = drawn.runs.map(({ pools }) => sum(pools.map((pool) => pool.replicas)))
  const isPriced = !hours.some(Number.isNaN)
  return { isPriced, amount: meanOf(isPriced ? hours : replicas) }
}

/** One without a price is never cheaper than one with a price. */
const isCheaper = (a: DrawnCost, b: DrawnCost) =>
  a.isPriced === b.isPriced ? a.amount < b.amount : a.isPriced
