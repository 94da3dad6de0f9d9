import * as z from 'zod'
import { precision } from './schema-onnx.ts'
import { count, lazy, name, nonNegative, once, positive, share } from './schema-values.ts'
import { MOST_WIDTH } from './uncertain.ts'

/** What the times of a model were fitted to, and where. */

const range = lazy(() => z.tuple([count, count]))

/** The software that runs a model: kernels of another one reach other shares of the peaks. */
export const engine = z.string().min(1).max(100)

const stated = once(() => ({
  accelerator: name
    .optional()
    .describe(
      'The name of the accelerator that was measured. On any other one the fit is transferred, ' +
        'which results mark; without it, they say that the card is unknown.',
    )
    .meta({ examples: ['t4'] }),
  precision: z
    .enum([...precision.options, 'tf32', 'fp8', 'int4'])
    .optional()
    .describe('The precision that was measured. At any other one the fit is transferred.')
    .meta({ examples: ['fp16'] }),
  engine: engine
    .optional()
    .describe(
      'The software that was measured, as `engine` of the pool. With any other one the fit is ' +
        'transferred.',
    )
    .meta({ examples: ['vLLM 0.19'] }),
  tensor_parallel: count
    .max(64)
    .optional()
    .describe(
      'The number of accelerators of the replica that was measured; without it, nothing is known ' +
        'of it.',
    )
    .meta({ examples: [4] }),
  partition: share
    .min(0.01)
    .optional()
    .describe('The share of the accelerator that was measured; without it, the whole.')
    .meta({ examples: [0.25] }),
  batch: range
    .optional()
    .describe(
      'The smallest and the largest batch of the measurements; of a decoder, the numbers of ' +
        'sequences that decode in a step.',
    )
    .meta({ examples: [[1, 32]] }),
  length: range
    .optional()
    .describe(
      'The shortest and the longest length of the measurements; of a decoder, the tokens in ' +
        'the KV cache of each sequence that decodes.',
    )
    .meta({ examples: [[32, 384]] }),
  prefill_tokens: range
    .optional()
    .describe('The fewest and the most tokens of prompts in a measured step of a decoder.')
    .meta({ examples: [[128, 4096]] }),
  worst: nonNegative
    .max(1e6)
    .optional()
    .describe('The largest relative error of these times.')
    .meta({ examples: [0.2] }),
  width: positive
    .max(MOST_WIDTH)
    .optional()
    .describe(
      'How far off the times at one size may be: 95 % are within it, so 0.09 is ± 9 %. Without it, ' +
        'it follows from `error`. `uncertain` with `sources: included` draws it.',
    )
    .meta({ examples: [0.09] }),
  source: z
    .string()
    .max(1000)
    .optional()
    .describe('Where the measurements are from.')
    .meta({ examples: ['our benchmark of 2026-11'] }),
}))

const error = nonNegative
  .max(100)
  .describe(
    'The median relative error of times that were predicted without their own measurement: ' +
      '0.05 is 5 %.',
  )
  .meta({ examples: [0.05] })

const ALTERNATIVES =
  'Further laws that fit the measurements as well, each by the keys in which it differs: ' +
  '`spillway fit` writes those of resampled rows. They need `fitted`. `uncertain` with ' +
  '`sources: included` draws one of them or the stated one, each as likely.'

/** A list of laws, each with some of the keys of the stated one. */
export const alternatives = <T extends z.core.$ZodType>(law: T, example: object) =>
  z
    .array(law)
    .min(1)
    .max(1000)
    .optional()
    .describe(ALTERNATIVES)
    .meta({ examples: [[example]] })

/** The fit of efficiencies. */
export const fitted = lazy(() =>
  z
    .strictObject({ ...stated(), error })
    .describe(
      'What the values were fitted to, as `spillway fit` writes it: a fit is of a card, a ' +
        'precision and an engine. Results state its error, mark pools elsewhere as transferred, ' +
        'and pools whose batches or lengths are beyond the measured ones as extrapolated.',
    ),
)

/** The fit of a law of steps, which is made by hand. */
export const fittedSteps = lazy(() =>
  z
    .strictObject({ ...stated(), error: error.optional() })
    .describe(
      'What the times were fitted to. Without it they are declared, which results say. Times of a ' +
        'step do not follow from the accelerator: on another one they are those of this one.',
    ),
)
