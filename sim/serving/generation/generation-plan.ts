import type { Ms } from '../ports.ts'
import type { KvPlan } from './kv-plan.ts'

/** How the engines of a pool generate. */
export interface GenerationPlan {
  /** static: a batch ends with its longest answer, and only then the next one begins */
  readonly policy: 'continuous' | 'static'
  /** sequences that have a slot at a time, at most */
  readonly maxSequences: number
  /** tokens that a step computes at most: one for each that decodes, and parts of prompts */
  readonly tokenBudget: number
  /** whether prompts may be prefilled in parts */
  readonly chunked: boolean
  /** which of the two gets the budget first */
  readonly first: 'prefill' | 'decode'
  readonly kv: KvPlan
  /** whether steps take as long as their longest context: runs have it; default: no */
  readonly padsContexts?: boolean
  /** to move the KV cache of a preempted sequence out, and again in; null: it is computed anew */
  readonly swapMsPerToken: Ms | null
  /** whether a request of a higher priority preempts a sequence of a lower one */
  readonly preemptsByPriority: boolean
  /** how sequences go to the pool that decodes them; null where they decode here */
  readonly handOver: KvTransferPlan | null
}

/** Of static batches, which no sequence joins or leaves. */
export const STATIC_BATCHES = Object.freeze({
  tokenBudget: Number.POSITIVE_INFINITY,
  chunked: false,
  first: 'prefill',
  swapMsPerToken: null,
  preemptsByPriority: false,
  handOver: null,
} as const)

/** How KV caches go to another pool. */
export interface KvTransferPlan {
  /** index of the pool in which they go on */
  readonly pool: number
  /** number of the channel, whose unit of size is a token */
  readonly channel: number
}
