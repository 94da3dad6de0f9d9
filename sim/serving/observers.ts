import type {
  Batch,
  EjectionChange,
  ExecutorPhase,
  KvUse,
  Ms,
  Observer,
  Remedied,
  StepRun,
  TokenGapRun,
  TuningStep,
} from './ports.ts'

/** One observer for a list: reports each event to all of them, in their order. */
export function observerOf(observers: readonly Observer[]): Observer {
  const [first, ...others] = observers
  if (first === undefined) return {}
  return others.length === 0 ? first : new ObserverPair(first, observerOf(others))
}

/** Written out event by event: a loop over observers costs more where requests are frequent. */
class ObserverPair implements Observer {
  readonly #first: Observer
  readonly #second: Observer

  constructor(first: Observer, second: Observer) {
    this.#first = first
    this.#second = second
  }

  arrived(now: Ms, request: number): void {
    this.#first.arrived?.(now, request)
    this.#second.arrived?.(now, request)
  }

  dispatched(now: Ms, batch: Batch): void {
    this.#first.dispatched?.(now, batch)
    this.#second.dispatched?.(now, batch)
  }

  batch(now: Ms, batch: Batch): void {
    this.#first.batch?.(now, batch)
    this.#second.batch?.(now, batch)
  }

  lost(now: Ms, request: number): void {
    this.#first.lost?.(now, request)
    this.#second.lost?.(now, request)
  }

  answered(now: Ms, request: number): void {
    this.#first.answered?.(now, request)
    this.#second.answered?.(now, request)
  }

  remedied(now: Ms, executor: number, remedy: Remedied): void {
    this.#first.remedied?.(now, executor, remedy)
    this.#second.remedied?.(now, executor, remedy)
  }

  executor(now: Ms, executor: number, phase: ExecutorPhase): void {
    this.#first.executor?.(now, executor, phase)
    this.#second.executor?.(now, executor, phase)
  }

  ejected(at: Ms, change: EjectionChange): void {
    this.#first.ejected?.(at, change)
    this.#second.ejected?.(at, change)
  }

  cut(now: Ms, pool: number, replicas: number): void {
    this.#first.cut?.(now, pool, replicas)
    this.#second.cut?.(now, pool, replicas)
  }

  scaled(now: Ms, pool: number, replicas: number, reason: string): void {
    this.#first.scaled?.(now, pool, replicas, reason)
    this.#second.scaled?.(now, pool, replicas, reason)
  }

  loaded(now: Ms, executor: number): void {
    this.#first.loaded?.(now, executor)
    this.#second.loaded?.(now, executor)
  }

  evicted(now: Ms, executor: number): void {
    this.#first.evicted?.(now, executor)
    this.#second.evicted?.(now, executor)
  }

  tuned(now: Ms, step: TuningStep): void {
    this.#first.tuned?.(now, step)
    this.#second.tuned?.(now, step)
  }

  stepped(now: Ms, run: StepRun): void {
    this.#first.stepped?.(now, run)
    this.#second.stepped?.(now, run)
  }

  slotTaken(executor: number, request: number, missing: number): void {
    this.#first.slotTaken?.(executor, request, missing)
    this.#second.slotTaken?.(executor, request, missing)
  }

  slotLeft(executor: number, request: number): void {
    this.#first.slotLeft?.(executor, request)
    this.#second.slotLeft?.(executor, request)
  }

  prompted(executor: number, request: number, tokens: number, left: number): void {
    this.#first.prompted?.(executor, request, tokens, left)
    this.#second.prompted?.(executor, request, tokens, left)
  }

  kv(now: Ms, use: KvUse): void {
    this.#first.kv?.(now, use)
    this.#second.kv?.(now, use)
  }

  gaps(now: Ms, gaps: TokenGapRun): void {
    this.#first.gaps?.(now, gaps)
    this.#second.gaps?.(now, gaps)
  }
}
