import type { Path } from '../parse/located.ts'
import { IDLE_SHARE, INLET_C } from '../schema/pool-accelerator.ts'
import type { Accelerator } from '../schema/schema-accelerator.ts'
import { isAccelerated, isTransformer } from '../schema/takes-length.ts'
import type { Draft, PoolDraft } from './draft.ts'
import { checkLimits, checkRising } from './ordered.ts'

/** Checks accelerators of the catalogue, their power and their heat. */
export function checkAccelerators(draft: Draft): void {
  for (const pool of draft.pools) {
    checkPool(pool, draft)
    checkPartition(pool, draft)
    checkPricing(pool, draft)
    checkPower(pool, draft)
    checkHeat(pool, draft)
  }
  const powered = draft.pools.some((pool) => pool.power !== null || catalogued(pool) !== null)
  if (!powered) draft.unused(['carbon'], 'no pool has power or an accelerator of the catalogue')
}

/** A pool whose price is neither stated nor in the catalogue; undefined where each has one. */
export function unpricedPool({ pools }: Draft): PoolDraft | undefined {
  return pools.find((pool) => pool.price_usd_per_hour === null && !catalogued(pool)?.prices.length)
}

/** The accelerator of a pool with its figures; null for this machine. */
function catalogued({ accelerator }: PoolDraft): Accelerator | null {
  return typeof accelerator === 'object' ? accelerator : null
}

function checkPool(pool: PoolDraft, draft: Draft): void {
  const model = draft.modelOf(pool)
  // the name of one that could not be read is a problem already
  const isRead = pool.accelerator === 'local' || typeof pool.accelerator === 'object'
  if (model === null || pool.accelerator === null || !isRead) return
  const at = [...pool.path, 'accelerator']
  const accelerator = catalogued(pool)
  const work = 'work' in model ? model.work : null
  if (work === null || !isTransformer(work)) {
    const why = `the work of model ${pool.model} is not that of a transformer`
    draft.unused([...pool.path, 'tensor_parallel'], why)
  }
  if (work === null && accelerator !== null) {
    draft.refuse(at, `local, as the times of model ${pool.model} are calibrated`, accelerator.name)
  }
  if (work === null || !isAccelerated(work)) return
  if (accelerator === null) {
    const text = `an accelerator of the catalogue, as the work of model ${pool.model} is of law ${work.law}`
    draft.refuse(draft.has(at) ? at : pool.path, text, 'local')
    return
  }
  checkPrecision(pool, accelerator, draft)
  const parallel = [...pool.path, 'tensor_parallel']
  if ((pool.tensor_parallel ?? 1) > 1 && accelerator.interconnect_gb_s === undefined) {
    draft.refuse(parallel, `1, as ${accelerator.name} has no interconnect_gb_s`)
  }
}

function checkPartition(pool: PoolDraft, draft: Draft): void {
  const path = [...pool.path, 'partition']
  if (pool.accelerator === 'local') {
    draft.unused(path, 'the pool has no accelerator of the catalogue')
  } else if ((pool.tensor_parallel ?? 1) > 1) {
    draft.unused(path, 'tensor_parallel divides a model among whole accelerators')
  }
}

function checkPricing(pool: PoolDraft, draft: Draft): void {
  if (pool.pricing === null) return
  const at = [...pool.path, 'pricing']
  const accelerator = catalogued(pool)
  if (pool.price_usd_per_hour !== null) {
    draft.unused(at, 'the pool states price_usd_per_hour')
  } else if (accelerator === null) {
    draft.unused(at, 'the pool has no accelerator of the catalogue')
  } else {
    const tiers = [...new Set(accelerator.prices.map(({ tier }) => tier))]
    if (tiers.includes(pool.pricing)) return
    const listed =
      tiers.length === 0
        ? `the key price_usd_per_hour instead, as ${accelerator.name} has no listed price`
        : `${tiers.sort().join(' or ')}, as ${accelerator.name} has no other listed price; ` +
          'price_usd_per_hour states one of your own'
    draft.refuse(at, listed, pool.pricing)
  }
}

function checkPrecision(pool: PoolDraft, accelerator: Accelerator, draft: Draft): void {
  if (pool.precision === null) return
  const computed = pool.precision === 'int4' ? 'fp16' : pool.precision
  if (accelerator.tflops[computed] !== undefined) return
  const computing = Object.keys(accelerator.tflops)
  const possible = computing.includes('fp16') ? [...computing, 'int4'] : computing
  const text = `one of ${possible.join(', ')}, at which ${accelerator.name} computes`
  const at = [...pool.path, 'precision']
  draft.refuse(draft.has(at) ? at : pool.path, text, pool.precision)
}

