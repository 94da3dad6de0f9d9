import type { Draft, Report } from './draft.ts'

/** Checks that models are declared: a link can only be simulated. */
export function checkLink(draft: Draft, report: Report): void {
  const { link, models, pools } = draft
  if (link === null) return
  if (link.delay_ms + link.per_request_ms === 0) {
    report('value', ['link'], 'a time above 0, got a link that takes none')
  }
  const leastMs = link.delay_ms + link.per_request_ms
  for (const { path, deadlineMs } of draft.classes) {
    if (deadlineMs == null || deadlineMs > leastMs) continue
    const key = draft.has([...path, 'deadline_ms']) ? 'deadline_ms' : 'timeout_ms'
    report('value', [...path, key], `more than the ${leastMs} ms of the link, got ${deadlineMs}`)
  }
  for (const { name, model } of pools) {
    const definition = model === null ? null : models.get(model)
    if (!definition || 'work' in definition) continue
    const text = `no link beside a model that can run live, such as that of pool ${name}`
    report('key', ['link'], `${text}, got "link"`)
  }
}
