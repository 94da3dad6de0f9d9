import type { Pool } from './schema.ts'
import type { Accelerator, AcceleratorFigure, AcceleratorPrice } from './schema-accelerator.ts'

/** Idle power as a share of the board power where nothing states it; uncalibrated. */
export const IDLE_SHARE = 0.12

/** °C of the inlet air where a scenario does not state it; uncalibrated. */
export const INLET_C = 25

/**
 * The accelerator that each replica of a pool has: one of the catalogue, or a partition of it with
 * its share of arithmetic, bandwidth, memory, power and price. Null for this machine.
 */
export function acceleratorOf({
  accelerator,
  partition,
}: Pick<Pool, 'accelerator' | 'partition'>): Accelerator | null {
  if (typeof accelerator === 'string') return null
  if (partition === undefined) return accelerator
  const scaled = (figure: AcceleratorFigure) => ({ ...figure, value: partition * figure.value })
  const { tflops, idle_w } = accelerator
  return {
    ...accelerator,
    memory_gib: scaled(accelerator.memory_gib),
    bandwidth_gb_s: scaled(accelerator.bandwidth_gb_s),
    power_w: scaled(accelerator.power_w),
    ...(idle_w !== undefined && { idle_w: scaled(idle_w) }),
    tflops: Object.fromEntries(
      Object.entries(tflops).map(([precision, figure]) => [precision, scaled(figure!)]),
    ),
    prices: accelerator.prices.map((price) => ({
      ...price,
      usd_per_hour: partition * price.usd_per_hour,
    })),
  }
}

/** The replicas that share the accelerator of a pool, its own included; 1 without a `card`. */
export function sharersOf(pools: readonly Pool[], { card }: Pool): number {
  if (card === undefined) return 1
  return pools.reduce((sum, pool) => sum + (pool.card === card ? pool.replicas : 0), 0)
}

/**
 * Price of one replica, US dollars an hour: as stated, or the lowest price of its accelerators in
 * the catalogue, rented as `pricing` states and divided among the replicas that share it; null
 * without either.
 */
export function replicaPrice(pool: Pool, sharers = 1): number | null {
  const { price_usd_per_hour: stated, tensor_parallel: cards = 1 } = pool
  if (stated !== undefined) return stated
  const [lowest] = listedPrices(pool)
  return lowest === undefined ? null : (cards * lowest.usd_per_hour) / sharers
}

/**
 * Prices that the catalogue lists of the accelerator of a pool, rented as `pricing` states, the
 * lowest first; none on this machine.
 */
export function listedPrices(pool: Pool): AcceleratorPrice[] {
  const { pricing = 'on-demand' } = pool
  const prices = acceleratorOf(pool)?.prices ?? []
  return prices
    .filter(({ tier }) => tier === pricing)
    .sort((a, b) => a.usd_per_hour - b.usd_per_hour)
}

/** Rated power of the accelerators of one replica, W; null on this machine. */
export function replicaWatts(
  pool: Pick<Pool, 'accelerator' | 'partition' | 'tensor_parallel'>,
): number | null {
  const accelerator = acceleratorOf(pool)
  return accelerator === null ? null : (pool.tensor_parallel ?? 1) * accelerator.power_w.value
}
