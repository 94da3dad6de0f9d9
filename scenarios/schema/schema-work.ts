import * as z from 'zod'
import { duration } from './schema-duration.ts'
import { alternatives, fittedSteps } from './schema-fitted.ts'
import { operations } from './schema-operations.ts'
import { optionalResidual, residual } from './schema-residual.ts'
import { transformerDecoder, transformerEncoder } from './schema-transformer.ts'
import { batch, count, kind, lazy, nonNegative, once, positive, share } from './schema-values.ts'

const setUp = once(() => ({
  setup_ms: z
    .union([nonNegative, duration])
    .optional()
    .describe(
      'The cold-start time, fixed or drawn, that is added to a batch whose executor was idle ' +
        'before it. Without it there is none.',
    )
    .meta({ examples: [20] }),
}))

const sizes = lazy(() =>
  z
    .array(batch)
    .min(1)
    .max(1000)
    .describe(
      'The batch sizes that were measured, rising. Times are linear between them and constant ' +
        'below the first; beyond the last, the last slope goes on.',
    ),
)

/** Declared service times. */
export const work = lazy(() =>
  z
    .discriminatedUnion('law', [
      z.strictObject({
        law: kind('constant', 'Every batch takes the same time, whatever its size.'),
        ms: positive.describe('The time of every batch.'),
        ...setUp(),
      }),
      z.strictObject({
        law: kind(
          'two-point',
          'Most batches take one time, and a random share takes a longer one.',
        ),
        ms: positive.describe('The time of most batches.'),
        slow_ms: positive.describe('The time of slow batches; more than `ms`.'),
        slow_share: share.describe('The probability that a batch is slow.'),
        ...setUp(),
      }),
      z.strictObject({
        law: kind('exponential', 'Times are drawn from an exponential distribution, at any size.'),
        mean_ms: positive.describe('The mean time of a batch.'),
        ...setUp(),
      }),
      z.strictObject({
        law: kind(
          'linear',
          'A batch takes a constant time, plus a time for each request and for each token.',
        ),
        base_ms: nonNegative.describe('The time of any batch, whatever its size.'),
        per_item_ms: nonNegative.default(0).describe('The time added for each request of a batch.'),
        per_token_ms: nonNegative
          .default(0)
          .describe(
            'The time added for each token of a batch, padding included. At 0 the time does not ' +
              'depend on lengths.',
          ),
        ...optionalResidual(),
        ...setUp(),
      }),
      z.strictObject({
        law: kind('table', 'Mean times were measured at several batch sizes, for any length.'),
        sizes,
        ms: z
          .array(positive)
          .min(1)
          .max(1000)
          .describe('The mean times of a batch, one for each of the `sizes`.'),
        ...residual(),
      }),
      z.strictObject({
        law: kind('length-table', 'Mean times were measured at several batch sizes and lengths.'),
        sizes,
        lengths: z
          .array(count)
          .min(1)
          .max(1000)
          .describe(
            'The lengths of each request that were measured, padding included, rising. Times ' +
              'between and beyond them follow the rule of `sizes`.',
          ),
        ms: z
          .array(z.array(positive).min(1).max(1000))
          .min(1)
          .max(1000)
          .describe(
            'The mean times of a batch: a row for each of the `sizes`, with a time for each of the ' +
              '`lengths`.',
          ),
        ...residual(),
      }),
      z.strictObject({
        law: kind(
          'throughput',
          'Times of a batch follow from the throughput at each concurrency, as load generators ' +
            'report it. The law assumes a server that is never idle: see the guide.',
        ),
        concurrency: z
          .array(batch)
          .min(1)
          .max(1000)
          .describe('The numbers of requests that clients kept in flight, rising.'),
        throughput_rps: z
          .array(positive)
          .min(1)
          .max(1000)
          .describe('The measured throughput, one value for each `concurrency`.'),
        instances: count
          .max(1024)
          .default(1)
          .describe(
            'The number of instances of the measured server, each with one batch at a time.',
          ),
        batch_share: z
          .number()
          .min(0.001)
          .max(1)
          .optional()
          .describe(
            'The share of the requests in flight that are one batch. Without it, 1 / (instances + ' +
              '1): a batch runs on each instance while one more waits.',
          )
          .meta({ examples: [0.5] }),
        ...residual(),
      }),
      z.strictObject({
        law: kind(
          'generation',
          'The model generates in steps, each of which gives one token to every sequence that ' +
            'decodes. Its pools need `generation`.',
        ),
        base_ms: nonNegative.describe('The time of any step, as for reading the weights once.'),
        per_sequence_ms: nonNegative
          .default(0)
          .describe('The time added to a step for each sequence in it.'),
        per_prefill_token_ms: nonNegative
          .default(0)
          .describe('The time added to a step for each token of a prompt that it computes.'),
        per_context_token_ms: nonNegative
          .default(0)
          .describe(
            'The time added to a step for each token in the KV caches of sequences that decode.',
          ),
        fitted: fittedSteps.optional(),
        alternatives: alternatives(
          z
            .strictObject({
              base_ms: nonNegative
                .optional()
                .describe('Its value of `base_ms`.')
                .meta({ examples: [9] }),
              per_sequence_ms: nonNegative
                .optional()
                .describe('Its value of `per_sequence_ms`.')
                .meta({ examples: [0.12] }),
              per_prefill_token_ms: nonNegative
                .optional()
                .describe('Its value of `per_prefill_token_ms`.')
                .meta({ examples: [0.03] }),
              per_context_token_ms: nonNegative
                .optional()
                .describe('Its value of `per_context_token_ms`.')
                .meta({ examples: [0.00005] }),
            })
            .describe('A law that fits the measurements as well; its other keys are as stated.'),
          { base_ms: 9, per_sequence_ms: 0.12 },
        ),
        ...optionalResidual(),
      }),
      transformerEncoder,
      transformerDecoder,
      operations,
    ])
    .describe(
      'The declared service time of a batch, or of a step. It can be simulated only: a replay ' +
        'rejects it.',
    ),
)