function checkPower(pool: PoolDraft, draft: Draft): void {
  const { power } = pool
  const path = [...pool.path, 'power']
  if (power === null) return
  if (refuseMeasured(pool, path, draft)) return
  const { curve, cap_curve, limit_w, idle_w } = power
  const card = catalogued(pool)
  const partition = pool.partition ?? 1
  const board = card === null ? undefined : partition * card.power_w.value
  const least = Math.min(...(curve?.map(({ power_w }) => power_w) ?? []))
  if (board === undefined && curve === undefined) {
    draft.refuse(path, 'the key curve, as the pool has no accelerator of the catalogue', 'none')
  }
  if (board === undefined && limit_w !== undefined) {
    const text = 'no limit, as the pool has no accelerator of the catalogue with a largest one'
    draft.refuse([...path, 'limit_w'], text)
  } else if (board !== undefined && limit_w !== undefined && limit_w > board) {
    draft.refuse([...path, 'limit_w'], `at most power_w ${board} of the accelerator`)
  } else if (board !== undefined && limit_w !== undefined && cap_curve === undefined) {
    const listed = card?.idle_w && partition * card.idle_w.value
    const floor = Math.min(idle_w ?? listed ?? IDLE_SHARE * board, least)
    if (limit_w <= floor) {
      const why = `more than the idle power of ${floor} W, which no limit reduces`
      draft.refuse([...path, 'limit_w'], `${why}; or state cap_curve`)
    }
  }
  if (limit_w === undefined) draft.unused([...path, 'cap_curve'], 'the pool has no limit_w')
  if (pool.scaling === null) draft.unused([...path, 'start_w'], 'the pool is not scaled')
  else if (power.start_w !== undefined && power.start_w > (board ?? Number.POSITIVE_INFINITY)) {
    draft.refuse([...path, 'start_w'], `at most power_w ${board} of the accelerator`)
  }
  const at = (list: string, key: string) => (i: number) => [...path, list, i, key]
  const batches = curve?.map(({ batch }) => batch) ?? []
  checkRising(batches, at('curve', 'batch'), 'the batch of the point before', draft)
  const shares = cap_curve?.map(({ limit_share: share }) => share) ?? []
  checkRising(shares, at('cap_curve', 'limit_share'), 'the limit_share of the point before', draft)
  if (idle_w !== undefined && idle_w > least) {
    draft.refuse([...path, 'idle_w'], `at most the least power of the curve, ${least}`)
  }
}

function checkHeat(pool: PoolDraft, draft: Draft): void {
  const { heat } = pool
  const path = [...pool.path, 'heat']
  if (heat === null) return
  if (refuseMeasured(pool, path, draft)) return
  if (pool.power === null && catalogued(pool) === null) {
    draft.refuse(path, 'the key power beside it, or an accelerator of the catalogue', 'neither')
  }
  if (heat.rack !== undefined) {
    draft.unused([...path, 'inlet_c'], `rack ${heat.rack} has the temperature of the air`)
    if (!draft.racks.includes(heat.rack)) {
      const racks = draft.racks.length === 0 ? 'none' : draft.racks.join(', ')
      draft.refuse([...path, 'rack'], `the name of a rack (racks has ${racks})`)
    }
  }
  const temperatures = heat.throttle.map(({ above_c }) => above_c)
  const step = (key: string) => (i: number) => [...path, 'throttle', i, key]
  checkRising(temperatures, step('above_c'), 'the above_c of the step before', draft)
  for (const [i, { clock }] of heat.throttle.entries()) {
    const before = heat.throttle[i - 1]?.clock ?? 1
    if (clock > before) draft.refuse(step('clock')(i), `at most the clock before it, ${before}`)
  }
  const { shutdown_c, restart_c } = heat
  if (heat.restart_s !== undefined) checkLimits(heat.restart_s, [...path, 'restart_s'], draft)
  if (shutdown_c === undefined) {
    for (const key of ['restart_c', 'restart_s', 'detection_s']) {
      draft.unused([...path, key], 'the pool has no shutdown_c')
    }
  } else if (restart_c === undefined) {
    draft.refuse(path, 'the key restart_c, which shutdown_c needs', 'nothing')
  } else if (restart_c >= shutdown_c) {
    draft.refuse([...path, 'restart_c'], `less than shutdown_c ${shutdown_c}`)
  } else {
    const air = heat.rack === undefined ? (heat.inlet_c ?? INLET_C) : draft.rackAir.get(heat.rack)
    if (air !== undefined && restart_c <= air) {
      const text = `more than the ${air} °C of its air, to which a replica that is lost cools at most`
      draft.refuse([...path, 'restart_c'], text)
    }
  }
}

/** A measured machine is as fast as its recordings, with the heat that they had. */
function refuseMeasured(pool: PoolDraft, path: Path, draft: Draft): boolean {
  const model = draft.modelOf(pool)
  if (model === null || 'work' in model) return false
  draft.unused(
    path,
    `the times of model ${pool.model} are calibrated, so simulate has no power for them`,
  )
  return true
}
