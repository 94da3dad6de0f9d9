import * as z from 'zod'
import { residual } from './schema-residual.ts'
import { efficiency } from './schema-transformer.ts'
import { branch, count, kind, nonNegative } from './schema-values.ts'

const amount = nonNegative.default(0)

/** Any net by its totals, whose times follow from the accelerator of its pool. */
export const operations = branch({ law: 'operations' }, () =>
  z.strictObject({
    law: kind(
      'operations',
      'The time of a batch follows from the number of its operations, the bytes that it moves and ' +
        'the accelerator of the pool, by a roofline. `spillway models inspect FILE.onnx --work` ' +
        'counts them in an ONNX file.',
    ),
    gflops_per_item: amount.describe(
      'The floating-point operations of a request that do not depend on its length, in billions; a ' +
        'multiplication and an addition are two.',
    ),
    gflops_per_token: amount.describe(
      'The floating-point operations of each token of a request, in billions, padding included.',
    ),
    gflops_per_token_squared: amount.describe(
      'The floating-point operations of each pair of tokens of a request, as in attention, in ' +
        'billions.',
    ),
    weights_mib: amount.describe(
      'The weights that a batch reads, whatever its size, in MiB at fp32; other precisions read ' +
        'fewer bits a weight.',
    ),
    moved_mib_per_item: amount.describe(
      'The activations that a request moves from and to memory whatever its length, in MiB at ' +
        'fp32; below fp32 they have 16 bits.',
    ),
    moved_mib_per_token: amount.describe(
      'The activations that each token of a request moves, in MiB at fp32.',
    ),
    moved_mib_per_token_squared: amount.describe(
      'The activations that each pair of tokens of a request moves, in MiB at fp32, as the scores ' +
        'of attention that no kernel fuses.',
    ),
    kernels: count
      .max(1e6)
      .default(1)
      .describe('The number of kernels of a batch, each of which adds `launch_us`.'),
    efficiency: efficiency.optional(),
    ...residual(),
  }),
)
