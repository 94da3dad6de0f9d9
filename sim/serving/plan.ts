import type {
  Batching,
  Duration,
  Generation,
  Pool,
  Routing,
  Scenario,
  TrafficClass,
} from '../../scenarios/schema/schema.ts'
import type { ActivationPlan } from '../memory/index.ts'
import { type AdmissionPlan, admissionPlan, OPEN_ADMISSION } from './admission/index.ts'
import { type GenerationPlan, STATIC_BATCHES } from './generation/generation-plan.ts'
import { kvPlan } from './generation/kv-plan.ts'
import {
  type DevicePlan,
  liveDevice,
  liveMemory,
  memoryPlan,
  type PoolMemoryPlan,
} from './memory/index.ts'
import type { Ms } from './ports.ts'

const endless = Number.POSITIVE_INFINITY

/** A queue discipline and what it goes by. */
export type QueuePlan =
  | { readonly discipline: 'fifo' }
  | { readonly discipline: 'lifo' }
  | { readonly discipline: 'earliest-deadline' }
  | { readonly discipline: 'virtual-token-counter' }
  /** a wait so long is worth one level; Infinity: strict */
  | { readonly discipline: 'priority'; readonly ageingMs: Ms }
  /** coefficient of variation of predicted lengths about the known ones */
  | { readonly discipline: 'shortest-job'; readonly predictionCv: number }
  /** length that a tenant of weight 1 may be served on one visit */
  | { readonly discipline: 'deficit-round-robin'; readonly quantum: number }

/** Bounds of a queue, or of one priority level in it; Infinity for none. */
export interface QueueBounds {
  /** waiting requests */
  readonly maxLength: number
  readonly queueTimeoutMs: Ms
  /** what happens to who has waited so long */
  readonly timeoutAction: 'reject' | 'delay'
  /** whether a class's own time-out may shorten it */
  readonly timeoutOverride: boolean
}

