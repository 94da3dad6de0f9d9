import * as z from 'zod'
import { number, numberOrNull } from './document-parts.ts'

/** How single batches or steps scatter about their mean time, fitted to measurements. */

const shape = z
  .strictObject({
    name: z
      .enum(['even', 'jitter', 'slow'])
      .describe(
        'Name of the shape: even has no scatter, jitter has cv, and slow has rare slow ones too.',
      ),
    score: number.describe(
      'Mean absolute logarithmic error of the ratios that were predicted; of runs, the mean of ' +
        'their negative log likelihood by a fit to the others, up to a constant.',
    ),
    standard_error: number.describe('Standard error of the score.'),
    chosen: z.boolean().describe('Whether this is the shape of the fit.'),
  })
  .describe('A shape of the residual that was tried.')

export const residualFit = z
  .strictObject({
    from: z
      .enum(['percentiles', 'runs'])
      .nullable()
      .describe(
        'Source of the scatter: percentile columns, or repeated runs of a batch and length; null ' +
          'where the rows have neither, and the residual is unknown.',
      ),
    cells: number.describe('Number of rows with percentiles, or of groups of runs.'),
    runs: number.describe('Number of repeated runs; 0 where rows have percentiles.'),
    ratio: z
      .string()
      .nullable()
      .describe('Ratio of two figures that is predicted, such as p99 over p50.'),
    shapes: z.array(shape).describe('The shapes that were tried, the simplest first.'),
    left_out: z
      .strictObject({
        rows: number.describe('Number of ratios.'),
        median: number.describe('Median of the absolute relative errors.'),
        bias: number.describe('Median of the signed relative errors.'),
        worst: number.describe('Relative error of largest size, with its sign.'),
      })
      .nullable()
      .describe('Errors of ratios of each half of the cells, predicted from the other half.'),
    cv: numberOrNull.describe('Coefficient of variation, as the key of a scenario.'),
    slow: z
      .strictObject({
        share: number.describe('Share of slow batches or steps, as the key of a scenario.'),
        factor: number.describe('Factor of slow batches or steps, as the key of a scenario.'),
      })
      .nullable()
      .describe('Rare slow batches or steps; null where none are found.'),
    sure: z.string().describe('What is known of the residual, in plain sentences.'),
  })
  .describe('Scatter of single batches or steps about their mean time.')

export type ResidualFit = z.infer<typeof residualFit>
