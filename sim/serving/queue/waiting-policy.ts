import type { ClassPlan, PoolPlan } from '../plan.ts'
import type { Ms } from '../ports.ts'

/** How long a class may wait in a queue, and what happens then. */
export interface WaitingPolicy {
  readonly timeoutMs: Ms
  readonly action: 'reject' | 'delay'
  /** how many may wait of its priority level */
  readonly maxLevelLength: number
}

/**
 * Triton's ModelQueuePolicy, of the queue or of the class's priority level. A request's own
 * time-out only ever shortens that of the queue; where the queue has none it does not apply.
 */
export function waitingPolicy(pool: PoolPlan, { priority, queueTimeoutMs }: ClassPlan) {
  const level = pool.levels.find((candidate) => candidate.priority === priority)
  const settings = level ?? pool
  const limited = settings.queueTimeoutMs < Number.POSITIVE_INFINITY
  const policy: WaitingPolicy = {
    timeoutMs:
      limited && settings.timeoutOverride
        ? Math.min(settings.queueTimeoutMs, queueTimeoutMs)
        : settings.queueTimeoutMs,
    action: settings.timeoutAction,
    maxLevelLength: level?.maxLength ?? Number.POSITIVE_INFINITY,
  }
  return policy
}
