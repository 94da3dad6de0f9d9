import * as z from 'zod'
import { alternatives, fitted } from './schema-fitted.ts'
import { optionalResidual, residual } from './schema-residual.ts'
import { branch, count, kind, lazy, nonNegative, off, once, positive } from './schema-values.ts'

/** Transformers by their dimensions, whose times follow from the accelerator of their pool. */

const layers = count.max(1024).describe('The number of transformer layers.')
const width = count.max(1 << 20)

/** What share of the roofline of its accelerator a model reaches. */
export const efficiency = lazy(() =>
  z
    .strictObject({
      compute: positive
        .max(1)
        .default(0.5)
        .describe('The share of the peak arithmetic rate that large batches reach.'),
      memory: positive
        .max(1)
        .default(0.7)
        .describe('The share of the peak memory bandwidth that reads of weights reach.'),
      launch_us: nonNegative
        .default(5)
        .describe('The time of the launch of a kernel that nothing hides, in µs.'),
      saturation_tokens: nonNegative
        .default(0)
        .describe(
          'The number of tokens of a pass at which half of `compute` is reached; of requests, where ' +
            'the work does not depend on lengths.',
        ),
      sharpness: positive
        .max(1000)
        .optional()
        .describe(
          'The sharpness p of the knee of linear layers, whose time is (compute^p + memory^p)^(1/p); ' +
            'without it, the longer of both.',
        )
        .meta({ examples: [3] }),
      fitted: fitted.optional(),
      alternatives: alternatives(
        z
          .strictObject({
            compute: positive
              .max(1)
              .optional()
              .describe('Its value of `compute`.')
              .meta({ examples: [0.44] }),
            memory: positive
              .max(1)
              .optional()
              .describe('Its value of `memory`.')
              .meta({ examples: [0.62] }),
            launch_us: nonNegative
              .optional()
              .describe('Its value of `launch_us`.')
              .meta({ examples: [6.8] }),
            saturation_tokens: nonNegative
              .optional()
              .describe('Its value of `saturation_tokens`.')
              .meta({ examples: [100] }),
            sharpness: positive
              .max(1000)
              .optional()
              .describe('Its value of `sharpness`.')
              .meta({ examples: [3] }),
          })
          .describe('A law that fits the measurements as well; its other keys are as stated.'),
        { compute: 0.44, memory: 0.62 },
      ),
    })
    .describe(
      'What share of the roofline of its accelerator the model reaches. The defaults are assumptions, ' +
        'which results mark as uncalibrated; `spillway fit` finds values from measurements.',
    ),
)

const common = once(() => ({
  layers,
  hidden: width.describe('The size of the vector of each token.'),
  heads: count.max(4096).describe('The number of attention heads; `hidden` is a multiple of it.'),
  feed_forward: width
    .optional()
    .describe('The inner size of the feed-forward part; without it, four times `hidden`.')
    .meta({ examples: [3072] }),
  vocabulary: count
    .max(1 << 24)
    .describe('The number of tokens, which sets the size of the embedding table.'),
  efficiency: efficiency.optional(),
}))

export const transformerEncoder = branch({ law: 'transformer-encoder' }, () =>
  z.strictObject({
    law: kind(
      'transformer-encoder',
      'The time of a batch follows from the dimensions of a transformer encoder and the ' +
        'accelerator of the pool, by a roofline.',
    ),
    ...common(),
    ...residual(),
  }),
)

export const transformerDecoder = branch({ law: 'transformer-decoder' }, () =>
  z.strictObject({
    law: kind(
      'transformer-decoder',
      'The time of a step follows from the dimensions of a transformer decoder and the accelerator ' +
        'of the pool, by a roofline. Its pools need `generation`.',
    ),
    ...common(),
    kv_heads: count
      .max(4096)
      .optional()
      .describe('The number of key and value heads (grouped-query attention); without it, `heads`.')
      .meta({ examples: [8] }),
    head_size: count
      .max(65_536)
      .optional()
      .describe('The size of each attention head; without it, `hidden` over `heads`.')
      .meta({ examples: [128] }),
    gated: off.describe('Whether the feed-forward part has a gate, as in Llama: three matrices.'),
    experts: count
      .max(4096)
      .optional()
      .describe('The number of experts of each layer; without it the model is dense.')
      .meta({ examples: [8] }),
    active_experts: count
      .max(4096)
      .optional()
      .describe('The number of experts that each token uses; needed with `experts`.')
      .meta({ examples: [2] }),
    ...optionalResidual(),
  }),
)
