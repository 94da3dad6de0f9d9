import * as z from 'zod'
import { command, headOf, number, scenarioRef } from './document-parts.ts'
import { residualFit } from './residual-document.ts'

/** Efficiencies of a model on an accelerator, fitted to measured times of batches or steps. */

const rowRef = {
  line: number.describe('Line of the row in the file, from 1.'),
  batch: number.describe('Requests of the batch, or sequences that decode in the step.'),
  length: number.describe(
    'Tokens of each request, or in the KV cache of each sequence that decodes.',
  ),
  prefill_tokens: number.describe('Tokens of prompts in the step; 0 for batches.'),
  ms: number.describe('Measured time, ms.'),
}

const predictedRow = z
  .strictObject({
    ...rowRef,
    predicted_ms: number.describe('Time that a fit to the other rows predicts, ms.'),
    error: number.describe('Predicted over measured time, less 1.'),
    region: z
      .enum(['launch-bound', 'memory-bound', 'compute-bound'])
      .describe('What most of the predicted time is spent on.'),
  })
  .describe('A row that was predicted without its measurement.')

const errors = z
  .strictObject({
    rows: number.describe('Number of rows.'),
    median: number.describe('Median of the absolute relative errors.'),
    bias: number.describe('Median of the signed relative errors: above 0, predictions are long.'),
    worst: number.describe('Relative error of largest size, with its sign.'),
  })
  .describe('Errors of rows.')

const parameter = z
  .strictObject({
    key: z
      .enum(['compute', 'memory', 'launch_us', 'saturation_tokens', 'sharpness'])
      .describe('Key of `efficiency`.'),
    value: number.describe('Fitted value of the parameter.'),
    low: number.describe('Smallest value among fits that leave rows out.'),
    high: number.describe('Largest value among these fits.'),
    open: z
      .boolean()
      .describe(
        'Whether the rows leave the value open: a change of it by a quarter changes each of their ' +
          'times by less than 1 %, so it stays near a usual value.',
      ),
    rests_on: z
      .strictObject({
        lines: z.array(number).describe('Lines of these rows in the file, from 1.'),
        value: number.describe('Value of the fit without these rows.'),
      })
      .nullable()
      .describe(
        'The rows on which the value rests: without them it moves by more than a tenth, and by more ' +
          'than the median error of rows that were left out. They have one batch and length, or are ' +
          'a group of those. Null where no rows move it that far, or all leave it open.',
      ),
  })
  .describe('A fitted value.')

const shape = z
  .strictObject({
    name: z
      .enum(['plain', 'saturating', 'soft'])
      .describe(
        'Name of the shape: plain has compute, memory and launch_us; saturating adds ' +
          'saturation_tokens, and soft adds sharpness.',
      ),
    left_out: errors.describe('Errors where each cell of batch and length is left out in turn.'),
    halves: errors.describe('Errors where each half of the cells, which alternate, is left out.'),
    score: number.describe('Mean absolute logarithmic error of the rows that were left out.'),
    standard_error: number.describe('Standard error of the score.'),
    chosen: z.boolean().describe('Whether this is the shape of the fit.'),
  })
  .describe('A shape that was tried.')

const range = z.tuple([number, number])

