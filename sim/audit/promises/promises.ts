import type { CamelKeys, Duration, Scenario } from '../../../scenarios/schema/schema.ts'
import {
  type PromisedDevice,
  type PromisedMemory,
  promisedDevices,
  promisedMemory,
} from './memory-promises.ts'
import { type PromisedAdmission, promisedAdmission } from './promised-admission.ts'
import { type BudgetPromise, promisedBudget } from './promised-budget.ts'
import { type PromisedCard, promisedCards } from './promised-cards.ts'
import { type PromisedEjection, promisedEjection } from './promised-ejection.ts'
import { type PromisedFailures, promisedFailures } from './promised-failures.ts'
import { type PromisedHedge, promisedHedge } from './promised-hedge.ts'
import { type PromisedKv, promisedKv } from './promised-kv.ts'
import { type PromisedNetworks, promisedNetworks } from './promised-networks.ts'
import { type PromisedReactions, promisedReactions } from './promised-reactions.ts'
import { type PromisedRetries, promisedRetries } from './promised-retries.ts'
import { type PromisedChoice, promisedQueueRouting, promisedRouter } from './promised-routing.ts'
import { type PromisedTuning, promisedTuning } from './promised-tuning.ts'

export type Batching = CamelKeys<Scenario['pools'][number]['batching']>

/** The promises of a scenario about queues and batches; Infinity for no limit, times in ms. */
export interface Promises extends BudgetPromise {
  /** router policy among pools */
  readonly routing: PromisedChoice
  /** settings that change while it runs */
  readonly tuned?: readonly PromisedTuning[] | undefined
  readonly classes: readonly ClassPromises[]
  readonly pools: readonly PoolPromises[]
  /** indexed by the devices of pools' memory */
  readonly devices: readonly PromisedDevice[]
  /** absent where no card is shared */
  readonly cards?: readonly PromisedCard[] | undefined
  /** null or absent where requests reach their queues at once */
  readonly networks?: PromisedNetworks | null
  /** null or absent where requests do not depend on outcomes */
  readonly reactions?: PromisedReactions | null
}

export interface ClassPromises {
  /** numbers of the pools of its model, rising; null for a class without a model */
  readonly pools: readonly number[] | null
  /** client timeout; Infinity where it is drawn */
  readonly clientTimeoutMs: number
  /** distribution of the client timeout, in ms; null where it is constant */
  readonly drawnClientTimeout: Duration | null
  /** parts of a request */
  readonly fanOut: number
  /** whether a waiting request is cancelled when its client times out */
  readonly cancels: boolean
  /** 1 is the highest */
  readonly priority: number
  /** after the scheduled arrival */
  readonly deadlineMs: number
  readonly tenant: string
  /** the tenant's share */
  readonly weight: number
  /** its own queue timeout, for queues that allow the override */
  readonly queueTimeoutMs: number
  /** where its clients are; absent without places */
  readonly place?: string | undefined
  /** tokens shared by all its prompts; 0 for none */
  readonly sharedPrefixTokens: number
  /** requests that its clients have in flight at most; absent for no limit */
  readonly maxInFlight?: number | undefined
  /** absent where each request is sent once */
  readonly hedge?: PromisedHedge | undefined
}

export type PromisedOrder =
  | { readonly discipline: 'fifo' | 'lifo' | 'earliest-deadline' | 'virtual-token-counter' }
  | { readonly discipline: 'priority'; readonly ageingMs: number }
  | { readonly discipline: 'shortest-job'; readonly predictionCv: number }
  | { readonly discipline: 'deficit-round-robin'; readonly quantum: number }

/** Limits of a queue, or of one priority level in it. */
export interface PromisedBounds {
  /** waiting requests */
  readonly maxLength: number
  readonly queueTimeoutMs: number
  /** after the timeout: it leaves, or it waits on behind the others of its level */
  readonly timeoutAction: 'reject' | 'delay'
  readonly timeoutOverride: boolean
}

export interface PoolPromises extends PromisedBounds {
  readonly name: string
  readonly replicas: number
  readonly perReplicaQueues: boolean
  /** among the queues of the pool */
  readonly routing: PromisedChoice
  readonly admission: PromisedAdmission
  readonly order: PromisedOrder
  readonly levels: readonly (PromisedBounds & { readonly priority: number })[]
  readonly batching: Batching
  /** undefined for pools that run batches */
  readonly generation?: PromisedGeneration | undefined
  /** absent where its proxy retries nothing */
  readonly retries?: PromisedRetries | undefined
  readonly ejection?: PromisedEjection | undefined
  /** absent where no failure is stated */
  readonly failures?: PromisedFailures | undefined
  /** whether it is scaled: no deployment drains its replicas then; absent for no */
  readonly givesBack?: boolean | undefined
  /** undefined where memory is not promised */
  readonly memory?: PromisedMemory | undefined
  /** lengths are padded up to a multiple of this */
  readonly padTo: number
  /** whether batches are not padded */
  readonly ragged: boolean
}

/** Promises of engines; Infinity for no limit. */
export interface PromisedGeneration {
  readonly policy: 'continuous' | 'static'
  readonly maxSequences: number
  readonly kv: PromisedKv
  /** index of the decode pool; null for a pool that also decodes */
  readonly handOver: { readonly pool: number } | null
}

function batchingOf(batching: Scenario['pools'][number]['batching']): Batching {
  const entries: [string, unknown][] = []
  for (const [key, value] of Object.entries(batching)) {
    const [first, ...words] = key.split('_')
    entries.push([
      first + words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join(''),
      value,
    ])
  }
  return Object.fromEntries(entries) as Batching
}

