import { sum } from '../../sim/kernel/index.ts'
import { clopperPearson, type Interval, tInterval, within } from '../../sim/stats/index.ts'
import type { KnownMachine } from './machines.ts'
import { FIGURES, type Held } from './planner.ts'

/** How often intervals of many planners hold what is true of their machine. */
export interface CoverageRow {
  readonly machine: string
  /** what the planners left out; null where they know what is not known */
  readonly leftOut: string | null
  readonly planners: number
  /** of each of `FIGURES`, how often the wider interval held the truth */
  readonly wider: readonly Interval[]
  /** the same for the interval of draws */
  readonly draws: readonly Interval[]
  /** draws of the inputs, mean of the planners */
  readonly meanDraws: number
  /** how often the headroom that is answered passes; null where no planner asked for it */
  readonly promised: Interval | null
}

/** So many planners of one machine. */
export interface Planners {
  readonly machine: KnownMachine
  /** what they leave out; null where they know what is not known */
  readonly leftOut: string | null
  readonly planners: number
  /** the first of them that ask for the headroom, too */
  readonly searches: number
}

/** Of negative controls, so many times fewer: what they show is far from 95 %. */
const FEWER = 5

/** The rows of the table: each machine, and what its planners leave out. */
export function rowsOf(
  machines: readonly KnownMachine[],
  { planners, searches }: { readonly planners: number; readonly searches: number },
): Planners[] {
  const fewer = Math.max(2, Math.ceil(planners / FEWER))
  return machines.flatMap((machine) => [
    { machine, leftOut: null, planners, searches },
    ...machine.leftOut.map((leftOut) => {
      return { machine, leftOut, planners: fewer, searches: 0 }
    }),
  ])
}

/**
 * Shares over planners with their intervals: Student's of what each planner's intervals hold, and
 * that of a binomial share where a planner is tried on one truth.
 */
export function coverageRow(
  { machine, leftOut }: Pick<Planners, 'machine' | 'leftOut'>,
  held: readonly Held[],
): CoverageRow {
  const over = (of: (each: Held) => readonly number[]) =>
    FIGURES.map((name, i) => {
      const shares = held.map((each) => of(each)[i]!)
      return name === 'headroom'
        ? clopperPearson(sum(shares), shares.length)
        : within(tInterval(shares), 1)
    })
  const promised = held.flatMap((each) => (each.promised === null ? [] : [each.promised]))
  return {
    machine: machine.name,
    leftOut,
    planners: held.length,
    wider: over(({ wider }) => wider),
    draws: over(({ draws }) => draws),
    meanDraws: sum(held.map(({ drawn }) => drawn)) / held.length,
    promised: promised.length === 0 ? null : within(tInterval(promised), 1),
  }
}
