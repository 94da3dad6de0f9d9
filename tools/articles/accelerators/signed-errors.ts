import { median } from 'simple-statistics'
import { largest } from '../../../reports/charts/frame.ts'
import { fixed, signedPercent } from '../../../reports/format.ts'

/** A relative error, predicted over published less 1, and its row. */
export interface RowError {
  readonly row: string
  readonly error: number
}

export interface ErrorFigures {
  readonly rows: number
  /** of the magnitudes */
  readonly median: number
  /** signed median: a common direction of the errors */
  readonly bias: number
  readonly worst: RowError
}

export function errorFigures(errors: readonly RowError[]): ErrorFigures {
  return {
    rows: errors.length,
    median: median(errors.map(({ error }) => Math.abs(error))),
    bias: median(errors.map(({ error }) => error)),
    worst: largest(errors, ({ error }) => Math.abs(error))!,
  }
}

/** "1.0 %, leaning +0.4 %". */
export function medianText({ median, bias }: ErrorFigures): string {
  return `${fixed(100 * median, 1)} %, leaning ${signedPercent(bias)}`
}

/** "1.0 %, leaning +0.4 %, worst −3.7 % at 512". */
export function errorText(figures: ErrorFigures): string {
  const { error, row } = figures.worst
  return `${medianText(figures)}, worst ${signedPercent(error)} at ${row}`
}