/** What the control plane needs to know of a pool. */
export interface PoolPlan extends QueueBounds {
  readonly index: number
  readonly name: string
  readonly replicas: number
  readonly perReplicaQueues: boolean
  readonly routing: Routing
  readonly admission: AdmissionPlan
  readonly order: QueuePlan
  /** priority levels with bounds of their own */
  readonly levels: readonly LevelPlan[]
  readonly batching: Batching
  /** undefined where requests are served in one go */
  readonly generation?: GenerationPlan | undefined
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

/** What the control plane needs to know of a class of traffic; Infinity for no limit. */
export interface ClassPlan {
  /** numbers of those that serve it, rising; null for all that requests come to */
  readonly pools: readonly number[] | null
  /** of its clients: they leave, the work for them goes on */
  readonly patienceMs: Ms
  /** what the patience of each is drawn from, in ms, in place of one for all; null for nothing */
  readonly drawnPatience: Duration | null
  /** parts of a request, each for another replica; 1 for a request that is whole */
  readonly fanOut: number
  /** whether one that still waits leaves with its client */
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
}

/** A class that asks for nothing. */
export const ANY_CLASS: ClassPlan = Object.freeze({
  pools: null,
  patienceMs: endless,
  drawnPatience: null,
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

/** A queue that lets everybody in, and in which they wait in turn, for as long as it takes. */
export const PLAIN_QUEUE = Object.freeze({
  admission: OPEN_ADMISSION,
  order: { discipline: 'fifo' },
  maxLength: endless,
  queueTimeoutMs: endless,
  timeoutAction: 'reject',
  timeoutOverride: false,
  levels: [],
} as const)

/** What the control plane needs to know of a scenario. */
export interface ServingPlan {
  readonly routing: Routing
  readonly pools: readonly PoolPlan[]
  readonly classes: readonly ClassPlan[]
  /** the numbers that pools' memory speaks of */
  readonly devices: readonly DevicePlan[]
}

/** `activations`: what a batch of each pool does with memory; of declared models it is known. */
export function servingPlan(
  scenario: Scenario,
  activations?: readonly (ActivationPlan | null)[],
): ServingPlan {
  const memory = memoryPlan(scenario, activations)
  return {
    routing: scenario.router.policy,
    classes: scenario.traffic.map((traffic) => classPlan(traffic, scenario)),
    devices: memory.devices,
    pools: scenario.pools.map((pool, index) => {
      const model = scenario.models[pool.model]
      if (model === undefined) throw new Error(`Expected model ${pool.model} to exist`)
      return {
        index,
        name: pool.name,
        replicas: pool.replicas,
        perReplicaQueues: pool.queue.mode === 'per-replica',
        routing: pool.queue.routing,
        admission: admissionPlan(pool),
        order: queuePlan(pool.queue),
        ...boundsOf(pool.queue),
        levels: Object.entries(pool.queue.levels).map(([priority, level]) => ({
          priority: Number(priority),
          ...boundsOf({ ...pool.queue, max_length: undefined, ...level }),
        })),
        batching: pool.batching,
        generation: pool.generation && generationPlan(pool, pool.generation, scenario),
        memory: memory.pools[index],
        padTo: 'pad_to' in model ? model.pad_to : 1,
        ragged: 'ragged' in model && model.ragged,
      }
    }),
  }
}

/** The same for a live world, which can do less about memory. */
export function livePlan(plan: ServingPlan): ServingPlan {
  const pools = plan.pools.map((pool) =>
    pool.memory === undefined ? pool : { ...pool, memory: liveMemory(pool.memory) },
  )
  return { ...plan, pools, devices: plan.devices.map(liveDevice) }
}

function classPlan(traffic: TrafficClass, { pools }: Scenario): ClassPlan {
  const patience = patiencePlan(traffic)
  const handedTo = pools.map(({ generation }) =>
    generation?.policy === 'continuous' ? generation.hand_over?.pool : undefined,
  )
  const serves = ({ name, model }: Pool) => model === traffic.model && !handedTo.includes(name)
  return {
    pools: traffic.model === undefined ? null : pools.flatMap((own, i) => (serves(own) ? i : [])),
    ...patience,
    fanOut: traffic.fan_out,
    cancels: traffic.cancel,
    priority: traffic.priority,
    deadlineMs: traffic.deadline_ms ?? patience.patienceMs,
    tenant: traffic.tenant ?? traffic.class,
    weight: traffic.weight,
    queueTimeoutMs: traffic.queue_timeout_ms ?? endless,
    sharedPrefixTokens: traffic.shared_prefix_tokens ?? 0,
    carriesContext: traffic.session?.carry_context ?? false,
  }
}

/** How long the clients of a class wait: all alike, or each as it is drawn. */
export function patiencePlan({
  timeout_ms: timeout,
}: TrafficClass): Pick<ClassPlan, 'patienceMs' | 'drawnPatience'> {
  return typeof timeout === 'object'
    ? { patienceMs: endless, drawnPatience: timeout }
    : { patienceMs: timeout ?? endless, drawnPatience: null }
}

function queuePlan(queue: Pool['queue']): QueuePlan {
  switch (queue.discipline) {
    case 'priority':
      return { discipline: 'priority', ageingMs: queue.ageing_ms ?? endless }
    case 'shortest-job':
      return { discipline: 'shortest-job', predictionCv: queue.prediction_cv ?? 0 }
    case 'deficit-round-robin':
      if (queue.quantum === undefined) throw new Error('Expected `quantum` to be given')
      return { discipline: 'deficit-round-robin', quantum: queue.quantum }
    case 'fifo':
    case 'lifo':
    case 'earliest-deadline':
    case 'virtual-token-counter':
      return { discipline: queue.discipline }
  }
}

function generationPlan(pool: Pool, generation: Generation, scenario: Scenario): GenerationPlan {
  const { policy, max_sequences: maxSequences } = generation
  const shared = { policy, maxSequences, kv: kvPlan(pool, scenario) }
  if (generation.policy === 'static') return { ...shared, ...STATIC_BATCHES }
  const { hand_over: link } = generation
  return {
    ...shared,
    tokenBudget: generation.token_budget,
    chunked: generation.chunked_prefill,
    first: generation.first,
    swapMsPerToken: generation.preemption === 'swap' ? (generation.swap_ms_per_token ?? 0) : null,
    preemptsByPriority: generation.preempt_by_priority,
    handOver:
      link === undefined
        ? null
        : {
            pool: scenario.pools.findIndex(({ name }) => name === link.pool),
            baseMs: link.base_ms,
            msPerToken: link.ms_per_token,
          },
  }
}

type Bounds = Pool['queue']['levels'][string]

function boundsOf(bounds: Bounds): QueueBounds {
  return {
    maxLength: bounds.max_length ?? endless,
    queueTimeoutMs: bounds.timeout_ms ?? endless,
    timeoutAction: bounds.timeout_action ?? 'reject',
    timeoutOverride: bounds.allow_timeout_override ?? false,
  }
}

/** The executors of all pools are numbered through, pool by pool. */
export function executorsOf({
  pools,
}: Pick<ServingPlan, 'pools'>): readonly { pool: number; replica: number }[] {
  return pools.flatMap((pool, index) =>
    Array.from({ length: pool.replicas }, (_, replica) => ({ pool: index, replica })),
  )
}
