import { REFUSAL } from '../ports.ts'
import { admissionControl } from './control.ts'

/**
 * Envoy's thresholds on requests (circuit_breaker.proto): while `maxPendingRequests` wait for a
 * replica, or `maxRequests` are at the replicas, further ones are refused at once. A queue of a
 * replica's own is at the replica, so what waits in it is not pending.
 */
export const circuitBreaker = admissionControl({
  kind: 'circuit-breaker',
  refusal: REFUSAL.overflow,
  of({ admission: { circuitBreaker: thresholds }, perReplicaQueues }) {
    if (thresholds === undefined) return null
    return {
      refuses(_now, _request, place, inPool) {
        const pending = perReplicaQueues ? 0 : place.length
        return isOpen(thresholds, pending, inPool - pending)
      },
    }
  },
})

/** Whether a further request overflows. */
export const isOpen = (
  thresholds: { readonly maxPendingRequests: number; readonly maxRequests: number },
  pending: number,
  atReplicas: number,
): boolean => pending >= thresholds.maxPendingRequests || atReplicas >= thresholds.maxRequests
