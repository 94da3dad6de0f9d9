import { decodePools } from './check-class-models.ts'
import type { Draft, PoolDraft } from './draft.ts'

/** Checks pools whose router passes over replicas that failed requests. */
export function checkEjection(draft: Draft): void {
  const decoding = decodePools(draft)
  for (const pool of draft.pools) {
    if (!draft.has([...pool.path, 'outlier_detection'])) continue
    checkReplicas(pool, draft)
    checkHandOver(pool, decoding, draft)
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
  for (const one of draft.classes) {
    if ((one.fan_out ?? 1) === 1) continue
    const why = `pool ${name} has outlier_detection, and each part needs a replica of its own`
    draft.unused([...one.path, 'fan_out'], why)
  }
}

function checkHandOver(pool: PoolDraft, decoding: readonly string[], draft: Draft): void {
  const path = [...pool.path, 'outlier_detection']
  const { generation, name } = pool
  const handsOver = generation?.policy === 'continuous' && generation.hand_over
  if (handsOver) {
    draft.unused(path, `requests of pool ${name} end in another pool, to which it hands them over`)
  } else if (name !== null && decoding.includes(name)) {
    draft.unused(path, `requests reach pool ${name} by KV transfer, not by a router`)
  }
}

function checkTimes(pool: PoolDraft, draft: Draft): void {
  const { outlier_detection: own } = pool
  const path = [...pool.path, 'outlier_detection']
  if (own?.policy === 'envoy-outlier') {
    const { base_ejection_time_s: base, max_ejection_time_s: most = base } = own
    if (most >= base) return
    draft.refuse([...path, 'max_ejection_time_s'], `at least base_ejection_time_s ${base}`)
  } else if (own !== null && own.max_penalty_s < own.min_penalty_s) {
    draft.refuse([...path, 'max_penalty_s'], `at least min_penalty_s ${own.min_penalty_s}`)
  }
}
