import { meanWithError, studentTCdf } from '../../stats/index.ts'
import type { ObjectiveFigure } from '../result/objectives.ts'
import { type StatedObjective, scaled } from './plan-verdict.ts'

/** The chance of a false alarm for one pair of configurations and one objective. */
const CHANCE = 0.005
/** A smaller change says nothing about which configuration is feasible. */
const LEAST_CHANGE = 0.01

/** An objective that more replicas make worse. */
export interface AgainstMonotone {
  readonly class: string
  readonly text: string
  /** relative change of the figure with more replicas; of a goodput the loss */
  readonly change: number
}

/**
 * The first objective that is worse with more replicas than with fewer, by a t test on the
 * differences of the same replications, which served the same requests; null without evidence.
 */
export function againstMonotone(
  stated: readonly StatedObjective[],
  fewer: readonly (readonly ObjectiveFigure[])[],
  more: readonly (readonly ObjectiveFigure[])[],
): AgainstMonotone | null {
  const n = Math.min(fewer.length, more.length)
  for (const [i, { class: name, text, objective }] of stated.entries()) {
    const sign = objective.kind === 'goodput' ? -1 : 1
    const on = (runs: typeof fewer, r: number) => sign * scaled(objective, runs[r]![i]!.value)
    const worse = Array.from({ length: n }, (_, r) => on(more, r) - on(fewer, r))
    // requests are lost without end on both sides, or were not observed
    if (worse.some(Number.isNaN)) continue
    const change = meanChange(worse)
    if (change < LEAST_CHANGE || !isSure(worse)) continue
    return { class: name, text, change: sign > 0 ? Math.exp(change) - 1 : change }
  }
  return null
}

const meanChange = (worse: readonly number[]) => worse.reduce((a, b) => a + b, 0) / worse.length

function isSure(worse: readonly number[]): boolean {
  const [first] = worse
  if (worse.length < 2) return false
  if (worse.every((value) => value === first)) return first! > 0
  if (!worse.every(Number.isFinite)) return worse.every((value) => value > 0)
  const { mean, standardError } = meanWithError(worse)
  return studentTCdf(-mean / standardError, worse.length - 1) < CHANCE
}
