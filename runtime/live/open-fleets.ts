import { isSwappable, largestBatch, type ServingPlan, topologyOf } from '../../sim/serving/index.ts'
import type { FleetEngine } from './engine.ts'
import { Fleet } from './fleet.ts'

interface Kept {
  readonly fleet: Fleet
  /** of all executors: models and sessions */
  readonly executors: string
  /** largest batch of each pool */
  readonly batches: readonly number[]
}

/**
 * Fleets that stay open from one job to the next. A fleet serves every plan with its executors,
 * whatever else the plan decides, and one job at a time.
 */
export class OpenFleets {
  readonly #idle = new Set<Kept>()
  readonly #busy = new Map<Fleet, Kept>()

  /** An idle fleet that can serve the plan, or else a new one, as `Fleet.open` does. */
  async open(
    plan: ServingPlan,
    engines: readonly FleetEngine[],
    signal: AbortSignal,
  ): Promise<Fleet> {
    const executors = executorsText(plan, engines)
    const batches = plan.pools.map(largestBatch)
    const serves = (kept: Kept) =>
      kept.executors === executors && kept.batches.every((most, pool) => most >= batches[pool]!)
    let kept = [...this.#idle].find(serves)
    if (kept === undefined) {
      kept = { fleet: await Fleet.open(plan, engines, signal), executors, batches }
    }
    this.#idle.delete(kept)
    kept.fleet.signal = signal
    this.#busy.set(kept.fleet, kept)
    return kept.fleet
  }

  /** After a job: the fleet waits for the next one, unless this one has broken it. */
  async release(fleet: Fleet): Promise<void> {
    const kept = this.#busy.get(fleet)
    this.#busy.delete(fleet)
    if (kept !== undefined && fleet.usable) this.#idle.add(kept)
    else await fleet.close()
  }

  /** Closes the fleets that wait for a job. */
  async close(): Promise<void> {
    const all = [...this.#idle]
    this.#idle.clear()
    // the signal of their last job may have been set since
    for (const { fleet } of all) fleet.signal = new AbortController().signal
    await Promise.all(all.map(({ fleet }) => fleet.close()))
  }
}

function executorsText(plan: ServingPlan, engines: readonly FleetEngine[]): string {
  return JSON.stringify(
    topologyOf(plan).poolOf.map((pool) => {
      // a shape that every executor has run when it is opened
      const engine = { ...engines[pool]!, warmUp: undefined }
      return [pool, isSwappable(plan, pool), engine]
    }),
  )
}
