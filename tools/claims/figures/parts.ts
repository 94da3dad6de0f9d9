import { median } from 'simple-statistics'
import { z } from 'zod'
import { fixed, signedPercent } from '../../../reports/format.ts'

/** Parts of figures that several studies have. Shares and errors are relative, 0.01 for 1 %. */

export const count = z.number().int().nonnegative()

/** How many have each verdict. */
export const verdicts = z.strictObject({ pass: count, undecided: count, fail: count })

/** Errors of several rows: the median of their sizes, and the signed error of the worst. */
export const errors = z.strictObject({
  rows: count,
  median: z.number().nonnegative(),
  worst: z.number(),
  worstAt: z.string(),
})
export type Errors = z.infer<typeof errors>

/** Counts verdicts. */
export function tally(all: readonly string[]): z.infer<typeof verdicts> {
  const of = (verdict: string) => all.filter((candidate) => candidate === verdict).length
  return { pass: of('PASS'), undecided: of('UNDECIDED'), fail: of('FAIL') }
}

/** A relative error, signed, and where it was found. */
export interface ErrorAt {
  readonly at: string
  readonly error: number
}

export interface ErrorFigures {
  readonly rows: number
  /** of the magnitudes */
  readonly median: number
  /** signed median: a common direction of the errors */
  readonly bias: number
  readonly worst: ErrorAt
}

/** Throws where there is no row: a figure of nothing is a fault of the study. */
export function errorFigures(errors: readonly ErrorAt[]): ErrorFigures {
  return {
    rows: errors.length,
    median: middle(errors.map(({ error }) => Math.abs(error))),
    bias: middle(errors.map(({ error }) => error)),
    worst: errors.reduce((a, b) => (Math.abs(b.error) > Math.abs(a.error) ? b : a)),
  }
}

/** The same as a record has them. */
export function errorsOf(all: readonly ErrorAt[]): Errors {
  const { rows, median, worst } = errorFigures(all)
  return { rows, median, worst: worst.error, worstAt: worst.at }
}

/** "1.0 %, leaning +0.4 %". */
export const medianText = ({ median, bias }: Pick<ErrorFigures, 'median' | 'bias'>): string =>
  `${tenths(median)}, leaning ${signedPercent(bias)}`

/** "1.0 %, leaning +0.4 %, worst −3.7 % at 512". */
export const errorText = (figures: ErrorFigures): string =>
  `${medianText(figures)}, worst ${signedPercent(figures.worst.error)} at ${figures.worst.at}`

/** A share in percent, to a tenth. */
export const tenths = (share: number): string => `${fixed(100 * share, 1)} %`

/** A share in whole percent. */
export const whole = (share: number): string => `${fixed(100 * share, 0)} %`

/** The median. */
export function middle(values: readonly number[]): number {
  return median([...values])
}
