import type { ClassPlan, PoolPlan, ServingPlan } from '../../serving/index.ts'
import type { PromisedQueue } from '../promises/promises.ts'
import { type Overloaded, overloadOf } from '../rules/queue/overload.ts'
import type { Evidence, SeenQueue } from './evidence.ts'

/** How long a request of a class may wait in a queue of a pool. */
export interface WaitingTime {
  /** queue timeout, ms; Infinity for none */
  readonly limitMs: number
  /** whether it may wait on after its timeout, behind the others of its level */
  readonly waitsOn: boolean
}

/**
 * The rules of Triton's model configuration: a level's policy replaces that of the queue. A
 * request's own timeout counts only if overriding is allowed, the queue has a timeout, and the
 * request's is shorter.
 */
export function waitingTime(pool: PoolPlan, promised: ClassPlan): WaitingTime {
  const policy = pool.levels.find(({ priority }) => priority === promised.priority) ?? pool
  const waitsOn = policy.timeoutAction === 'delay'
  const common = policy.queueTimeoutMs
  const overrides =
    policy.timeoutOverride && common < Number.POSITIVE_INFINITY && promised.queueTimeoutMs < common
  return { limitMs: overrides ? promised.queueTimeoutMs : common, waitsOn }
}

/** Bounds of the time at which a waiting request times out, ms; Infinity for never. */
export interface TimeIsOver {
  readonly earliest: number
  readonly latest: number
  /** at its arrival */
  readonly overloaded: Overloaded
}

/** When a waiting request times out, if it may wait for `mostMs` at most; Infinity for never. */
export function timeIsOver(
  { rows, classOf }: Evidence,
  { pool }: PromisedQueue,
  key: number,
  mostMs = Number.POSITIVE_INFINITY,
): number {
  const promised = classOf(key)
  const onTimeOut = rows.sent[key]! + Math.min(waitingTime(pool, promised).limitMs, mostMs)
  return promised.cancels ? Math.min(onTimeOut, rows.leaves[key]!) : onTimeOut
}

/**
 * Timeouts of a queue's requests. The bounds differ where rows do not show whether a request
 * arrived during overload.
 */
export function timesOver(evidence: Evidence, queue: SeenQueue): (key: number) => TimeIsOver {
  const lifo = queue.pool.admission.adaptiveLifo
  const overload = lifo && overloadOf(evidence, queue, lifo.intervalMs)
  return (key) => {
    const overloaded = overload?.onArrival.get(key) ?? 'no'
    const long = timeIsOver(evidence, queue, key, lifo?.intervalMs)
    if (overloaded === 'no') return { earliest: long, latest: long, overloaded }
    const short = timeIsOver(evidence, queue, key, lifo!.targetMs)
    if (overloaded === 'yes') return { earliest: short, latest: short, overloaded }
    return { earliest: Math.min(short, long), latest: Math.max(short, long), overloaded }
  }
}

/** Whether any request may wait on in a pool's queues after its timeout. */
export function delaysTimedOut({ pool }: PromisedQueue, { classes }: ServingPlan): boolean {
  return classes.some((promised) => waitingTime(pool, promised).waitsOn)
}
