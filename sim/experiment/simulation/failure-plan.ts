import type { Duration, Failure, Pool, Scenario } from '../../../scenarios/schema/schema.ts'
import { type Random, stream } from '../../kernel/index.ts'
import { isSwappable, type ServingPlan, type Topology, topologyOf } from '../../serving/index.ts'
import type { Span } from '../../stats/index.ts'
import {
  type Deployment,
  detectionMs,
  type ExecutorEvent,
  ExecutorLifecycle,
  type FailurePlan,
  failureSchedule,
  type LifecyclePlan,
} from '../../world/index.ts'

/** How executors start and stop; null where all of them run all the time. */
export function lifecyclePlan(scenario: Scenario, plan: ServingPlan): LifecyclePlan | null {
  const starts = startsOf(scenario, plan)
  const heat = heatLosses(scenario, plan)
  if (scenario.failures === undefined && starts.length === 0 && heat === undefined) return null
  const warmupMs = 1000 * scenario.warmup_s
  const registers = registersAnew(plan)
  return { ...failurePlan(scenario, plan), starts, heat, warmupMs, registers }
}

/**
 * By executor: whether its process has a state that the control plane keeps account of, a model or
 * a KV cache, so that a new process registers and its loss is known.
 */
export function registersAnew(plan: ServingPlan): boolean[] {
  return topologyOf(plan).poolOf.map(
    (pool) => isSwappable(plan, pool) || plan.pools[pool]!.generation !== undefined,
  )
}

const AT_ONCE: Duration = { distribution: 'fixed', value: 0 }

/** What follows when an executor becomes too warm; undefined where none can. */
function heatLosses({ pools }: Scenario, plan: ServingPlan): LifecyclePlan['heat'] {
  if (pools.every(({ heat }) => heat?.shutdown_c === undefined)) return undefined
  return topologyOf(plan).poolOf.map((pool) => {
    const { heat } = pools[pool]!
    if (heat?.shutdown_c === undefined) return null
    const { detection_s = 0, restart_s: restartS = AT_ONCE } = heat
    return { pool, detectionMs: 1000 * detection_s, restartS }
  })
}

function startsOf({ pools }: Scenario, plan: ServingPlan): LifecyclePlan['starts'] {
  const { executorsOf } = topologyOf(plan)
  return pools.flatMap(({ scaling }, pool) => {
    if (scaling === undefined) return []
    return {
      executors: executorsOf[pool]!,
      initial: plan.pools[pool]!.scaling!.initial,
      startS: scaling.start_s,
      warm: scaling.warm,
      warmStartS: scaling.warm_start_s,
    }
  })
}

function failurePlan(scenario: Scenario, plan: ServingPlan): FailurePlan {
  const { failures = [], pools, duration_s } = scenario
  const { executors, executorsOf } = topologyOf(plan)
  const of = (failure: Failure, { pool, replica }: (typeof executors)[number]) =>
    concerns(failure, pools[pool]!) &&
    ('replicas' in failure ? (failure.replicas?.includes(replica) ?? true) : true)
  return {
    durationMs: 1000 * duration_s,
    failures: executors.map((executor) =>
      failures.flatMap((failure, i) => {
        if (failure.kind === 'deployment' || !of(failure, executor)) return []
        const name = `failures/${i}/${pools[executor.pool]!.name}/${executor.replica}`
        return { failure, stream: name }
      }),
    ),
    deployments: failures.flatMap((failure) =>
      failure.kind === 'deployment' ? deploymentsOf(failure, pools, executorsOf) : [],
    ),
  }
}

function concerns({ pools }: Failure, { name }: Pool): boolean {
  return pools?.includes(name) ?? true
}

/** Each pool is deployed on its own. */
function deploymentsOf(
  deployment: Extract<Failure, { kind: 'deployment' }>,
  pools: readonly Pool[],
  executorsOf: Topology['executorsOf'],
): Deployment[] {
  return pools.flatMap((pool, index) => {
    if (!concerns(deployment, pool)) return []
    const { at_s, at_once, restart_s } = deployment
    const executors = executorsOf[index]!
    return { executors, atMs: 1000 * at_s, atOnce: at_once, restartS: restart_s }
  })
}

/** What a replay causes. */
export interface CausedFailures {
  /** in order of time */
  readonly events: readonly ExecutorEvent[]
  /** of the draws which batches fail */
  readonly seed: number
}

/** The failures that a replay causes: those of replication 0; null where the scenario has none. */
export function causedFailures(scenario: Scenario, plan: ServingPlan): CausedFailures | null {
  const { failures, seed } = scenario
  if (failures === undefined) return null
  return { events: failureSchedule(failurePlan(scenario, plan), seed, 0), seed }
}

/**
 * By executor, from each of its crashes to when health checks find it; null where they find each at
 * once.
 */
export function undetectedSpans(
  scenario: Scenario,
  plan: ServingPlan,
  replication: number,
): Span[][] | null {
  const { failures = [], seed } = scenario
  if (!failures.some((failure) => (detectionMs(failure) ?? 0) > 0)) return null
  const spans: Span[][] = topologyOf(plan).executors.map(() => [])
  const since = new Map<number, number>()
  for (const { at, executor, kind } of failureSchedule(
    failurePlan(scenario, plan),
    seed,
    replication,
  )) {
    if (kind === 'condition') continue
    if (kind === 'crash') {
      since.set(executor, at)
      continue
    }
    const from = since.get(executor)
    since.delete(executor)
    if (from !== undefined) spans[executor]!.push([from, at])
  }
  return spans
}

/** The draws which batches of a replication fail, and how long its deployments take. */
export const failureDraws = (seed: number, replication: number): Random =>
  stream(seed, replication, 'failures')

/** Whether something may end the replicas of a pool. */
export function mayBeLost({ failures = [] }: Scenario, pool: Pool): boolean {
  return failures.some((failure) => detectionMs(failure) !== null && concerns(failure, pool))
}

/** The lifecycle of the executors in one replication. */
export function lifecycleOf(
  plan: LifecyclePlan,
  seed: number,
  replication: number,
): ExecutorLifecycle {
  const schedule = failureSchedule(plan, seed, replication)
  return new ExecutorLifecycle(plan, schedule, failureDraws(seed, replication))
}
