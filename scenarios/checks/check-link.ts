import type { Draft } from './draft.ts'

/** Checks that models are declared: a link can only be simulated. */
export function checkLink(draft: Draft): void {
  const { link, pools } = draft
  if (link === null) return
  const leastMs = link.delay_ms + link.per_request_ms
  if (leastMs === 0) draft.refuse(['link'], 'a time above 0', 'a link that takes none')
  for (const { path, deadlineMs } of draft.classes) {
    if (deadlineMs == null || deadlineMs > leastMs) continue
    const key = draft.has([...path, 'deadline_ms']) ? 'deadline_ms' : 'timeout_ms'
    draft.refuse([...path, key], `more than the ${leastMs} ms of the link`)
  }
  for (const pool of pools) {
    const model = draft.modelOf(pool)
    if (!model || 'work' in model) continue
    draft.unused(['link'], `it can only be simulated, and the model of pool ${pool.name} runs live`)
  }
}
