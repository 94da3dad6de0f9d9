import type { Candidate } from './plan-chains.ts'
import type { JudgedRun, PlanFound, PlanTask, Tried } from './plan-task.ts'

/** A search over draws of inputs that are not known, after that at the stated inputs. */
export interface DrawTask<Run extends JudgedRun> {
  readonly plan: PlanTask<Run>
  /** what that search has found */
  readonly stated: PlanFound<Run>
  /** draws that each configuration begins with, a power of 2, and the most that one gets */
  readonly least: number
  readonly most: number
  /** most runs of a draw of a configuration; it has no more than at the stated inputs */
  readonly replications: number
  /** the probability with which a configuration has to hold every objective */
  readonly confidence: number
  /**
   * of each draw, the runs of a candidate with the seeds of its first ones; null for a draw that
   * cannot be simulated
   */
  readonly draw: (
    candidate: Candidate,
    draws: readonly number[],
    replications: number,
  ) => Promise<readonly (readonly Run[] | null)[]>
  /**
   * the runs of a candidate at the stated inputs as its draws are judged: without the longest times
   * of transfers, where the draws have these
   */
  readonly statedRuns: (candidate: Candidate, runs: readonly Run[]) => Promise<readonly JudgedRun[]>
  /**
   * what a candidate costs in a draw, null where that is not known; null where no draw changes any
   * cost
   */
  readonly costIn: ((candidate: Candidate, draw: number) => Promise<number | null>) | null
  readonly onProgress?: ((done: number, of: number) => void) | undefined
}

/** A candidate over draws of the inputs. */
export interface DrawnCandidate {
  readonly candidate: Candidate
  /** draws in which it was simulated, or follows from another candidate of its chain */
  readonly draws: number
  /** that it holds every objective; null where it was left before all draws, or never asked for */
  readonly pHolds: number | null
  /** that it holds and nothing cheaper that was drawn does, too; null where that was not asked */
  readonly pCheapest: number | null
}

/** Both searches together. */
export interface DrawsFound<Run> {
  /**
   * as at the stated inputs, with what was simulated since; the winner is the cheapest candidate
   * that holds as surely as it has to, or null
   */
  readonly found: PlanFound<Run>
  /** the winner at the stated inputs */
  readonly stated: Tried<Run>
  readonly drawn: readonly DrawnCandidate[]
}
