import { stream } from '../kernel/index.ts'
import { equalShapes, rowsByCell, SHAPES, type ShapeName, type ShapeTrial } from './choose-shape.ts'
import { drawnUsual, fitRoofline, type MeasuredPass, type RooflineFit } from './fit-roofline.ts'

/** A law that the rows leave as likely as the fit to all of them. */
export interface ResampledFit {
  readonly name: ShapeName
  readonly fit: RooflineFit
}

const SEED = 1

/**
 * A fit to as many cells of the rows as there are, drawn with replacement (B. Efron 1979, Bootstrap
 * methods), in turn by each shape that predicts as well as the best. What a fit stays near where
 * its rows leave a value open is drawn, too, so that an open value is open here.
 */
export function resampledFit<T extends MeasuredPass>(
  rows: readonly T[],
  trials: readonly ShapeTrial<T>[],
  replicate: number,
): ResampledFit {
  const shapes = equalShapes(trials)
  const { name, fit: start } = shapes[replicate % shapes.length]!
  const random = stream(SEED, replicate, 'resampled rows')
  const usual = drawnUsual(random)
  const cells = rowsByCell(rows)
  const resampled = cells.flatMap(() => cells[random.integer(cells.length)]!)
  return { name, fit: fitRoofline(resampled, SHAPES[name], { start, usual }) }
}
