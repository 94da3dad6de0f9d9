import type { Batch, Ms } from '../ports.ts'
import type { BatchingPlan } from './batching-plan.ts'

/** Requests that may share a batch, as a batching policy sees them. */
export interface BatchGroupView {
  /** waiting requests */
  readonly length: number
  /** place of the oldest request in the order of arrival */
  readonly oldestKey: number
  /** when the batch window of the oldest request closes */
  readonly windowCloses: Ms
}

/** What a batching policy sees of a queue. */
export interface QueueView extends BatchGroupView {
  /** when the oldest and the newest request were enqueued */
  readonly oldestEnqueued: Ms
  readonly newestEnqueued: Ms
  /** true once no further request can come */
  readonly ending: boolean
  readonly hasFreeExecutor: boolean
  /** one for each bucket of lengths */
  readonly groups: readonly BatchGroupView[]
  /** the earliest deadline of waiting requests; for policies with `looksAhead` */
  readonly firstDeadline: Ms
  /** lengths computed by one batch of all waiting requests; for policies with `looksAhead` */
  readonly computed: number
}

/** `take` requests of a group now; or, where it is 0, decide again at `wakeAt` or at an arrival. */
export interface Decision {
  take: number
  group: number
  wakeAt: Ms
}

/** The constant settings of a policy. */
export interface BatchState {
  readonly maxBatch: number
  /** the batch window, which starts when a request is enqueued; 0 for none */
  readonly windowMs: Ms
}

/** A batching policy: decisions on the state of one queue, which only `observe` changes. */
export interface BatchPolicy<Config, State extends BatchState> {
  readonly kind: string
  begin(config: Config): State
  /** Called while an executor is free and requests wait; `out` is preset to wait for ever. */
  decide(state: State, queue: QueueView, now: Ms, out: Decision): void
  /** Learns from a batch of its own that was done at `now`. */
  observe?(state: State, now: Ms, batch: Batch): void
  /** When the oldest request is dropped. */
  dropsOldestAt?(state: State, queue: QueueView): Ms
  /** upper lengths of all buckets but the last */
  edges?(config: Config): readonly number[]
  /** whether it looks at deadlines and lengths of waiting requests */
  readonly looksAhead?: true
}

type Config<P extends BatchingPlan['policy']> = Extract<BatchingPlan, { policy: P }>

export const batchPolicy = <P extends BatchingPlan['policy'], State extends BatchState>(
  policy: BatchPolicy<Config<P>, State>,
): BatchPolicy<Config<P>, State> => Object.freeze(policy)
