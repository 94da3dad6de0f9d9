import type { ServingPlan } from '../plan.ts'
import type { Station } from '../routing/station.ts'
import type { ServerWorld } from '../servers/station-server.ts'
import { BatchFit } from './batch-fit.ts'
import { Ledger } from './ledger.ts'
import type { DevicePlan } from './memory-plan.ts'
import { MemoryWaitQueue } from './memory-wait-queue.ts'
import { Remedies } from './remedies.ts'
import { Residency } from './residency.ts'

/** The memory of all devices, which the servers of the stations on them share. */
export class SharedMemory {
  readonly ledger: Ledger
  readonly residency: Residency
  readonly remedies: Remedies
  readonly fit: BatchFit
  readonly #devices: readonly DevicePlan[]
  readonly #waiting: readonly MemoryWaitQueue[]

  constructor(plan: ServingPlan, stations: readonly Station[], world: ServerWorld) {
    const stationOf = stations.flatMap((station) => Array<Station>(station.executors).fill(station))
    this.ledger = new Ledger(plan)
    this.residency = new Residency(plan, { ...world, stationOf, ledger: this.ledger })
    this.remedies = new Remedies({ ...world, stationOf, residency: this.residency })
    this.fit = new BatchFit(this.ledger)
    this.#devices = plan.devices
    this.#waiting = plan.devices.map(() => new MemoryWaitQueue())
  }

  /** Those that wait for the device of an executor. */
  waiting(executor: number): MemoryWaitQueue {
    return this.#waiting[this.ledger.deviceOf[executor]!]!
  }

  /** Whether arenas on the device of an executor can give memory back. */
  shrinks(executor: number): boolean {
    return this.#devices[this.ledger.deviceOf[executor]!]!.residency!.shrinks
  }
}
