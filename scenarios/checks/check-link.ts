import type { Draft } from './draft.ts'

/** Checks that a link takes time, and less than clients wait. */
export function checkLink(draft: Draft): void {
  const { link } = draft
  if (link === null) return
  const leastMs = link.delay_ms + link.per_request_ms
  if (leastMs === 0) draft.refuse(['link'], 'a time above 0', 'a link that takes none')
  for (const { path, deadlineMs } of draft.classes) {
    if (deadlineMs == null || deadlineMs > leastMs) continue
    const key = draft.has([...path, 'deadline_ms']) ? 'deadline_ms' : 'timeout_ms'
    draft.refuse([...path, key], `more than the ${leastMs} ms of the link`)
  }
}
