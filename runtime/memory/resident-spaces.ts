import type { Scenario } from '../../scenarios/index.ts'
import { batchesOf, measuredRanOut, type ObservedRun } from '../../sim/experiment/index.ts'
import { isSwappable, Ledger, type ServingPlan, topologyOf } from '../../sim/serving/index.ts'
import { coldShare, SpaceRecorder, type SpaceSummary } from '../../sim/stats/index.ts'

/** Unknown for arenas that are created and released with their sessions. */
const UNTOLD = { largestFree: Number.NaN, external: Number.NaN, pinnedFree: Number.NaN } as const

interface Replayed {
  readonly scenario: Scenario
  readonly plan: ServingPlan
  readonly run: ObservedRun
}

/**
 * Memory of a replay's devices with model swapping. Executors report loads and unloads; the ledger
 * has the bytes that batches request. Other bytes of the arenas are unknown, so these are both the
 * bytes in use and the reserved bytes.
 */
export function residentSpaces(replayed: Replayed): SpaceSummary[] {
  return replayed.scenario.devices.flatMap(({ residency }, device) =>
    residency === undefined ? [] : [spaceOf(replayed, device)],
  )
}

function spaceOf({ scenario, plan, run }: Replayed, device: number): SpaceSummary {
  const { deviceOf, resident: bytes } = new Ledger(plan)
  const poolOf = topologyOf(plan).poolOf.map((pool) => plan.pools[pool]!)
  const here = [...poolOf.keys()].filter((executor) => deviceOf[executor] === device)
  const pools = [...new Set(here.map((executor) => poolOf[executor]!))]
  const { name, limitBytes } = plan.devices[device]!
  const sum = (of: readonly number[]) => of.reduce((all, executor) => all + bytes[executor]!, 0)
  const recorder = new SpaceRecorder(
    {
      name,
      shared: true,
      pools: pools.map((pool) => pool.name),
      limitBytes,
      allocators: pools.map(({ index }) => scenario.pools[index]!.memory!.allocator),
      weightsBytes: sum(here),
    },
    1000 * scenario.duration_s,
  )
  let resident = sum(here.filter((executor) => !isSwappable(plan, poolOf[executor]!.index)))
  let running = 0
  const sample = (now: number) => {
    const requested = resident + running
    const levels = { requested, inUse: requested, held: requested, weights: resident }
    recorder.sample(now, { ...levels, ...UNTOLD })
  }
  sample(0)
  for (const change of changesOf({ plan, run }, here)) {
    resident += change.resident
    running += change.running
    sample(change.at)
  }
  const moves = (run.moves ?? []).filter(({ executor }) => here.includes(executor))
  for (const { kind, executor, asked, done, ok } of moves) {
    if (kind === 'unload') recorder.residency.evictions++
    else if (!ok) recorder.counts.loads++
    else {
      recorder.residency.loads++
      recorder.loaded(poolOf[executor]!.name, done - asked)
    }
  }
  Object.assign(recorder.cold, coldShare(run.rows, moves, here))
  Object.assign(recorder.counts, measuredRanOut([run.rows], here))
  recorder.counts.extensions = Number.NaN
  const unknown = { internal: Number.NaN, freeShare: Number.NaN }
  return { ...recorder.summary({ residency: true }), ...unknown }
}

/** Bytes of models and of running batches that start (above 0) and end, in order of time. */
function changesOf({ plan, run }: Omit<Replayed, 'scenario'>, here: readonly number[]) {
  const ledger = new Ledger(plan)
  const model = (at: number, resident: number) => ({ at, resident, running: 0 })
  const batch = (at: number, running: number) => ({ at, resident: 0, running })
  const models = (run.moves ?? []).map(({ kind, executor, started, ended, ok }) => {
    const bytes = here.includes(executor) && ok ? ledger.resident[executor]! : 0
    return kind === 'load' ? model(started, bytes) : model(ended, -bytes)
  })
  const batches = batchesOf(run).flatMap(({ executor, size, length, dispatched, done }) => {
    const bytes = here.includes(executor) ? ledger.estimate(executor, size, length) : 0
    return [batch(dispatched, bytes), batch(done, -bytes)]
  })
  // at the same instant, frees come before allocations
  return [...models, ...batches].sort(
    (a, b) => a.at - b.at || a.resident + a.running - (b.resident + b.running),
  )
}
