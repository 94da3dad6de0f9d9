import { checkRestarts } from './check-failures.ts'
import type { Draft, PoolDraft } from './draft.ts'
import { checkLimits } from './ordered.ts'

/** Checks pools whose number of replicas changes. */
export function checkScaling(draft: Draft): void {
  for (const pool of draft.pools) {
    if (pool.scaling === null) continue
    checkReplicas(pool, draft)
    checkParts(pool, draft)
    for (const key of ['start_s', 'warm_start_s'] as const) {
      checkLimits(pool.scaling[key], [...pool.path, 'scaling', key], draft)
    }
    checkMetrics(pool, draft)
  }
}

function checkReplicas({ path, scaling }: PoolDraft, draft: Draft): void {
  const stated = draft.stated([...path, 'replicas'])
  // a kept scenario has the most replicas filled in
  if (stated === undefined || stated === scaling!.max) return
  draft.unused([...path, 'replicas'], 'scaling.initial and scaling.max say how many there are')
}

function checkParts(pool: PoolDraft, draft: Draft): void {
  const why = `the replicas of pool ${pool.name} start and stop`
  for (const key of ['heat', 'card'] as const) {
    draft.unused([...pool.path, key], `${why}, which is not simulated together`)
  }
  if (pool.memory !== null && !draft.generates(pool)) {
    draft.unused([...pool.path, 'memory'], `${why}, which its memory model does not cover`)
  }
  checkRestarts(pool, draft, why)
  for (const [i, failure] of draft.failures.entries()) {
    if (failure?.kind !== 'deployment') continue
    if (!(failure.pools?.includes(pool.name ?? '') ?? true)) continue
    const at = ['failures', i, draft.has(['failures', i, 'pools']) ? 'pools' : 'kind']
    draft.refuse(at, `pools that are not scaled, unlike ${pool.name}`)
  }
}

/** Only engines have a KV cache. */
function checkMetrics(pool: PoolDraft, draft: Draft): void {
  if (draft.generates(pool)) return
  const scaling = pool.scaling!
  const at = [...pool.path, 'scaling']
  const other = 'another metric, as only pools with generation have a KV cache'
  if (scaling.policy === 'hpa') {
    for (const [i, { metric }] of scaling.metrics.entries()) {
      if (metric === 'kv_usage') draft.refuse([...at, 'metrics', i, 'metric'], other)
    }
  } else if (scaling.policy === 'keda' && scaling.metric === 'kv_usage') {
    draft.refuse([...at, 'metric'], other)
  } else if (scaling.policy === 'saturation') {
    draft.refuse([...at, 'policy'], 'another policy, as only pools with generation have a KV cache')
  }
}
