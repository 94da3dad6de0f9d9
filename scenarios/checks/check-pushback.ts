import type { ClassDraft, Draft, PoolDraft } from './draft.ts'

/** Checks that a pushback has an effect: the pool sheds, and a client reacts to it. */
export function checkPushback(draft: Draft): void {
  for (const pool of draft.pools) {
    const pushbackMs = pool.admission?.retry_pushback_ms
    if (pushbackMs === undefined) continue
    const at = [...pool.path, 'admission', 'retry_pushback_ms']
    if (!sheds(pool)) {
      const limits =
        'admission.concurrency, priority, deadline or token_bucket, or queue.max_length'
      draft.unused(at, `the pool refuses no request; it may with ${limits}`)
    } else if (!draft.classesOf(pool).some((traffic) => reacts(traffic, pushbackMs, draft))) {
      const keys = 'retry, or hedge with policy hedged'
      draft.unused(at, `no class of the pool has ${keys}, that sends again what was shed`)
    }
  }
}

/** Whether the pool may refuse a request on arrival; true where that cannot be read. */
function sheds({ admission, queue }: PoolDraft): boolean {
  const { priority, deadline, concurrency, token_bucket } = admission!
  const controls = [priority, deadline, concurrency, token_bucket]
  if (queue === null || controls.some((control) => control !== undefined)) return true
  const bounds = [queue, ...Object.values(queue.levels)]
  return bounds.some(({ max_length }) => max_length !== undefined)
}

/** Whether a pushback changes what clients of a class send; true where that cannot be read. */
function reacts({ path, retry, hedge }: ClassDraft, pushbackMs: number, draft: Draft): boolean {
  if (retry) return retry.retry_on?.includes('shed') !== false
  if (hedge?.policy === 'hedged') {
    const counts = hedge.throttling !== undefined && pushbackMs < 0
    return hedge.non_fatal?.includes('shed') !== false || counts
  }
  return hedge === null && (draft.has([...path, 'retry']) || draft.has([...path, 'hedge']))
}
