import type { Batch, Ms } from '../ports.ts'
import { aimd } from './aimd.ts'
import type { BatchPolicy, BatchState, Decision, QueueView } from './batch-policy.ts'
import type { BatchingPlan } from './batching-plan.ts'
import { cork } from './cork.ts'
import { deadlineAware } from './deadline-aware.ts'
import { dynamic } from './dynamic.ts'
import { fixed } from './fixed.ts'
import { lengthBucketed } from './length-bucketed.ts'
import { none } from './none.ts'

export type { BatchGroupView, Decision, QueueView } from './batch-policy.ts'

type Policies = Readonly<Record<BatchingPlan['policy'], BatchPolicy<BatchingPlan, BatchState>>>

/** Every batching policy. A new one is a new entry here, and its configuration in the schema. */
export const batchPolicies: Policies = Object.freeze({
  none,
  fixed,
  dynamic,
  aimd,
  cork,
  'deadline-aware': deadlineAware,
  'length-bucketed': lengthBucketed,
})

/** The most requests that a batch of a pool, or the steps of its engine, hold. */
export function largestBatch({
  batching,
  generation,
}: {
  readonly batching: BatchingPlan
  readonly generation?: { readonly maxSequences: number } | undefined
}): number {
  return generation?.maxSequences ?? batchPolicies[batching.policy].begin(batching).maxBatch
}

type Dynamic = Extract<BatchingPlan, { policy: 'dynamic' }>

/** A policy bound to its configuration and to what it has learnt at one queue. */
export class Batcher {
  readonly maxBatch: number
  windowMs: Ms
  /** upper lengths of all buckets but the last */
  readonly edges: readonly number[]
  readonly looksAhead: boolean
  readonly dropsOldest: boolean
  readonly #policy: BatchPolicy<BatchingPlan, BatchState>
  #config: BatchingPlan
  #state: BatchState

  constructor(config: BatchingPlan) {
    const policy = batchPolicies[config.policy]
    const state = policy.begin(config)
    this.maxBatch = state.maxBatch
    this.windowMs = state.windowMs
    this.edges = policy.edges?.(config) ?? []
    this.looksAhead = policy.looksAhead ?? false
    this.dropsOldest = policy.dropsOldestAt !== undefined
    this.#config = config
    this.#policy = policy
    this.#state = state
  }

  /** Goes on with other settings of policy dynamic; a batch is never larger than at the start. */
  retune(settings: { readonly maxBatch?: number; readonly maxDelayMs?: number }): void {
    const config = { ...(this.#config as Dynamic), ...settings }
    const preferred = config.preferred.filter((size) => size <= config.maxBatch)
    this.#config = config
    this.#state = this.#policy.begin({ ...config, preferred })
    this.windowMs = this.#state.windowMs
  }

  decide(queue: QueueView, now: Ms, out: Decision): void {
    out.take = 0
    out.group = 0
    out.wakeAt = Number.POSITIVE_INFINITY
    this.#policy.decide(this.#state, queue, now, out)
  }

  observe(now: Ms, batch: Batch): void {
    this.#policy.observe?.(this.#state, now, batch)
  }

  /** When the oldest request is dropped; Infinity for never. */
  dropsOldestAt(queue: QueueView): Ms {
    return this.#policy.dropsOldestAt?.(this.#state, queue) ?? Number.POSITIVE_INFINITY
  }

  /** The group of a length: lengths of one group may share a batch. */
  batchGroupOf(length: number): number {
    let group = 0
    while (group < this.edges.length && length > this.edges[group]!) group++
    return group
  }
}
