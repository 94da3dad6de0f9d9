import { median } from 'simple-statistics'
import {
  fitRoofline,
  type MeasuredPass,
  type PassPrediction,
  predictPass,
  type RooflineFit,
  type RooflineShape,
} from './fit-roofline.ts'
import { REGIONS, type Region, regionOf } from './roofline.ts'

/** A measured pass with its prediction by a fit to other passes. */
export interface HeldOut<T extends MeasuredPass = MeasuredPass> {
  readonly row: T
  readonly predicted: PassPrediction
  readonly region: Region
  readonly fold: number
  /** predicted / measured − 1 */
  readonly error: number
}

export interface CrossValidation<T extends MeasuredPass = MeasuredPass> {
  readonly heldOut: readonly HeldOut<T>[]
  /** by fold: the fit to the rows of all other folds */
  readonly fits: readonly RooflineFit[]
}

/**
 * Predicts each fold by a fit to the others; two folds are two halves in turn. Fits search from
 * `start`, a fit to all rows, or else from usual values.
 */
export function crossValidate<T extends MeasuredPass>(
  rows: readonly T[],
  foldOf: (row: T) => number,
  {
    folds,
    start,
    ...shape
  }: RooflineShape & {
    readonly folds: number
    readonly start?: RooflineFit
  },
): CrossValidation<T> {
  const heldOut: HeldOut<T>[] = []
  const fits: RooflineFit[] = []
  for (let fold = 0; fold < folds; fold++) {
    const fit = fitRoofline(
      rows.filter((row) => foldOf(row) !== fold),
      shape,
      { start },
    )
    fits.push(fit)
    for (const row of rows) {
      if (foldOf(row) !== fold) continue
      const predicted = predictPass(fit, row)
      const error = predicted.ms / row.ms - 1
      heldOut.push({ row, predicted, region: regionOf(predicted), fold, error })
    }
  }
  return { heldOut, fits }
}

/** Errors of held-out rows. */
export interface HeldOutErrors<T extends MeasuredPass = MeasuredPass> {
  readonly rows: number
  /** of the absolute errors */
  readonly median: number
  /** median of the signed errors */
  readonly bias: number
  readonly worst: HeldOut<T>
}

export function heldOutErrors<T extends MeasuredPass>(
  heldOut: readonly HeldOut<T>[],
): HeldOutErrors<T> {
  const errors = heldOut.map(({ error }) => error)
  return {
    rows: heldOut.length,
    median: median(errors.map(Math.abs)),
    bias: median(errors),
    worst: heldOut.reduce((a, b) => (Math.abs(b.error) > Math.abs(a.error) ? b : a)),
  }
}

/** Errors by what bounds the predicted time; regions without rows are absent. */
export function errorsByRegion<T extends MeasuredPass>(
  heldOut: readonly HeldOut<T>[],
): ReadonlyMap<Region, HeldOutErrors<T>> {
  const by = new Map<Region, HeldOutErrors<T>>()
  for (const of of REGIONS) {
    const rows = heldOut.filter(({ region }) => region === of)
    if (rows.length > 0) by.set(of, heldOutErrors(rows))
  }
  return by
}
