import { largest } from '../../reports/charts/frame.ts'
import type { ExecutorWork } from '../../sim/experiment/index.ts'
import { canRun, type Mutant, type MutantContext, runMutated } from './mutant.ts'

export type CheckKind = 'structure' | 'prediction' | 'what-if'

/** Error of a check at percentile `p`, relative and signed: simulated over measured, less 1. */
export interface PercentileError {
  /** the requests that the percentile is of: all, or those that met no stall */
  readonly of: 'all' | 'stall-free'
  readonly p: number
  readonly error: number
}

/** One check of one scenario, which can be run with any mutant. */
export interface MutantCase {
  /** the scenario, or the change of a scenario */
  readonly name: string
  readonly check: CheckKind
  readonly context: MutantContext
  /**
   * Runs the check. `work` is the work that its simulator assumes for the executors; `simulated` is
   * shared by all cases of a mutant.
   */
  readonly errors: (
    work: readonly ExecutorWork[],
    simulated: SimulatedFigures,
  ) => readonly PercentileError[]
}

/** Figures of a mutant's simulations that several cases have in common, by their names. */
export type SimulatedFigures = Map<string, readonly number[]>

export interface MatrixRow extends PercentileError {
  readonly mutant: string
  readonly case: string
  readonly check: CheckKind
}

/** Every mutant in every case that it can run in, at every percentile. */
export function matrix(mutants: readonly Mutant[], cases: readonly MutantCase[]): MatrixRow[] {
  return mutants.flatMap((mutant) => {
    const simulated: SimulatedFigures = new Map()
    return cases
      .filter(({ context }) => canRun(mutant, context))
      .flatMap(({ name, check, context, errors }) =>
        runMutated(mutant, context, (work) => errors(work, simulated)).map((at) => ({
          mutant: mutant.name,
          case: name,
          check,
          ...at,
        })),
      )
  })
}

/** The row with the largest error; null if there is none. */
export function largestError<Row extends { readonly error: number }>(
  rows: readonly Row[],
): Row | null {
  return largest(rows, ({ error }) => Math.abs(error)) ?? null
}
