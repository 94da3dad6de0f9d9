import { type AcceleratorPrice, listedPrices } from '../../../scenarios/index.ts'
import type { Plan, PlanRow } from '../../../sim/documents/index.ts'
import {
  byCost,
  byNearness,
  type Candidate,
  type PlanFound,
  planRow,
  type RunFigures,
  type Tried,
} from '../../../sim/experiment/index.ts'
import type { PlanCandidates } from './plan-candidates.ts'
import type { PlanSimulations } from './plan-simulations.ts'
import type { SearchedDraws } from './searched-draws.ts'

type Found = PlanFound<RunFigures>

interface RowSources {
  /** overrides by the index of the candidate */
  readonly setOf: ReadonlyMap<number, readonly string[]>
  readonly simulations: PlanSimulations
}

/**
 * Rows that meet by rank, then the others by cost; where none meets, the nearest miss first. The
 * winner, that at the stated inputs and the next cheaper are among them.
 */
export function planRows(
  outcome: Found,
  {
    setOf,
    simulations,
    today,
    drawn,
  }: RowSources & { readonly today: Candidate; readonly drawn: SearchedDraws | null },
): Pick<Plan, 'rows' | 'winner' | 'next_cheaper'> & { readonly statedWinner: number | null } {
  const sorted = [...outcome.tried].sort(byCost)
  const costToday = priceOfTried(sorted.find(({ candidate }) => candidate === today)!)
  const meets = (tried: Tried<RunFigures>) => tried.judgement.verdict === 'MEETS'
  const ordered = sorted.some(meets)
    ? [...sorted.filter(meets), ...sorted.filter((tried) => !meets(tried))]
    : [...sorted].sort(byNearness)
  const rows = ordered.map((tried, i): PlanRow => {
    const { candidate, judgement, runs } = tried
    const { scenario, capacityRps, extrapolated } = simulations.of(candidate.index)
    const row = planRow({
      scenario,
      capacityRps,
      extrapolated,
      judgement,
      runs,
      set: setOf.get(candidate.index)!,
      today: candidate === today,
      cost: priceOfTried(tried),
      paid: candidate.unpriced ? null : tried.paid,
      costToday,
    })
    const rank = judgement.verdict === 'MEETS' ? i + 1 : null
    return { ...row, rank, ...overDraws(candidate, drawn) }
  })
  const indexOf = (tried: Tried<RunFigures> | null) =>
    tried === null ? null : ordered.indexOf(tried)
  return {
    rows,
    winner: indexOf(outcome.winner),
    next_cheaper: nextCheaper(ordered, outcome.winner),
    statedWinner: indexOf(drawn?.stated ?? outcome.winner),
  }
}

/** A configuration in draws of uncertain inputs; nothing where it was not drawn. */
function overDraws(
  candidate: Candidate,
  drawn: SearchedDraws | null,
): Pick<PlanRow, 'with_inputs'> {
  const over = drawn?.drawn.find((each) => each.candidate === candidate)
  if (over === undefined) return {}
  const { draws, pHolds, pCheapest } = over
  return { with_inputs: { draws, p_holds: pHolds, p_cheapest: pCheapest } }
}

/** What a configuration costs; null where it has no price, and others have one. */
const priceOfTried = ({ candidate, cost }: Tried<RunFigures>) => (candidate.unpriced ? null : cost)

/** The dearest configuration below the winner's cost; of equally dear ones the surest. */
function nextCheaper(
  ordered: readonly Tried<RunFigures>[],
  winner: Tried<RunFigures> | null,
): number | null {
  if (winner === null || winner.candidate.unpriced) return null
  const cheaper = ordered.filter(({ candidate, cost }) => !candidate.unpriced && cost < winner.cost)
  const [best] = cheaper.sort((a, b) => b.cost - a.cost || b.judgement.pMeets - a.judgement.pMeets)
  return best === undefined ? null : ordered.indexOf(best)
}

/** Configurations that were not simulated, by reason. */
export function skippedOf(
  { dearer, ruledOut, refused }: Found,
  { invalid, same }: PlanCandidates,
  { setOf, simulations }: RowSources,
): Plan['skipped'] {
  const sets = (of: readonly Candidate[]) => of.map(({ index }) => setOf.get(index)!)
  const cannot = [
    ...invalid,
    ...refused.map(({ index }) => ({
      set: setOf.get(index)!,
      problem: simulations.problem(index),
    })),
  ]
  const reasons = [
    {
      reason: 'dearer' as const,
      of: sets(dearer.filter(({ unpriced }) => !unpriced)),
      problem: null,
    },
    {
      reason: 'no-price' as const,
      of: sets(dearer.filter(({ unpriced }) => unpriced)),
      problem: null,
    },
    { reason: 'fewer-replicas' as const, of: sets(ruledOut), problem: null },
    { reason: 'same' as const, of: same, problem: null },
    {
      reason: 'invalid' as const,
      of: cannot.map(({ set }) => set),
      problem: cannot[0]?.problem ?? null,
    },
  ]
  return reasons.flatMap(({ reason, of, problem }) =>
    of.length === 0 ? [] : [{ reason, configurations: of.length, example: [...of[0]!], problem }],
  )
}

type CardPrice = NonNullable<Plan['prices']>[number]

/** Listed prices of the cards of pools that state none; nothing where costs count replicas. */
export function cardPrices(
  { tried }: PlanFound<RunFigures>,
  simulations: PlanSimulations,
  unit: PlanCandidates['unit'],
): Pick<Plan, 'prices'> {
  if (unit === 'replicas') return {}
  const prices = new Map<string, CardPrice>()
  for (const { candidate } of tried) {
    for (const pool of simulations.of(candidate.index).scenario.pools) {
      const { accelerator, price_usd_per_hour: stated } = pool
      if (typeof accelerator === 'string' || stated !== undefined) continue
      const whole = listedPrices({ ...pool, partition: undefined })
      const [lowest] = whole
      if (lowest === undefined) continue
      prices.set(`${accelerator.name} ${lowest.tier}`, {
        accelerator: accelerator.name,
        tier: lowest.tier,
        listed: whole.length,
        lowest: priceOf(lowest),
        highest: priceOf(whole.at(-1)!),
      })
    }
  }
  return prices.size === 0 ? {} : { prices: [...prices.values()] }
}

function priceOf({ usd_per_hour, provider, sku, region, date, source }: AcceleratorPrice) {
  return { usd_per_hour, provider, sku, region: region ?? null, date: date ?? null, source }
}
