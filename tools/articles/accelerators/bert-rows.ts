import {
  type MeasuredPass,
  type PassOnCard,
  passWork,
  type Transformer,
} from '../../../sim/accelerator/index.ts'
import { factsTable } from './facts.ts'

/** Public source of the rows. */
export const BERT_SOURCE = 'NVIDIA/FasterTransformer@df4a753, its guide to BERT'
export const BERT_PAGE =
  'https://github.com/NVIDIA/FasterTransformer/blob/df4a753/docs/bert_guide.md'

const TABLE = factsTable('fastertransformer_bert_base.csv')
export const haveBert = () => TABLE.exists

export const BATCHES: readonly number[] = [1, 8, 32]
export const LENGTHS: readonly number[] = [32, 128, 384]
const PRECISIONS = ['FP32', 'TF32', 'FP16', 'INT8-v1', 'INT8-v2'] as const
export type Precision = (typeof PRECISIONS)[number]

/** The benchmark runs the 12 layers without embeddings and output. */
export const BERT_BASE: Transformer = {
  kind: 'encoder',
  layers: 12,
  hidden: 768,
  heads: 12,
  feedForward: 3072,
  gated: false,
  vocabulary: 30_522,
}

/**
 * Datasheets: NVIDIA T4; NVIDIA A100 of 40 GB. The guide does not state the memory of its A100.
 * GB/s, and dense peaks in TFLOP/s.
 */
const SHEETS: Readonly<
  Record<string, { bandwidthGbS: number; tflops: Partial<Record<Precision, number>> }>
> = {
  T4: { bandwidthGbS: 320, tflops: { FP32: 8.1, FP16: 65, 'INT8-v1': 130, 'INT8-v2': 130 } },
  A100: {
    bandwidthGbS: 1555,
    tflops: { FP32: 19.5, TF32: 156, FP16: 312, 'INT8-v1': 624, 'INT8-v2': 624 },
  },
}

const WEIGHT_BITS = { FP32: 32, TF32: 32, FP16: 16, 'INT8-v1': 8, 'INT8-v2': 8 }
const ACTIVATION_BITS = { FP32: 32, TF32: 32, FP16: 16, 'INT8-v1': 16, 'INT8-v2': 8 }

/** A published cell of FasterTransformer with padding, and without. */
export interface BertRow extends MeasuredPass {
  readonly gpu: string
  readonly framework: string
  readonly precision: Precision
  readonly batch: number
  readonly length: number
  /** without padding: sequences of half the length */
  readonly unpaddedMs: number
}

export function bertRows(): BertRow[] {
  return TABLE.rows().map((cells) => {
    const { gpu, framework } = cells as { gpu: string; framework: string }
    const precision = PRECISIONS.find((name) => name === cells.precision)!
    const [batch, length] = [Number(cells.batch), Number(cells.seq)]
    return {
      ...bertPass(gpu, precision, batch, length),
      gpu,
      framework,
      precision,
      batch,
      length,
      ms: Number(cells.ft_padded_ms),
      unpaddedMs: Number(cells.eff_ft_unpadded_ms),
    }
  })
}

/** A pass over a batch of sequences of one length. */
export function bertPass(
  gpu: string,
  precision: Precision,
  batch: number,
  length: number,
): PassOnCard & { readonly precision: Precision } {
  const { bandwidthGbS, tflops } = SHEETS[gpu]!
  const tokens = batch * length
  const groups = passWork(BERT_BASE, {
    sequences: batch,
    tokens: length,
    weightBits: WEIGHT_BITS[precision],
    activationBits: ACTIVATION_BITS[precision],
    // by the guide, one kernel at 16 and 8 bits, and several at 32
    fusedAttention: WEIGHT_BITS[precision] < 32,
  })
  return {
    groups,
    tokens,
    bandwidthGbS,
    tflops: tflops[precision]!,
    precision,
    // INT8 adds kernels that convert
    kernels: precision.startsWith('INT8') ? 'INT8' : 'floating point',
    at: { batch, length, tokens },
  }
}
