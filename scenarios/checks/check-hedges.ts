import type { ClassDraft, Draft } from './draft.ts'

/** Checks that copies of requests have replicas to go to, and rules that do not exclude them. */
export function checkHedges(draft: Draft): void {
  for (const traffic of draft.classes) {
    const { hedge, path } = traffic
    if (!hedge) continue
    const at = [...path, 'hedge']
    const copies = hedge.policy === 'tied' ? 2 : hedge.max_attempts
    if (hedge.policy === 'hedged') {
      const { after_ms, after_percentile } = hedge
      if (after_ms === undefined && after_percentile === undefined) {
        const text = 'after_ms or after_percentile, which state when a copy is sent'
        draft.refuse(at, text, 'neither')
      } else if (after_ms !== undefined && after_percentile !== undefined) {
        draft.unused([...at, 'after_percentile'], 'after_ms states the delay')
      }
    }
    if (draft.has(['places']) || draft.has(['link'])) {
      const why = 'over networks each failure is known to the client later, and none is fatal'
      draft.unused([...at, 'non_fatal'], why)
    }
    if (draft.has([...path, 'retry'])) {
      draft.unused([...path, 'retry'], 'a class has either retry or hedge, as in gRPC')
    }
    checkPools(traffic, copies, draft)
  }
}

function checkPools(traffic: ClassDraft, copies: number, draft: Draft): void {
  const at = [...traffic.path, 'hedge']
  for (const { name, queue, replicas } of draft.poolsOf(traffic)) {
    if (queue?.mode === 'shared') {
      const why = `the replicas of pool ${name} share a queue; a copy needs queue.mode per-replica`
      draft.unused(at, why)
    } else if (replicas !== null && replicas < copies) {
      draft.unused(at, `pool ${name} has ${replicas} replicas for ${copies} copies of a request`)
    }
  }
}
