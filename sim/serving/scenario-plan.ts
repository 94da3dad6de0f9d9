import { isStreamed } from '../../scenarios/schema/client-side.ts'
import type { Generation, Pool, Scenario, TrafficClass } from '../../scenarios/schema/schema.ts'
import type { ActivationPlan } from '../memory/index.ts'
import { admissionPlan } from './admission/admission-plan.ts'
import { hedgePlan } from './attempts/hedge-plan.ts'
import { retryPlan } from './attempts/retry-plan.ts'
import { inCamelCase } from './camel-case.ts'
import type { ClientTimeout } from './client-timeout.ts'
import { ejectionPlan } from './ejection/ejection-plan.ts'
import { type GenerationPlan, STATIC_BATCHES } from './generation/generation-plan.ts'
import { kvPlan } from './generation/kv-plan.ts'
import { liveDevice, liveMemory, memoryPlan } from './memory/memory-plan.ts'
import { linkPlan } from './network/network-plan.ts'
import type { ClassPlan, QueueBounds, ServingPlan } from './plan.ts'
import { queuePlan } from './queue/queue-disciplines.ts'
import { queueRoutingPlan, routerPlan } from './routing/routing-plan.ts'
import { budgetPlan } from './scaling/budget-plan.ts'
import type { PoolScalingPlan } from './scaling/scaling-plan.ts'
import { tuningPlans } from './tuning/tuning-plan.ts'

const endless = Number.POSITIVE_INFINITY

/** `activations`: the memory of a batch, by pool; declared models need none. */
export function servingPlan(
  scenario: Scenario,
  activations?: readonly (ActivationPlan | null)[],
): ServingPlan {
  const memory = memoryPlan(scenario, activations)
  const links = linkPlan(scenario)
  return {
    routing: routerPlan(scenario),
    classes: scenario.traffic.map((traffic) => classPlan(traffic, scenario)),
    devices: memory.devices,
    ...(replicasChange(scenario) && { replicasChange: true }),
    ...(scenario.budget && { budget: budgetPlan(scenario, scenario.budget) }),
    ...(scenario.tuning && { tuning: tuningPlans(scenario) }),
    ...(links.network !== null && { network: links.network }),
    ...(links.channels.length > 0 && { channels: links.channels }),
    pools: scenario.pools.map((pool, index) => {
      const model = scenario.models[pool.model]
      if (model === undefined) throw new Error(`Expected model ${pool.model} to exist`)
      return {
        index,
        name: pool.name,
        replicas: pool.replicas,
        perReplicaQueues: pool.queue.mode === 'per-replica',
        routing: queueRoutingPlan(pool.queue.routing),
        admission: admissionPlan(pool),
        order: queuePlan(pool.queue),
        ...boundsOf(pool.queue),
        levels: Object.entries(pool.queue.levels).map(([priority, level]) => ({
          priority: Number(priority),
          ...boundsOf({ ...pool.queue, max_length: undefined, ...level }),
        })),
        batching: inCamelCase(pool.batching),
        ...(isAnswered(pool) && { streams: true as const }),
        generation: pool.generation && generationPlan(pool, pool.generation, scenario, links),
        memory: memory.pools[index],
        scaling: pool.scaling && poolScalingPlan(pool.scaling),
        retries: retryPlan(pool, 1000 * scenario.duration_s),
        ejection: pool.outlier_detection && ejectionPlan(pool.outlier_detection),
        padTo: 'pad_to' in model ? model.pad_to : 1,
        ragged: 'ragged' in model && model.ragged,
      }
    }),
  }
}

/** As clients of a server that generates see it, which have no engines: see `clientSide`. */
const isAnswered = (pool: Pool) => isStreamed(pool) && pool.generation === undefined

const replicasChange = ({ failures, pools }: Scenario) =>
  failures !== undefined ||
  pools.some(({ scaling, heat }) => scaling !== undefined || heat?.shutdown_c !== undefined)

function poolScalingPlan(scaling: NonNullable<Pool['scaling']>): PoolScalingPlan {
  const { initial = Math.max(1, scaling.min), advisory } = scaling
  return { policy: inCamelCase(scaling), initial, advisory }
}

/** The plan for a live run, which has fewer remedies for a lack of memory. */
export function livePlan(plan: ServingPlan): ServingPlan {
  const pools = plan.pools.map((pool) =>
    pool.memory === undefined ? pool : { ...pool, memory: liveMemory(pool.memory) },
  )
  return { ...plan, pools, devices: plan.devices.map(liveDevice) }
}

function classPlan(traffic: TrafficClass, { pools, duration_s }: Scenario): ClassPlan {
  const timeouts = clientTimeoutPlan(traffic)
  const { model } = traffic
  return {
    pools: model === undefined ? null : pools.flatMap((pool, i) => (pool.model === model ? i : [])),
    ...timeouts,
    fanOut: traffic.fan_out,
    cancels: traffic.cancel,
    priority: traffic.priority,
    deadlineMs: traffic.deadline_ms ?? timeouts.clientTimeoutMs,
    tenant: traffic.tenant ?? traffic.class,
    weight: traffic.weight,
    queueTimeoutMs: traffic.queue_timeout_ms ?? endless,
    sharedPrefixTokens: traffic.shared_prefix_tokens ?? 0,
    carriesContext: traffic.session?.carry_context ?? false,
    ...(traffic.hedge && { hedge: hedgePlan(traffic.hedge, 1000 * duration_s) }),
  }
}

export function clientTimeoutPlan({ timeout_ms: timeout }: TrafficClass): ClientTimeout {
  return typeof timeout === 'object'
    ? { clientTimeoutMs: endless, drawnClientTimeout: timeout }
    : { clientTimeoutMs: timeout ?? endless, drawnClientTimeout: null }
}

function generationPlan(
  pool: Pool,
  generation: Generation,
  scenario: Scenario,
  { handOver }: ReturnType<typeof linkPlan>,
): GenerationPlan {
  const { policy, max_sequences: maxSequences } = generation
  const shared = { policy, maxSequences, kv: kvPlan(pool, scenario) }
  if (generation.policy === 'static') return { ...shared, ...STATIC_BATCHES }
  const { hand_over: to } = generation
  return {
    ...shared,
    tokenBudget: generation.token_budget,
    chunked: generation.chunked_prefill,
    first: generation.first,
    swapMsPerToken: generation.preemption === 'swap' ? (generation.swap_ms_per_token ?? 0) : null,
    preemptsByPriority: generation.preempt_by_priority,
    handOver:
      to === undefined
        ? null
        : {
            pool: scenario.pools.findIndex(({ name }) => name === to.pool),
            channel: handOver[scenario.pools.indexOf(pool)]!,
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
