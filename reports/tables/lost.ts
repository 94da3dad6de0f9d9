import type { Counts } from '../../sim/documents/index.ts'
import { percent } from '../format.ts'

/** Below this share of lost requests, figures of served requests are those of all. */
const FEW = 0.001

/** The share of requests that ended without being served in time. */
export function lostShare(counts: readonly Counts[]): number {
  const sum = (key: keyof Counts) => counts.reduce((total, ofClass) => total + ofClass[key], 0)
  const arrived = sum('arrived')
  return arrived > 0 ? 1 - (sum('served') + sum('in_flight')) / arrived : 0
}

/** "20 % of the requests were not served"; null where hardly any was lost. */
export function lostText(counts: readonly Counts[]): string | null {
  const share = lostShare(counts)
  return share > FEW ? `${percent(share)} of the requests were not served` : null
}
