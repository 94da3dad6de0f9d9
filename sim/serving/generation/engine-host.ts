import type { Ms, Observer, StepBackend } from '../ports.ts'
import type { RequestQueue } from '../queue/request-queue.ts'
import type { Requests } from '../requests.ts'
import type { PrefixClass } from './prefix-keys.ts'
import type { Sequences } from './sequences.ts'

/** What an engine works with. */
export interface EngineHost {
  readonly requests: Requests
  readonly sequences: Sequences
  readonly queue: Pick<RequestQueue, 'next' | 'shift'>
  readonly backend: StepBackend
  readonly observer: Observer
  readonly classes: readonly PrefixClass[]
  /** Sequences of a lower level go first; 0 where there are no levels. */
  levelOf(request: number): number
  /** A request has left the queue for a slot; returns its number in the order of admission. */
  admitted(now: Ms, executor: number, request: number): number
  /** All its tokens have come out, and it has left the engine. */
  finished(now: Ms, executor: number, request: number): void
  /** Takes a sequence on once its prompt is prefilled; null: it decodes here. */
  readonly handOver: ((now: Ms, request: number) => void) | null
}
