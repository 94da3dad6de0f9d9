import { arrivalParts, type Pool, type Scenario } from '../../../scenarios/schema/schema.ts'
import type { Ms } from '../../serving/index.ts'

/**
 * The least time in which a request of a class may end without being served, ms: its client then
 * goes on without taking any capacity. Infinity where each request is served.
 */
export function leastUnservedMs(scenario: Scenario, index: number): Ms {
  return mayBeRefused(scenario) ? 0 : leastTimeoutMs(scenario.traffic[index]!.timeout_ms)
}

/** Whether the queue of a pool may refuse a request, or drop it. */
export function isBounded(pool: Pool): boolean {
  return pool.queue.max_length !== undefined || mayDrop(pool)
}

/** The same where the length of its queue has no limit. */
function mayDrop({ queue, admission, batching }: Pool): boolean {
  const { timeout_ms, timeout_action, levels } = queue
  const dropped = timeout_ms !== undefined && timeout_action !== 'delay'
  const shed = Object.values(admission).some((rule) => rule !== undefined)
  return Object.keys(levels).length > 0 || dropped || shed || batching.policy === 'cork'
}

/** Whether requests may end at once, unserved. In doubt they may. */
function mayBeRefused({ traffic, pools, failures, networks, racks, tuning }: Scenario): boolean {
  if (failures ?? networks ?? racks ?? tuning) return true
  if (pools.some((pool) => mayDrop(pool) || mayFail(pool))) return true
  const room = Math.min(...pools.map(({ queue }) => queue.max_length ?? Number.POSITIVE_INFINITY))
  return mostWaiting(traffic) > room
}

/** Replicas may be away or ejected, and some requests may fit into none. */
function mayFail(pool: Pool): boolean {
  const { circuit_breakers, outlier_detection, memory, generation, scaling } = pool
  return (circuit_breakers ?? outlier_detection ?? memory ?? generation ?? scaling) !== undefined
}

/**
 * The most requests that wait at once; Infinity for no bound. A user of a closed loop has one
 * request at a time, in parts. There is no bound where the request stays after its user has left,
 * or where it has copies.
 */
function mostWaiting(traffic: Scenario['traffic']): number {
  let sum = 0
  for (const { arrivals, fan_out, timeout_ms, cancel, hedge } of traffic) {
    const stays = (timeout_ms !== undefined && !cancel) || hedge !== undefined
    for (const part of arrivalParts(arrivals)) {
      if (stays || !('users' in part)) return Number.POSITIVE_INFINITY
      sum += fan_out * part.users
    }
  }
  return sum
}

function leastTimeoutMs(timeout: Scenario['traffic'][number]['timeout_ms']): Ms {
  if (timeout === undefined) return Number.POSITIVE_INFINITY
  if (typeof timeout === 'number') return timeout
  if (timeout.distribution === 'fixed') return timeout.value
  return timeout.distribution === 'uniform' ? timeout.min : 0
}
