import { PerformanceObserver } from 'node:perf_hooks'

/** Garbage collections of a thread. */
export interface ThreadCollections {
  readonly gcMs: number
  readonly gcCount: number
}

/** Counts the garbage collections of the calling thread from now on. */
export function watchCollections(): () => ThreadCollections {
  let gcMs = 0
  let gcCount = 0
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      gcMs += entry.duration
      gcCount++
    }
  }).observe({ entryTypes: ['gc'] })
  return () => ({ gcMs, gcCount })
}