/** Reads the promises from a checked scenario. */
export function promisesOf(scenario: Scenario): Promises {
  const pools: PoolPromises[] = []
  for (const pool of scenario.pools) {
    const { name, replicas, queue, batching, model } = pool
    const description = scenario.models[model]
    pools.push({
      name,
      replicas,
      perReplicaQueues: queue.mode !== 'shared',
      routing: promisedQueueRouting(queue.routing),
      admission: promisedAdmission(pool),
      retries: promisedRetries(pool, 1000 * scenario.duration_s),
      order: orderOf(queue),
      ...bounds(queue),
      levels: Object.entries(queue.levels).map(([priority, overrides]) => {
        // a level inherits everything from the queue except the length, which counts all levels
        const { timeout_ms, timeout_action, allow_timeout_override } = queue
        const level = { timeout_ms, timeout_action, allow_timeout_override, ...overrides }
        return { priority: Number(priority), ...bounds(level) }
      }),
      batching: batchingOf(batching),
      generation: pool.generation && generationOf(pool.generation, pool, scenario),
      ejection: promisedEjection(pool),
      ...(scenario.failures && { failures: promisedFailures(pool, scenario) }),
      ...(pool.scaling && { givesBack: true }),
      memory: promisedMemory(pool, scenario),
      padTo: description !== undefined && 'pad_to' in description ? description.pad_to : 1,
      ragged: description !== undefined && 'ragged' in description && description.ragged,
    })
  }
  const classes: ClassPromises[] = []
  for (const traffic of scenario.traffic) {
    const drawn = typeof traffic.timeout_ms === 'object' ? traffic.timeout_ms : null
    const common = typeof traffic.timeout_ms === 'object' ? undefined : traffic.timeout_ms
    classes.push({
      pools: traffic.model === undefined ? null : poolsOfModel(traffic.model, scenario),
      clientTimeoutMs: limit(common),
      drawnClientTimeout: drawn,
      fanOut: traffic.fan_out,
      cancels: traffic.cancel,
      priority: traffic.priority,
      deadlineMs: limit(traffic.deadline_ms ?? common),
      tenant: traffic.tenant ?? traffic.class,
      weight: traffic.weight,
      queueTimeoutMs: limit(traffic.queue_timeout_ms),
      sharedPrefixTokens: traffic.shared_prefix_tokens ?? 0,
      hedge: promisedHedge(traffic, 1000 * scenario.duration_s),
      place: traffic.place,
      ...(traffic.max_in_flight !== undefined && { maxInFlight: traffic.max_in_flight }),
    })
  }
  return {
    routing: promisedRouter(scenario),
    tuned: promisedTuning(scenario),
    classes,
    pools,
    devices: promisedDevices(scenario),
    replicaBudget: promisedBudget(scenario),
    cards: promisedCards(scenario),
    networks: promisedNetworks(scenario),
    reactions: promisedReactions(scenario),
  }
}

/** Pools of a model, except decode pools. */
function poolsOfModel(model: string, { pools }: Scenario): number[] {
  const decode = pools.map(({ generation }) =>
    generation?.policy === 'continuous' ? generation.hand_over?.pool : undefined,
  )
  return pools.flatMap((pool, i) =>
    pool.model === model && !decode.includes(pool.name) ? [i] : [],
  )
}

/** Pools to which requests of each class may be routed: those of its model, except decode pools. */
export function poolsOfClasses({ classes, pools }: Promises): readonly (readonly number[])[] {
  const further = pools.map(({ generation }) => generation?.handOver?.pool)
  const entries = [...pools.keys()].filter((pool) => !further.includes(pool))
  return classes.map((promised) => promised.pools ?? entries)
}

function generationOf(
  generation: NonNullable<Scenario['pools'][number]['generation']>,
  pool: Scenario['pools'][number],
  scenario: Scenario,
): PromisedGeneration {
  const to = generation.policy === 'continuous' ? generation.hand_over?.pool : undefined
  return {
    policy: generation.policy,
    maxSequences: generation.max_sequences,
    kv: promisedKv(pool, scenario),
    handOver:
      to === undefined ? null : { pool: scenario.pools.findIndex(({ name }) => name === to) },
  }
}

type Queue = Scenario['pools'][number]['queue']

function orderOf(queue: Queue): PromisedOrder {
  const { discipline } = queue
  if (discipline === 'priority') return { discipline, ageingMs: limit(queue.ageing_ms) }
  if (discipline === 'shortest-job') {
    return { discipline, predictionCv: queue.prediction_cv ?? 0 }
  }
  // the scenario's checks require a quantum
  if (discipline === 'deficit-round-robin') return { discipline, quantum: queue.quantum! }
  return { discipline }
}

function bounds(level: Queue['levels'][string]): PromisedBounds {
  return {
    maxLength: limit(level.max_length),
    queueTimeoutMs: limit(level.timeout_ms),
    timeoutAction: level.timeout_action ?? 'reject',
    timeoutOverride: level.allow_timeout_override ?? false,
  }
}

const limit = (value = Number.POSITIVE_INFINITY) => value

/** A promised queue, and its executors: `executors` of them from `firstExecutor` on. */
export interface PromisedQueue {
  readonly number: number
  readonly poolIndex: number
  readonly pool: PoolPromises
  readonly firstExecutor: number
  readonly executors: number
}

/** All queues, numbered pool by pool, as executors are. */
export function promisedQueues({ pools }: Promises): PromisedQueue[] {
  const queues: PromisedQueue[] = []
  let firstExecutor = 0
  for (const [poolIndex, pool] of pools.entries()) {
    const executors = pool.perReplicaQueues ? 1 : pool.replicas
    const end = firstExecutor + pool.replicas
    for (; firstExecutor < end; firstExecutor += executors) {
      queues.push({ number: queues.length, poolIndex, pool, firstExecutor, executors })
    }
  }
  return queues
}
