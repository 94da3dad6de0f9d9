import { z } from 'zod'

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
  const of = (verdict: string) => all.filter((one) => one === verdict).length
  return { pass: of('PASS'), undecided: of('UNDECIDED'), fail: of('FAIL') }
}

export interface ErrorAt {
  readonly at: string
  readonly error: number
}

/** Throws where there is no row: a figure of nothing is a fault of the study. */
export function errorsOf(rows: readonly ErrorAt[]): Errors {
  const sorted = [...rows].sort((a, b) => Math.abs(a.error) - Math.abs(b.error))
  const worst = sorted.at(-1)
  if (worst === undefined) throw new Error('Expected at least one row of errors')
  return {
    rows: sorted.length,
    median: middle(sorted.map(({ error }) => Math.abs(error))),
    worst: worst.error,
    worstAt: worst.at,
  }
}

/** The median. */
export function middle(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  if (sorted.length === 0) throw new Error('Expected at least one value')
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}
