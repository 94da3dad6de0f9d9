import type { Result } from '../../documents/index.ts'
import { noneCounts } from '../comparison/validity.ts'
import type { RunSummary } from '../figures/run-summary.ts'
import { type ResultHead, type ResultSystem, resultOf } from './result.ts'

/**
 * The result of replays. Its figures are of all of them. Objectives and stability are judged on
 * those that count: the others show what other programs did to the machine. Where none counts,
 * nothing is decided, but an overload stays one: it made the figures, whatever its cause.
 * `spoiled`: the numbers of those that do not count.
 */
export function replaysResult(
  system: ResultSystem,
  runs: readonly RunSummary[],
  head: ResultHead,
  spoiled: readonly number[],
): Result {
  const whole = resultOf(system, runs, head)
  const counted = runs.filter((_, replay) => !spoiled.includes(replay))
  if (counted.length === runs.length) return whole
  if (counted.length > 0) {
    const { objectives, stability } = resultOf(system, counted, head)
    return { ...whole, objectives, stability }
  }
  const { reason } = noneCounts(runs.length, 'replay')
  const { stability } = whole
  const overload = stability.state === 'OVERLOADED'
  const open = { verdict: 'UNDECIDED', deciding_duration_s: null } as const
  return {
    ...whole,
    objectives: whole.objectives.map((one) => {
      return { ...one, ...open, estimate: { ...one.estimate, reason } }
    }),
    stability: overload
      ? { ...stability, reason: `${stability.reason}, though ${reason}` }
      : { ...stability, state: 'UNDECIDED', reason },
  }
}
