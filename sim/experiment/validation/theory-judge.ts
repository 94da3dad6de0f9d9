import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { accept, meanWithError } from '../../stats/index.ts'
import { type TheoryRun, theoryRun } from './theory-run.ts'

/** A value of theory, or bounds strictly between which the figure lies. */
export type Theory = number | { readonly above: number; readonly below: number }

/** One figure of a model: its value in theory, and its estimate from a replication. */
export interface TheoryFigure {
  readonly name: string
  readonly theory: Theory
  readonly of: (run: TheoryRun) => number
}

/** A model with known figures; `exact` where nothing is random. */
export interface TheoryCase {
  readonly model: string
  readonly scenario: Scenario
  readonly figures: readonly TheoryFigure[]
  readonly exact?: boolean
}

/** One line of the validation table. */
export interface TheoryRow {
  readonly model: string
  readonly figure: string
  readonly estimate: number
  /** half-width of the 95 % t interval over replications */
  readonly halfWidth: number
  readonly theory: Theory
  /** distance from theory in standard errors; for bounds, from the nearer one */
  readonly z: number
  /** null where simulation and theory agree */
  readonly problem: string | null
}

/** Values of each figure of a case, one for each replication from the first on. */
export function simulateCase(theoryCase: TheoryCase, replications: number, first = 0): number[][] {
  const values: number[][] = theoryCase.figures.map(() => [])
  for (let i = 0; i < (theoryCase.exact ? 2 : replications); i++) {
    const run = theoryRun(theoryCase.scenario, first + i)
    theoryCase.figures.forEach((figure, k) => {
      values[k]!.push(figure.of(run))
    })
  }
  return values
}

/** Judges one figure by its values in independent replications. */
export function judge(
  model: string,
  figure: Pick<TheoryFigure, 'name' | 'theory'>,
  values: readonly number[],
): TheoryRow {
  const { mean, standardError, halfWidth } = meanWithError(values)
  const { theory } = figure
  const row = { model, figure: figure.name, estimate: mean, halfWidth, theory }
  const trial = {
    name: `${model}, ${figure.name}`,
    estimate: mean,
    standardError,
    halfWidth95: halfWidth,
  }
  if (typeof theory === 'number') {
    const { z, problem } = accept({ ...trial, theory })
    return { ...row, z, problem }
  }
  const fromBelow = (mean - theory.above) / standardError
  const fromAbove = (theory.below - mean) / standardError
  const z = Math.min(fromBelow, fromAbove)
  // precise relative to itself, and significantly far from both bounds
  const { problem: vague } = accept({ ...trial, theory: mean })
  const within = `${trial.name}: ${mean} ± ${halfWidth} within ${theory.above} and ${theory.below}`
  return { ...row, z, problem: z > 4 ? vague : `${within} by ${z.toFixed(1)} standard errors only` }
}
