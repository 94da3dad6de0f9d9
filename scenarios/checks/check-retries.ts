import { checkAdmits } from './check-admission.ts'
import { checkFills } from './check-batching.ts'
import type { Draft, PoolDraft } from './draft.ts'

/** Checks retries by the proxies of pools, and the thresholds of their circuit breakers. */
export function checkRetries(draft: Draft): void {
  for (const pool of draft.pools) {
    if (draft.has([...pool.path, 'retry_policy'])) checkPolicy(pool, draft)
    if (draft.has([...pool.path, 'circuit_breakers'])) checkBreakers(pool, draft)
  }
}

function checkPolicy(pool: PoolDraft, draft: Draft): void {
  const { path, retry_policy: policy, queue } = pool
  const at = [...path, 'retry_policy']
  if (draft.has(['places']) || draft.has(['link'])) {
    const why =
      'no network is between the proxy and its pool; clients retry over networks (`retry`)'
    draft.unused(at, why)
  }
  for (const { hedge, name } of draft.classesOf(pool)) {
    if (!hedge) continue
    draft.unused(at, `class ${name} sends copies, and a request has either retries or copies`)
  }
  if (pool.handOver !== null || draft.decodePools.includes(pool.name ?? '')) {
    draft.unused(at, 'the pool shares its requests with another one by hand_over')
  }
  if (policy === null) return
  if (queue?.mode === 'shared') {
    const why = 'the replicas share a queue, and the next one that is free takes a retry'
    draft.unused([...at, 'avoid_previous_hosts'], why)
  }
  const { base_interval_ms: base, max_interval_ms: most } = policy
  if (most !== undefined && most < base) {
    draft.refuse([...at, 'max_interval_ms'], `at least base_interval_ms ${base}`)
  }
}

function checkBreakers(pool: PoolDraft, draft: Draft): void {
  const { path, circuit_breakers: breakers, queue } = pool
  const at = [...path, 'circuit_breakers']
  const shared = queue?.mode === 'shared'
  if (queue && !shared) {
    const why = 'each replica has a queue, so no request is pending in front; use max_requests'
    draft.unused([...at, 'max_pending_requests'], why)
  }
  if (!draft.has([...path, 'retry_policy'])) {
    for (const key of ['max_retries', 'retry_budget']) {
      draft.unused([...at, key], 'the pool has no retry_policy, so its proxy retries nothing')
    }
  } else if (draft.has([...at, 'retry_budget'])) {
    draft.unused([...at, 'max_retries'], 'retry_budget takes its place, as in Envoy')
  }
  if (breakers === null) return
  const { max_pending_requests: pending, max_requests: most } = breakers
  checkAdmits(most, [...at, 'max_requests'], draft.classes, draft)
  if (shared) checkFills(pending, [...at, 'max_pending_requests'], pool, draft)
  else checkFills(most, [...at, 'max_requests'], pool, draft)
}
