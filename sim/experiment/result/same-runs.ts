import type { RunSummary } from '../../stats/index.ts'

/**
 * The note for runs that are identical, request by request, as with a trace and constant work:
 * there is no variance, so no interval. Null where runs differ.
 */
export function sameRuns(runs: readonly RunSummary[]): string | null {
  const [first, ...others] = runs.map(({ requests, all, tail, classes, pools }) =>
    JSON.stringify({ requests, all, tail, classes, pools }),
  )
  if (others.length === 0 || others.some((run) => run !== first)) return null
  const same = `all ${runs.length} replications are the same, as nothing random made a difference`
  return `${same}: figures are exact for these requests, and say nothing of others`
}
