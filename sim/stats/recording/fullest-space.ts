import type { SpaceCounts, SpaceSummary } from './space-recorder.ts'

/**
 * A pool whose replicas have dedicated devices: the figures of the fullest replica, the counts of
 * all, and the series and map of the first. Throws where there is no replica.
 */
export function fullestSpace(replicas: readonly SpaceSummary[]): SpaceSummary {
  const first = replicas[0]
  if (first === undefined) throw new RangeError('Expected a replica, got none')
  let fullest = first
  const counts: SpaceCounts = { ...first.counts }
  for (const replica of replicas.slice(1)) {
    if (isFuller(replica, fullest)) fullest = replica
    for (const key of Object.keys(counts) as (keyof SpaceCounts)[]) {
      counts[key] += replica.counts[key]
    }
  }
  return { ...fullest, counts, series: first.series, map: first.map }
}

function isFuller(a: SpaceSummary, b: SpaceSummary): boolean {
  if (a.peakHeld !== b.peakHeld) return a.peakHeld > b.peakHeld
  return a.peakInUse > b.peakInUse
}
