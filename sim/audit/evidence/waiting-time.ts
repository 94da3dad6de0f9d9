import type { ClassPromises, PoolPromises, PromisedQueue, Promises } from '../promises/promises.ts'
import { type Overloaded, overloadOf } from '../rules/queue/overload.ts'
import type { Evidence, SeenQueue } from './evidence.ts'

/** What a pool promises a class that waits in a queue of it. */
export interface WaitingTime {
  /** how long; Infinity for ever */
  readonly limitMs: number
  /** whether it may wait on after that, behind the others of its level */
  readonly waitsOn: boolean
}

/**
 * As Triton's model configuration has it: a level's policy stands in for that of the queue, and a
 * request's own time-out counts only where overriding is allowed, there is a time-out, and it is
 * the shorter one.
 */
export function waitingTime(pool: PoolPromises, own: ClassPromises): WaitingTime {
  const policy = pool.levels.find(({ priority }) => priority === own.priority) ?? pool
  const waitsOn = policy.timeoutAction === 'delay'
  const common = policy.queueTimeoutMs
  const overrides =
    policy.timeoutOverride && common < Number.POSITIVE_INFINITY && own.queueTimeoutMs < common
  return { limitMs: overrides ? own.queueTimeoutMs : common, waitsOn }
}

/** When the time of a request is over that waits: no earlier, no later; Infinity for never. */
export interface TimeIsOver {
  readonly earliest: number
  readonly latest: number
  /** when it came */
  readonly overloaded: Overloaded
}

/** When the time of a request is over, if no wait may be longer than that; Infinity for never. */
export function timeIsOver(
  { rows, classOf }: Evidence,
  { pool }: PromisedQueue,
  key: number,
  mostMs = Number.POSITIVE_INFINITY,
): number {
  const own = classOf(key)
  const onTimeOut = rows.sent[key]! + Math.min(waitingTime(pool, own).limitMs, mostMs)
  return own.cancels ? Math.min(onTimeOut, rows.leaves[key]!) : onTimeOut
}

/** Of a queue. The two differ where nobody can tell whether a request came in overload. */
export function timesOver(seen: Evidence, queue: SeenQueue): (key: number) => TimeIsOver {
  const lifo = queue.pool.admission.adaptiveLifo
  const overload = lifo && overloadOf(seen, queue, lifo.intervalMs)
  return (key) => {
    const overloaded = overload?.onArrival.get(key) ?? 'no'
    const long = timeIsOver(seen, queue, key, lifo?.intervalMs)
    if (overloaded === 'no') return { earliest: long, latest: long, overloaded }
    const short = timeIsOver(seen, queue, key, lifo!.targetMs)
    if (overloaded === 'yes') return { earliest: short, latest: short, overloaded }
    return { earliest: Math.min(short, long), latest: Math.max(short, long), overloaded }
  }
}

/** Whether somebody may wait on in a pool's queues after their time is over. */
export function somebodyWaitsOn({ pool }: PromisedQueue, { classes }: Promises): boolean {
  return classes.some((own) => waitingTime(pool, own).waitsOn)
}
