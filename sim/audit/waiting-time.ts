import type { Evidence } from './evidence.ts'
import type { ClassPromises, PoolPromises, PromisedQueue, Promises } from './promises.ts'

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

/** When the time of a request is over that waits in a queue of a pool; Infinity for never. */
export function timeIsOver({ rows, classOf }: Evidence, { pool }: PromisedQueue, key: number) {
  const own = classOf(key)
  const onTimeOut = rows.sent[key]! + waitingTime(pool, own).limitMs
  return own.cancels ? Math.min(onTimeOut, rows.leaves[key]!) : onTimeOut
}

/** Whether somebody may wait on in a pool's queues after their time is over. */
export function somebodyWaitsOn({ pool }: PromisedQueue, { classes }: Promises): boolean {
  return classes.some((own) => waitingTime(pool, own).waitsOn)
}
