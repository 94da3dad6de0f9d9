import type { QueueView } from './index.ts'

/** A queue of one batch group as its policy sees it: all arrived at 0 and have no deadline. */
export function viewOf(changes: Partial<QueueView>): QueueView {
  const view = {
    length: 1,
    oldestKey: 0,
    oldestEnqueued: 0,
    newestEnqueued: 0,
    windowCloses: 0,
    ending: false,
    hasFreeExecutor: true,
    groups: [],
    firstDeadline: Number.POSITIVE_INFINITY,
    computed: changes.length ?? 1,
    ...changes,
  }
  return { ...view, groups: changes.groups ?? [view] }
}
