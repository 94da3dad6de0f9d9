import {
  acceleratorOf,
  IDLE_SHARE,
  INLET_C,
  sharersOf,
} from '../../../scenarios/schema/pool-accelerator.ts'
import type { Pool, Scenario } from '../../../scenarios/schema/schema.ts'
import {
  type Constant,
  capacityOf,
  cappedPowerW,
  type DeviceHeat,
  powerOf,
  type RackHeat,
  readCurve,
  slowdownOf,
  type Throttle,
  TRAINING_CAP,
} from '../../accelerator/index.ts'
import type { ExecutorHeat, PoweredExecutor, PowerPlan } from '../../world/index.ts'

/** Whether the power of a pool is known or assumed, so that its energy is simulated. */
export const isPowered = ({ accelerator, power }: Pool) =>
  power !== undefined || typeof accelerator === 'object'

/** The power of all executors, and the racks that they are in; null where no pool has power. */
export function powerPlan(scenario: Scenario): PowerPlan | null {
  const { pools } = scenario
  if (!pools.some(isPowered)) return null
  const racks = new Racks(scenario)
  const executors = pools.flatMap((pool, index) =>
    Array.from({ length: pool.replicas }, () =>
      isPowered(pool) ? poweredExecutor(scenario, index, racks) : null,
    ),
  )
  const warmW = pools.map((pool) => {
    const { scaling, tensor_parallel: cards = 1 } = pool
    return scaling === undefined || !isPowered(pool)
      ? 0
      : scaling.warm * cards * boardOf(pool).idleW
  })
  return { executors, racks: racks.all, pools: pools.length, warmW }
}

function poweredExecutor({ pools }: Scenario, index: number, racks: Racks): PoweredExecutor {
  const pool = pools[index]!
  const { tensor_parallel: cards = 1, power = {} } = pool
  const { idleW } = boardOf(pool)
  const uncappedW = powerBySize(pool)
  const { limit_w: capW = Number.POSITIVE_INFINITY } = power
  return {
    pool: index,
    cards: cards / sharersOf(pools, pool),
    idleW,
    startW: Math.min(capW, power.start_w ?? idleW),
    batchW: (size) => cappedPowerW({ capW, uncappedW: uncappedW(size) }),
    slowdown: slowdownBySize(pool),
    heat: pool.heat === undefined ? null : racks.place(pool, pool.heat),
  }
}

/** Power of a card without a limit, W, by the size of its batch or the sequences of its step. */
function powerBySize(pool: Pool): (size: number) => number {
  const { idleW, limitW } = boardOf(pool)
  const points = pool.power?.curve?.map(({ batch, power_w: value }) => ({ batch, value }))
  const model = {
    idleW: assumed(idleW),
    limitW: assumed(limitW),
    measured: points === undefined ? {} : { prefill: points, decode: points },
  }
  return (size) => powerOf(model, { phase: 'decode', batch: size }).watts
}

/** Time under the power limit of a pool over that without it, by the same size. */
export function slowdownBySize(pool: Pool): (size: number) => number {
  const { limit_w: capW } = pool.power ?? {}
  if (capW === undefined) return () => 1
  const { idleW: floorW, limitW } = boardOf(pool)
  if (capW >= limitW) return () => 1
  const uncappedW = powerBySize(pool)
  return (size) => slowdownAt(pool, { capW, limitW, uncappedW: uncappedW(size), floorW })
}

/** Idle and largest power of a card, W. */
function boardOf(pool: Pool): { idleW: number; limitW: number } {
  const { power = {} } = pool
  const card = acceleratorOf(pool)
  const most = Math.max(...(power.curve?.map(({ power_w }) => power_w) ?? [0]))
  const limitW = card?.power_w.value ?? most
  const idleW = power.idle_w ?? card?.idle_w?.value ?? IDLE_SHARE * limitW
  const least = Math.min(...(power.curve?.map(({ power_w }) => power_w) ?? [limitW]))
  return { idleW: Math.min(idleW, least), limitW }
}

type Capped = Parameters<typeof slowdownOf>[1]

function slowdownAt({ power }: Pool, load: Capped): number {
  const points = power?.cap_curve?.map(({ limit_share: batch, slowdown: value }) => ({
    batch,
    value,
  }))
  if (points === undefined) return slowdownOf(TRAINING_CAP, load).slowdown
  const curve = { points, over: 'batch', outside: 'line' } as const
  return Math.max(1, readCurve(curve, load.capW / load.limitW).value)
}

/** The racks of a scenario, and one for each executor that has air of its own. */
class Racks {
  readonly all: RackHeat[] = []
  readonly #devices: DeviceHeat[][] = []
  readonly #named = new Map<string, number>()

  constructor({ racks = [] }: Scenario) {
    for (const rack of racks) {
      this.#named.set(rack.name, this.all.length)
      this.#add({
        supplyC: rack.supply_c,
        recirculationKPerW: rack.recirculation_k_per_kw / 1000,
        lagMs: 1000 * rack.time_constant_s,
      })
    }
  }

  place({ name }: Pool, heat: NonNullable<Pool['heat']>): ExecutorHeat {
    const named = heat.rack === undefined ? undefined : this.#named.get(heat.rack)
    if (heat.rack !== undefined && named === undefined) {
      throw new Error(`Expected a rack ${heat.rack} for pool ${name}`)
    }
    const supplyC = heat.inlet_c ?? INLET_C
    const rack = named ?? this.#add({ supplyC, recirculationKPerW: 0, lagMs: 1000 })
    const device = this.#devices[rack]!.length
    const { resistance_k_per_w: resistance, time_constant_s: s } = heat
    this.#devices[rack]!.push({
      resistanceKPerW: assumed(resistance),
      capacityJPerK: assumed(capacityOf(1000 * s, resistance)),
    })
    return { rack, device, throttle: throttleOf(heat), restartC: heat.restart_c ?? null }
  }

  #add(air: { supplyC: number; recirculationKPerW: number; lagMs: number }): number {
    const devices: DeviceHeat[] = []
    this.#devices.push(devices)
    this.all.push({
      devices,
      supplyC: assumed(air.supplyC),
      recirculationKPerW: assumed(air.recirculationKPerW),
      lagMs: assumed(air.lagMs),
    })
    return this.all.length - 1
  }
}

function throttleOf({ throttle, hysteresis_k, shutdown_c }: NonNullable<Pool['heat']>): Throttle {
  return {
    steps: throttle.map(({ above_c, clock }) => ({
      fromC: assumed(above_c),
      clock: assumed(clock),
    })),
    hysteresisK: assumed(hysteresis_k),
    shutdownC: shutdown_c === undefined ? null : assumed(shutdown_c),
  }
}

/** A figure of the scenario; `uncalibratedOf` states which of them have a source. */
const assumed = (value: number): Constant => ({ value, origin: 'uncalibrated', source: 'scenario' })
