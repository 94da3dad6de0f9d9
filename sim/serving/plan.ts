import type { Duration, Pool } from '../../scenarios/schema/schema.ts'
import { type AdmissionPlan, OPEN_ADMISSION } from './admission/admission-plan.ts'
import type { HedgePlan } from './attempts/hedge-plan.ts'
import type { RetryPlan } from './attempts/retry-plan.ts'
import type { BatchingPlan } from './batching/batching-plan.ts'
import type { DeepCamel } from './camel-case.ts'
import type { EjectionPlan } from './ejection/ejection-plan.ts'
import type { GenerationPlan } from './generation/generation-plan.ts'
import type { DevicePlan, PoolMemoryPlan } from './memory/memory-plan.ts'
import type { ChannelPlan } from './network/channel-plan.ts'
import type { NetworkPlan } from './network/network-plan.ts'
import type { Ms } from './ports.ts'
import type { RoutingChoice } from './routing/routing-plan.ts'
import type { PoolScalingPlan } from './scaling/scaling-plan.ts'
import type { BudgetPlan } from './scaling/shared-budget.ts'
import type { TuningPlan } from './tuning/tuning-plan.ts'

const endless = Number.POSITIVE_INFINITY

type Queue = Pool['queue']
/** The keys of a queue under any discipline. */
type CommonKey = Exclude<keyof Extract<Queue, { discipline: 'fifo' }>, 'discipline'>
type SettingsOf<Q> = Q extends unknown ? DeepCamel<Omit<Q, CommonKey>> : never

/** A queue discipline and its settings, which are those of the scenario. */
export type QueuePlan = SettingsOf<Queue>

/** Bounds of a queue, or of one priority level in it; Infinity for none. */
export interface QueueBounds {
  /** waiting requests */
  readonly maxLength: number
  readonly queueTimeoutMs: Ms
  /** what happens to a request that has waited so long */
  readonly timeoutAction: 'reject' | 'delay'
  /** whether a class's own time-out may shorten it */
  readonly timeoutOverride: boolean
}

/** What the control plane uses of a pool. */
export interface PoolPlan extends QueueBounds {
  readonly index: number
  readonly name: string
  /** the most that it may have */
  readonly replicas: number
  readonly perReplicaQueues: boolean
  /** whether its replicas are connections to a server, which may hold any number of requests */
  readonly connections?: true
  /** whether a request is an answer that a server streams, with the times of its tokens */
  readonly streams?: true
  readonly routing: RoutingChoice
  readonly admission: AdmissionPlan
  readonly order: QueuePlan
  /** priority levels with bounds of their own */
  readonly levels: readonly LevelPlan[]
  readonly batching: BatchingPlan
  /** undefined where requests are served in one go */
  readonly generation?: GenerationPlan | undefined
  /** undefined where the number of replicas stays */
  readonly scaling?: PoolScalingPlan | undefined
  /** absent where a request is sent to the pool once */
  readonly retries?: RetryPlan | undefined
  /** undefined where replicas that fail requests get further ones */
  readonly ejection?: EjectionPlan | undefined
  /** undefined where memory does not count */
  readonly memory?: PoolMemoryPlan | undefined
  /** lengths are padded up to a multiple of this */
  readonly padTo: number
  /** whether members of a batch are computed at their own lengths, without padding */
  readonly ragged: boolean
}

export interface LevelPlan extends QueueBounds {
  readonly priority: number
}

/** What the control plane uses of a class of traffic; Infinity for no limit. */
export interface ClassPlan {
  /** the pools of its model, by number, rising; null where it has none: see `Topology` */
  readonly pools: readonly number[] | null
  /** client timeout: the client leaves, the work for it goes on */
  readonly clientTimeoutMs: Ms
  /** distribution of the client timeout, in ms, in place of one value; null for none */
  readonly drawnClientTimeout: Duration | null
  /** parts of a request, each for another replica; 1 for a request in one part */
  readonly fanOut: number
  /** whether a waiting request leaves with its client */
  readonly cancels: boolean
  /** 1 is the highest */
  readonly priority: number
  /** from the scheduled arrival on */
  readonly deadlineMs: Ms
  readonly tenant: string
  /** the tenant's share */
  readonly weight: number
  /** replaces a longer one of the queue, where that allows it */
  readonly queueTimeoutMs: Ms
  /** with which all its prompts begin */
  readonly sharedPrefixTokens: number
  /** whether a prompt begins with the one before it and its answer */
  readonly carriesContext: boolean
  /** copies of its requests; absent where each request is sent once */
  readonly hedge?: HedgePlan
}

/** A class without limits. */
export const ANY_CLASS: ClassPlan = Object.freeze({
  pools: null,
  clientTimeoutMs: endless,
  drawnClientTimeout: null,
  fanOut: 1,
  cancels: false,
  priority: 1,
  deadlineMs: endless,
  tenant: 'any',
  weight: 1,
  queueTimeoutMs: endless,
  sharedPrefixTokens: 0,
  carriesContext: false,
})

/** A FIFO queue that admits every request and has no time-out. */
export const PLAIN_QUEUE = Object.freeze({
  admission: OPEN_ADMISSION,
  order: { discipline: 'fifo' },
  maxLength: endless,
  queueTimeoutMs: endless,
  timeoutAction: 'reject',
  timeoutOverride: false,
  levels: [],
} as const)

/** What the control plane uses of a scenario. */
export interface ServingPlan {
  readonly routing: RoutingChoice
  readonly pools: readonly PoolPlan[]
  readonly classes: readonly ClassPlan[]
  /** the pools' memory plans refer to these by number */
  readonly devices: readonly DevicePlan[]
  /** whether replicas start and stop; default: no */
  readonly replicasChange?: boolean
  /** what scaled pools share; default: nothing */
  readonly budget?: BudgetPlan | undefined
  /** settings that are changed while it runs; default: none */
  readonly tuning?: readonly TuningPlan[]
  /** null or absent where requests reach their queues at once */
  readonly network?: NetworkPlan | null
  /** by number; absent where nothing is sent over a channel */
  readonly channels?: readonly ChannelPlan[]
}

/** Whether requests of a pool have times of tokens: it generates, or a server does behind it. */
export const hasTokens = ({ generation, streams }: Pick<PoolPlan, 'generation' | 'streams'>) =>
  generation !== undefined || streams === true

/** Whether requests are served in steps of engines: in all pools, or in none. */
export const generatesIn = ({
  pools,
}: {
  readonly pools: readonly { readonly generation?: unknown }[]
}): boolean => pools.some(({ generation }) => generation !== undefined)
