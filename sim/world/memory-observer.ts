import {
  type Batch,
  type Ms,
  type Observer,
  OUTCOME,
  type Remedied,
  type Requests,
} from '../serving/index.ts'
import type { WorldMemory } from './world-memory.ts'

/** Counts what was decided about memory, and who was served cold. */
export class MemoryObserver implements Partial<Observer> {
  readonly #memory: WorldMemory
  readonly #requests: Requests
  /** executors whose next batch waited for a load, and those whose batch did */
  readonly #loaded = new Set<number>()
  readonly #cold = new Set<number>()

  constructor(memory: WorldMemory, requests: Requests) {
    this.#memory = memory
    this.#requests = requests
  }

  loaded(_now: Ms, executor: number): void {
    this.#loaded.add(executor)
  }

  dispatched(_now: Ms, { executor }: Batch): void {
    if (this.#loaded.delete(executor)) this.#cold.add(executor)
    else this.#cold.delete(executor)
  }

  batch(_now: Ms, { executor, members, size }: Batch): void {
    const recorder = this.#memory.recorder(executor)
    if (recorder === undefined) return
    let served = 0
    for (let i = 0; i < size; i++) {
      if (this.#requests.outcome[members[i]!] === OUTCOME.served) served++
    }
    recorder.cold.of += served
    if (this.#cold.has(executor)) recorder.cold.part += served
  }

  remedied(_now: Ms, executor: number, remedy: Remedied): void {
    const recorder = this.#memory.recorder(executor)
    if (recorder !== undefined) recorder.counts[remedy]++
  }
}
