import { expect, test } from 'vitest'
import { buildBlockDecoder } from './block-decoder.ts'
import { builtinWeightBytes } from './builtin-weights.ts'
import { decoderOptions } from './decoder-inputs.ts'
import { buildMlp } from './mlp.ts'
import { readGraph } from './onnx-graph.ts'
import { buildDecoder } from './transformer-decoder.ts'
import { buildTransformer } from './transformer-encoder.ts'

const size = { layers: 3, hidden: 48, heads: 4, vocabulary: 100, seed: 1 }

test.each(['fp32', 'fp16', 'int8'] as const)(
  'the weights of built-in models are the tensors in their files, at %s',
  (precision) => {
    const read = (pieces: readonly Uint8Array[]) => readGraph(Buffer.concat(pieces))!.weightBytes
    const mlp = { layers: 2, width: 40, seed: 1 }
    expect(builtinWeightBytes({ builtin: 'mlp', ...mlp }, precision)).toBe(
      read(buildMlp(mlp, precision)),
    )
    const encoder = { builtin: 'transformer-encoder', ...size, pad_to: 1 } as const
    expect(builtinWeightBytes(encoder, precision)).toBe(read(buildTransformer(size, precision)))
    const decoder = { ...size, builtin: 'transformer-decoder', kv_heads: 2, context: 50 } as const
    const options = decoderOptions(decoder)
    const built =
      precision === 'fp16' ? buildBlockDecoder(options) : buildDecoder(options, precision)
    expect(builtinWeightBytes(decoder, precision)).toBe(read(built))
  },
)
