import { type Bytes, bytesOf } from '../../memory/index.ts'
import { executorsOf, type ServingPlan } from '../plan.ts'

/**
 * The control plane's own account of every device, the same in both worlds: weights that are
 * resident, and what the batches that run ask for. What allocators lose besides is not in it, so a
 * world may still run out of memory.
 */
export class Ledger {
  /** of each executor its device; -1 for none */
  readonly deviceOf: Int32Array
  readonly weights: Float64Array
  /** of each device what is left; below 0 where weights alone are too much */
  readonly free: Float64Array
  /** held for the batch of each executor */
  readonly #held: Float64Array
  /** of each executor what its device has for a batch where no other runs or comes and goes */
  readonly #alone: Float64Array
  readonly #sums: readonly (readonly Bytes[])[]

  constructor(plan: Pick<ServingPlan, 'devices' | 'pools'>) {
    const executors = executorsOf(plan)
    const memoryOf = executors.map(({ pool }) => plan.pools[pool]!.memory)
    this.deviceOf = Int32Array.from(
      executors,
      ({ replica }, i) => memoryOf[i]?.devices[replica] ?? -1,
    )
    this.weights = Float64Array.from(memoryOf, (own) => own?.weightsBytes ?? 0)
    this.free = Float64Array.from(plan.devices, ({ limitBytes }) => limitBytes)
    this.#held = new Float64Array(executors.length)
    this.#sums = memoryOf.map((own) => own?.sums ?? [])
    const stays = memoryOf.map(
      (own, i) => own?.pinned === true || plan.devices[this.deviceOf[i]!]?.residency === null,
    )
    for (let i = 0; i < executors.length; i++) if (stays[i]) this.enter(i)
    this.#alone = Float64Array.from(executors, (_, i) => {
      const free = this.free[this.deviceOf[i]!] ?? Number.POSITIVE_INFINITY
      return stays[i] ? free : free - this.weights[i]!
    })
  }

  /** Bytes that a batch asks for at most at a time; `length` as `computedLength` has it. */
  estimate(executor: number, size: number, length: number): number {
    let most = 0
    for (const sum of this.#sums[executor]!) most = Math.max(most, bytesOf(sum, size, length))
    return most
  }

  /** Bytes that a device has for batches of an executor, where no others run. */
  room(executor: number): number {
    return this.#alone[executor]!
  }

  /** Whether a batch of one could ever run. */
  couldHold(executor: number, length: number): boolean {
    return this.estimate(executor, 1, length) <= this.room(executor)
  }

  /** Whether a batch fits now, beside all that runs on the device. */
  fits(executor: number, size: number, length: number): boolean {
    const left = this.free[this.deviceOf[executor]!]! + this.#held[executor]!
    return this.estimate(executor, size, length) <= left
  }

  /** Sets what is held for an executor's batch; 0 for nothing. */
  hold(executor: number, bytes: number): void {
    this.free[this.deviceOf[executor]!]! += this.#held[executor]! - bytes
    this.#held[executor] = bytes
  }

  held(executor: number): number {
    return this.#held[executor]!
  }

  /** Weights are there from now on. */
  enter(executor: number): void {
    this.free[this.deviceOf[executor]!]! -= this.weights[executor]!
  }

  /** Weights go. */
  leave(executor: number): void {
    this.free[this.deviceOf[executor]!]! += this.weights[executor]!
  }
}
