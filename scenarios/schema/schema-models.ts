import * as z from 'zod'
import { modelMemory } from './schema-memory.ts'
import { context, onnxDecoder, onnxModel, padTo } from './schema-onnx.ts'
import { count, kind, lazy, off, positive, seed } from './schema-values.ts'
import { work } from './schema-work.ts'

/** Models of the scenario format: built in, of an ONNX file, or declared. */

const layers = count.max(1024)
const width = count.max(65_536)

const heads = count.default(4).describe('The number of attention heads in each layer.')
const vocabulary = count
  .max(1 << 20)
  .default(8192)
  .describe('The number of token indices, which sets the size of the embedding table.')

const weightsSeed = seed
  .default(1)
  .describe('The seed of the weights; a model with another one needs a calibration of its own.')

const builtin = lazy(() =>
  z.discriminatedUnion('builtin', [
    z.strictObject({
      builtin: kind('mlp', 'A stack of equal dense layers, whose requests have no length.'),
      layers: layers
        .default(8)
        .describe('The number of dense layers; each takes about the same time.'),
      width: width
        .default(256)
        .describe(
          'The number of inputs and outputs of each layer; its work grows with the square.',
        ),
      seed: weightsSeed,
    }),
    z.strictObject({
      builtin: kind(
        'transformer-encoder',
        'A transformer encoder, whose work grows with the length of a request.',
      ),
      layers: layers
        .default(4)
        .describe('The number of encoder layers; each takes about the same time.'),
      hidden: width
        .default(256)
        .describe(
          'The size of the vector of each token, a multiple of `heads`; work grows with the square.',
        ),
      heads,
      vocabulary,
      seed: weightsSeed,
      pad_to: padTo,
    }),
    z.strictObject({
      builtin: kind(
        'transformer-decoder',
        'A transformer decoder, which generates answers token by token from a paged KV cache; ' +
          'its pools need `generation`.',
      ),
      layers: layers
        .default(4)
        .describe('The number of decoder layers; each takes about the same time.'),
      hidden: width
        .default(256)
        .describe(
          'The size of the vector of each token, a multiple of `heads`; work grows with the square.',
        ),
      heads,
      kv_heads: count
        .optional()
        .describe(
          'The number of heads of keys and values, a divisor of `heads`, each of which serves as ' +
            'many heads of queries; by default as many as `heads`. Fewer make the KV cache smaller.',
        ),
      vocabulary,
      context: context.default(2048),
      seed: weightsSeed,
    }),
  ]),
)

const declared = lazy(() =>
  z
    .strictObject({
      work,
      speed_factor: positive
        .max(1000)
        .optional()
        .describe(
          'How many times as fast the model is as `work` states, as on a newer card: 2 halves all its ' +
            'times but those of a cold start. It is an assumption, which results mark as uncalibrated.',
        )
        .meta({ examples: [1.4] }),
      ragged: off.describe(
        'Whether each request of a batch is computed at its own length, without padding; for ' +
          '`law: linear` with `per_token_ms` only.',
      ),
      memory: modelMemory.optional(),
    })
    .describe('A model whose service time is declared, for simulation only.'),
)

export const model = lazy(() =>
  z
    .union([builtin, onnxModel, onnxDecoder, declared])
    .describe('A model: one of the built-in ones, an ONNX file, or declared work.'),
)
