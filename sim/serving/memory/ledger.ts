import { type Bytes, bytesOf } from '../../memory/index.ts'
import type { ServingPlan } from '../plan.ts'
import { topologyOf } from '../topology.ts'
import { type ArenaPlan, requestedOfArena } from './arena.ts'

/**
 * The control plane's account of every device, equal in simulated and live runs: resident weights
 * and buddy arenas, and the bytes that running batches request. It excludes what allocators lose to
 * fragmentation, so a batch may still run out of memory.
 */
export class Ledger {
  /** of each executor its device; -1 for none */
  readonly deviceOf: Int32Array
  /** what a model takes when it comes, and gives back when it goes */
  readonly resident: Float64Array
  /** of each device what is left; below 0 where weights alone are too much */
  readonly free: Float64Array
  /** null for executors whose batches take from the device */
  readonly #arenas: readonly (ArenaPlan | null)[]
  /** held for the batch of each executor */
  readonly #held: Float64Array
  /**
   * of each executor what there is for a batch where no other batch runs and no model is swapped
   */
  readonly #alone: Float64Array
  readonly #sums: readonly (readonly Bytes[])[]

  constructor(plan: Pick<ServingPlan, 'devices' | 'pools' | 'classes'>) {
    const { executors } = topologyOf(plan)
    const memoryOf = executors.map(({ pool }) => plan.pools[pool]!.memory)
    this.deviceOf = Int32Array.from(
      executors,
      ({ replica }, i) => memoryOf[i]?.devices[replica] ?? -1,
    )
    this.resident = Float64Array.from(
      memoryOf,
      (memory) => (memory?.weightsBytes ?? 0) + (memory?.arena?.bytes ?? 0),
    )
    this.#arenas = memoryOf.map((memory) => memory?.arena ?? null)
    this.free = Float64Array.from(plan.devices, ({ limitBytes }) => limitBytes)
    this.#held = new Float64Array(executors.length)
    this.#sums = memoryOf.map((memory) => memory?.sums ?? [])
    const stays = memoryOf.map(
      (memory, i) => memory?.pinned === true || plan.devices[this.deviceOf[i]!]?.residency === null,
    )
    for (let i = 0; i < executors.length; i++) if (stays[i]) this.enter(i)
    this.#alone = Float64Array.from(executors, (_, i) => {
      const free = this.free[this.deviceOf[i]!] ?? Number.POSITIVE_INFINITY
      const left = stays[i] ? free : free - this.resident[i]!
      return left < 0 ? left : (this.#arenas[i]?.bytes ?? left)
    })
  }

  /** Bytes that a batch asks for at most at a time; `length` as `computedLength` has it. */
  estimate(executor: number, size: number, length: number): number {
    const arena = this.#arenas[executor]
    if (arena) return requestedOfArena(arena, size, length)
    let most = 0
    for (const sum of this.#sums[executor]!) most = Math.max(most, bytesOf(sum, size, length))
    return most
  }

  /** Bytes that there are for batches of an executor, where no others run on its device. */
  room(executor: number): number {
    return this.#alone[executor]!
  }

  /** Whether a batch of one could ever run. */
  couldHold(executor: number, length: number): boolean {
    return this.estimate(executor, 1, length) <= this.room(executor)
  }

  /** Whether a batch fits now, beside all that runs on the device. */
  fits(executor: number, size: number, length: number): boolean {
    const bytes = this.estimate(executor, size, length)
    if (this.#arenas[executor]) return bytes <= this.room(executor)
    return bytes <= this.free[this.deviceOf[executor]!]! + this.#held[executor]!
  }

  /** What the device must have free for a batch of so many bytes, beside what is held for it. */
  lacks(executor: number, bytes: number): number {
    return this.#arenas[executor] ? 0 : bytes - this.#held[executor]!
  }

  /** Sets what is held for an executor's batch, which an arena has anyway; 0 for nothing. */
  hold(executor: number, bytes: number): void {
    if (this.#arenas[executor]) return
    this.free[this.deviceOf[executor]!]! += this.#held[executor]! - bytes
    this.#held[executor] = bytes
  }

  /** A model is there from now on. */
  enter(executor: number): void {
    this.free[this.deviceOf[executor]!]! -= this.resident[executor]!
  }

  /** A model goes. */
  leave(executor: number): void {
    this.free[this.deviceOf[executor]!]! += this.resident[executor]!
  }
}
