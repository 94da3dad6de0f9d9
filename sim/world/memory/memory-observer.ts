import {
  type Batch,
  type Ms,
  type Observer,
  OUTCOME,
  Relay,
  type Remedied,
  type Requests,
} from '../../serving/index.ts'
import type { WorldMemory } from './world-memory.ts'

/** Counts memory decisions and cold starts, and passes all calls on to another observer. */
export class MemoryObserver extends Relay {
  readonly #memory: WorldMemory
  readonly #requests: Requests
  /** when the model of each executor was last loaded, ms */
  readonly #loadedAt = new Map<number, Ms>()

  constructor(observer: Observer, memory: WorldMemory, requests: Requests) {
    super(observer)
    this.#memory = memory
    this.#requests = requests
  }

  override batch(now: Ms, batch: Batch): void {
    const recorder = this.#memory.recorder(batch.executor)
    if (recorder !== undefined) this.#count(batch, recorder.cold)
    super.batch(now, batch)
  }

  override remedied(now: Ms, executor: number, remedy: Remedied): void {
    const recorder = this.#memory.recorder(executor)
    if (recorder !== undefined) recorder.counts[remedy]++
    super.remedied(now, executor, remedy)
  }

  override loaded(now: Ms, executor: number): void {
    this.#loadedAt.set(executor, now)
    this.#memory.loaded(now, executor)
    super.loaded(now, executor)
  }

  /** A request waited for a load if it was enqueued before the model that served it was loaded. */
  #count({ executor, members, size }: Batch, cold: { part: number; of: number }): void {
    const { outcome, enqueued } = this.#requests
    const loadedAt = this.#loadedAt.get(executor) ?? Number.NEGATIVE_INFINITY
    for (let i = 0; i < size; i++) {
      const request = members[i]!
      if (outcome[request] !== OUTCOME.served) continue
      cold.of++
      if (enqueued[request]! < loadedAt) cold.part++
    }
  }
}