const fit = z
  .strictObject({
    precision: z.string().describe('Precision of the rows.'),
    of_pool: z.boolean().describe('Whether it is the precision of the pool.'),
    rows: number.describe('Number of rows that were fitted.'),
    cells: number.describe('Number of different combinations of batch and length among them.'),
    groups_left_out: number.describe(
      'Number of groups of cells that were left out in turn; as many as cells where each is one.',
    ),
    parameters: z.array(parameter).describe('The fitted values.'),
    shapes: z.array(shape).describe('The shapes that were tried, the simplest first.'),
    rule: z.string().describe('Rule that chose the shape, as a sentence.'),
    left_out: errors.describe('Errors of rows that were left out, by the chosen shape.'),
    regions: z
      .array(
        errors
          .extend({
            region: predictedRow.shape.region,
          })
          .describe('Errors of the rows of one region.'),
      )
      .describe('The same errors by what bounds the predicted time.'),
    unfitted: errors.describe(
      'Errors of the efficiencies that the scenario states, or else of usual ones.',
    ),
    worst_rows: z.array(predictedRow).describe('Rows that were predicted worst, the worst first.'),
    confidence: z
      .enum(['usable', 'rough', 'poor'])
      .describe(
        'Judgement of the errors: usable up to a median of 15 % and a worst one of 40 %, rough up ' +
          'to 30 % and 100 %, and poor beyond.',
      ),
    sure: z.string().describe('How sure the fit is, in plain sentences.'),
    efficiency: z
      .strictObject({
        compute: number.describe('As the key of a scenario.'),
        memory: number.describe('As the key of a scenario.'),
        launch_us: number.describe('As the key of a scenario.'),
        saturation_tokens: number.optional().describe('As the key of a scenario.'),
        sharpness: number.optional().describe('As the key of a scenario.'),
        fitted: z
          .strictObject({
            accelerator: z.string().describe('Accelerator of the pool.'),
            precision: z.string().describe('Precision of the rows.'),
            engine: z.string().optional().describe('Engine of the pool, where it states one.'),
            tensor_parallel: number.optional().describe('Accelerators of a replica, if several.'),
            partition: number.optional().describe('Share of the accelerator, if not the whole.'),
            batch: range.optional().describe('Smallest and largest fitted batch.'),
            length: range.optional().describe('Shortest and longest fitted length.'),
            prefill_tokens: range.optional().describe('Fewest and most fitted tokens of prompts.'),
            error: number.describe('Median relative error of rows that were left out.'),
            worst: number.describe('Largest relative error of rows that were left out.'),
            width: number
              .optional()
              .describe(
                'What 95 % of times at a size that was not measured are within, as a share, by the ' +
                  'errors of all rows that were left out. Absent in documents of earlier versions.',
              ),
            source: z.string().describe('File of the measurements, with the conditions on rows.'),
          })
          .describe('What the values were fitted to.'),
        alternatives: z
          .array(
            z
              .strictObject({
                compute: number.describe('As the key of a scenario.'),
                memory: number.describe('As the key of a scenario.'),
                launch_us: number.describe('As the key of a scenario.'),
                saturation_tokens: number.optional().describe('As the key of a scenario.'),
                sharpness: number.optional().describe('As the key of a scenario.'),
              })
              .describe('Values of one fit to resampled rows.'),
          )
          .optional()
          .describe(
            'Fits to cells that are drawn from those of the rows, by each shape that predicts as ' +
              'well as the best: what the rows leave as likely. Absent in documents of earlier ' +
              'versions.',
          ),
      })
      .describe('The key `efficiency` of the model, ready for a scenario.'),
    residual: residualFit,
  })
  .describe('The fit to the rows of one precision.')

export const fitSchema = z
  .strictObject({
    ...headOf('spillway-fit'),
    scenario: scenarioRef.describe('Scenario that states the model and the pool.'),
    pool: z.string().describe('Name of the pool.'),
    model: z.string().describe('Name of its model.'),
    law: z
      .enum(['transformer-encoder', 'transformer-decoder'])
      .describe('Law of the work of the model.'),
    accelerator: z.string().describe('Name of the accelerator of the pool.'),
    tensor_parallel: number.describe('Number of accelerators that share a model.'),
    file: z.string().describe('File of the measurements.'),
    columns: z
      .record(z.string(), z.string())
      .describe('Column of the file for each kind of value that is used.'),
    where: z
      .array(z.string())
      .describe('Conditions on rows, as in `--where`; empty where all rows are used.'),
    rows: number.describe('Number of rows that were read.'),
    left_out: number.describe('Number of rows that the conditions leave out.'),
    fits: z
      .array(fit)
      .describe('A fit for each precision, that of the pool first; see the guide for the reason.'),
    not_fitted: z
      .array(
        z
          .strictObject({
            precision: z.string().describe('Precision of the rows.'),
            rows: number.describe('Number of its rows.'),
            why: z.string().describe('Why nothing was fitted to them.'),
          })
          .describe('Rows without a fit.'),
      )
      .describe('Precisions of rows without a fit.'),
    command,
  })
  .describe('Efficiencies of a model on an accelerator, fitted to measured times.')

export type Fit = z.infer<typeof fitSchema>
