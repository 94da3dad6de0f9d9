import { z } from 'zod'
import type { TheoryRow } from '../../../sim/experiment/index.ts'
import { count, errors, errorsOf, middle } from './parts.ts'

/** Simulation against closed forms, and how often 95 % intervals hold the true value. */
export const validationFigures = z.strictObject({
  closedForms: z.strictObject({
    figures: count,
    agree: count,
    /** distance from theory where it is one value, relative */
    errors,
    /** median half-width of the 95 % intervals of those figures, relative */
    floor: z.number(),
  }),
  coverage: z.strictObject({
    cases: count,
    /** cases in which 93 to 97 % of the intervals hold the true value */
    honest: count,
    /** intervals of a case */
    trials: count,
    median: z.number(),
    /** the case that is furthest from 95 %; `warned`: share of its results that have a warning */
    worst: z.strictObject({ name: z.string(), covered: z.number(), warned: z.number() }),
  }),
})
export type ValidationFigures = z.infer<typeof validationFigures>

export interface Coverage {
  readonly name: string
  readonly covered: number
  readonly warned?: number
}

const NOMINAL = 0.95

export function figuresOfValidation(
  rows: readonly TheoryRow[],
  coverage: readonly Coverage[],
  of: { readonly trials: number; readonly least: number; readonly most: number },
): ValidationFigures {
  const values = rows.flatMap(({ theory, ...row }) =>
    typeof theory === 'number' ? [{ ...row, theory }] : [],
  )
  const off = ({ covered }: Coverage) => Math.abs(covered - NOMINAL)
  const worst = coverage.reduce((a, b) => (off(b) > off(a) ? b : a))
  return {
    closedForms: {
      figures: rows.length,
      agree: rows.filter(({ problem }) => problem === null).length,
      errors: errorsOf(
        values.map(({ model, figure, estimate, theory }) => {
          return { at: `${model}, ${figure}`, error: estimate / theory - 1 }
        }),
      ),
      floor: middle(values.map(({ halfWidth, theory }) => halfWidth / theory)),
    },
    coverage: {
      cases: coverage.length,
      honest: coverage.filter(({ covered }) => covered >= of.least && covered <= of.most).length,
      trials: of.trials,
      median: middle(coverage.map(({ covered }) => covered)),
      worst: { name: worst.name, covered: worst.covered, warned: worst.warned ?? 0 },
    },
  }
}
