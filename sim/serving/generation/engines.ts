import type { Ms, StepBackend } from '../ports.ts'
import { Engine } from './engine.ts'
import type { EngineHost } from './engine-host.ts'
import type { GenerationPlan } from './generation-plan.ts'

/** The engines that take from one queue. */
export class Engines {
  readonly #engines: readonly Engine[]
  readonly #first: number
  readonly #host: EngineHost
  readonly #backend: StepBackend

  constructor(
    plan: GenerationPlan,
    executors: { readonly first: number; readonly count: number },
    host: EngineHost,
  ) {
    this.#first = executors.first
    this.#host = host
    this.#backend = host.backend
    this.#engines = Array.from(
      { length: executors.count },
      (_, i) => new Engine(executors.first + i, plan, host),
    )
  }

  /** Whether a request could ever be held by one of them. */
  holds(request: number): boolean {
    return this.#engines[0]!.holds(request)
  }

  /**
   * The queue has changed: engines without work begin. Those that work end their runs with the step
   * under way where they would give a place: who comes to that first takes who is next.
   */
  offer(now: Ms): void {
    for (const engine of this.#engines) {
      if (!engine.busy && this.#host.queue.next >= 0) engine.schedule(now)
    }
    for (const engine of this.#engines) {
      const { busy, run } = engine
      if (busy && run.steps > 1 && engine.decides) this.#backend.yieldAtStep(run.executor)
    }
  }

  /** A run ended, after so many steps; sequences that are done have left. */
  stepped(now: Ms, executor: number, steps: number, firstMs: Ms, lastMs: Ms): void {
    this.#engines[executor - this.#first]!.stepped(now, steps, firstMs, lastMs)
  }

  /** An engine goes on. */
  goOn(now: Ms, executor: number): void {
    this.#engines[executor - this.#first]!.schedule(now)
    // who waits behind those it took is for others
    this.offer(now)
  }
}
