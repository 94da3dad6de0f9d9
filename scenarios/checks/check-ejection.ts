import { refuseParts } from './check-clients.ts'
import type { Draft, PoolDraft } from './draft.ts'

/** Checks pools whose router passes over replicas that failed requests. */
export function checkEjection(draft: Draft): void {
  for (const pool of draft.pools) {
    if (!draft.has([...pool.path, 'outlier_detection'])) continue
    checkReplicas(pool, draft)
    checkHandOver(pool, draft)
    checkTimes(pool, draft)
  }
}

function checkReplicas(pool: PoolDraft, draft: Draft): void {
  const path = [...pool.path, 'outlier_detection']
  const { queue, replicas, name } = pool
  if (queue !== null && queue.mode !== 'per-replica') {
    const why = `the replicas of pool ${name} share a queue, so no router chooses one`
    draft.unused(path, `${why}; set queue.mode to per-replica to have one`)
    return
  }
  if (replicas === 1) {
    draft.unused(path, `pool ${name} has no other replica; or set its replicas to 2 or more`)
  }
  refuseParts(`pool ${name} has outlier_detection`, draft)
}

function checkHandOver({ path: at, name, handOver }: PoolDraft, draft: Draft): void {
  const path = [...at, 'outlier_detection']
  if (handOver !== null) {
    draft.unused(path, `requests of pool ${name} end in another pool, to which it hands them over`)
  } else if (name !== null && draft.decodePools.includes(name)) {
    draft.unused(path, `requests reach pool ${name} by KV transfer, not by a router`)
  }
}

function checkTimes(pool: PoolDraft, draft: Draft): void {
  const { outlier_detection: ejection } = pool
  const path = [...pool.path, 'outlier_detection']
  if (ejection?.policy === 'envoy-outlier') {
    const { base_ejection_time_s: base, max_ejection_time_s: most = base } = ejection
    if (most >= base) return
    draft.refuse([...path, 'max_ejection_time_s'], `at least base_ejection_time_s ${base}`)
  } else if (ejection !== null) {
    const { min_penalty_s: least, max_penalty_s: most } = ejection
    if (most < least) draft.refuse([...path, 'max_penalty_s'], `at least min_penalty_s ${least}`)
  }
}
