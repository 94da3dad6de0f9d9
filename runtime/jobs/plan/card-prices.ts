import { type AcceleratorPrice, listedPrices } from '../../../scenarios/index.ts'
import type { Plan } from '../../../sim/documents/index.ts'
import type { PlanFound, RunFigures } from '../../../sim/experiment/index.ts'
import type { PlanCandidates } from './plan-candidates.ts'
import type { PlanSimulations } from './plan-simulations.ts'

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
