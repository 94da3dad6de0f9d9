import { median } from 'simple-statistics'
import {
  type Card,
  type CrossValidation,
  crossValidate,
  type HeldOutErrors,
  heldOutErrors,
  type MeasuredPass,
  type PassOnCard,
  passTime,
  passWork,
  type RooflineShape,
  type Transformer,
} from '../../../sim/accelerator/index.ts'
import { factsTable } from './facts.ts'

/** Public source of the rows. */
export const LLAMA_SOURCE =
  'microsoft/vidur@7d47513, data/profiling/compute/*/meta-llama/Llama-2-7b-hf/mlp.csv'

const TABLE = factsTable('vidur_llama2_7b_layer_times.csv.gz')
export const haveLlama = () => TABLE.exists

/** Bar on the median error of the held-out token counts of a GPU and degree. */
export const LLAMA_BAR = 0.08

/** One layer; the rows have no embedding, output layer or attention kernel. */
const LAYER: Transformer = {
  kind: 'decoder',
  layers: 1,
  hidden: 4096,
  heads: 32,
  feedForward: 11_008,
  gated: true,
  vocabulary: 32_000,
}

export interface Gpu {
  readonly name: string
  readonly key: string
  /** of the datasheet, GB/s, and dense FP16 TFLOP/s */
  readonly bandwidthGbS: number
  readonly tflops: number
}

/** Datasheets: NVIDIA A40; A100 SXM of 80 GB; H100 SXM. */
export const GPUS: readonly Gpu[] = [
  { name: 'A40', key: 'a40', bandwidthGbS: 696, tflops: 149.7 },
  { name: 'A100', key: 'a100', bandwidthGbS: 2039, tflops: 312 },
  { name: 'H100', key: 'h100', bandwidthGbS: 3350, tflops: 989 },
]
export const DEGREES = [1, 2, 4, 8] as const

export interface LlamaRow extends MeasuredPass {
  readonly degree: number
}

/** Operators of a layer without the attention kernel, on one of `degree` cards. */
function layerPass({ bandwidthGbS, tflops }: Gpu, degree: number, tokens: number): PassOnCard {
  const groups = passWork(LAYER, {
    sequences: 1,
    tokens,
    weightBits: 16,
    activationBits: 16,
    fusedAttention: true,
    logits: 0,
    cards: degree,
  }).filter(({ name }) => name !== 'attention')
  const names = { precision: 'FP16', kernels: 'all', at: { tokens, degree } }
  return { groups, tokens, bandwidthGbS, tflops, ...names }
}

export function llamaRows(gpu: Gpu): LlamaRow[] {
  return TABLE.rows()
    .filter((cells) => cells.gpu === gpu.key)
    .map((cells) => {
      const degree = Number(cells.tensor_parallel)
      const ms = Number(cells.per_layer_ms_excl_attention)
      return { ...layerPass(gpu, degree, Number(cells.num_tokens)), degree, ms }
    })
}

export interface LlamaApproach {
  readonly text: string
  readonly shape: RooflineShape
}

export const LLAMA_APPROACHES = {
  plain: { text: 'launch time and two efficiencies', shape: { saturation: false, soft: false } },
  saturating: {
    text: 'and compute efficiency falls in small passes',
    shape: { saturation: true, soft: false },
  },
  soft: { text: 'and the knee is rounded', shape: { saturation: false, soft: true } },
} as const satisfies Readonly<Record<string, LlamaApproach>>

/** A GPU by its fit: all degrees of tensor parallel at once, halves of the counts in turn. */
export interface LlamaStudy {
  readonly gpu: Gpu
  readonly rows: readonly LlamaRow[]
  readonly validated: CrossValidation<LlamaRow>
  readonly errors: ReadonlyMap<number, HeldOutErrors<LlamaRow>>
}

export function llamaStudy(
  gpu: Gpu,
  { shape }: LlamaApproach = LLAMA_APPROACHES.soft,
  rows: readonly LlamaRow[] = llamaRows(gpu),
): LlamaStudy {
  const counts = [...new Set(rows.map(({ tokens }) => tokens))].sort((a, b) => a - b)
  const halves = new Map(counts.map((tokens, i) => [tokens, i % 2]))
  const validated = crossValidate(rows, ({ tokens }) => halves.get(tokens)!, { ...shape, folds: 2 })
  const of = (degree: number) =>
    heldOutErrors(validated.heldOut.filter(({ row }) => row.degree === degree))
  return { gpu, rows, validated, errors: new Map(DEGREES.map((degree) => [degree, of(degree)])) }
}

type Efficiencies = Pick<Card, 'launchUs' | 'computeEfficiency' | 'memoryEfficiency'>

/** Signed errors without a fit. */
export function unfittedErrors(rows: readonly LlamaRow[], efficiencies: Efficiencies): number[] {
  return rows.map(({ bandwidthGbS, tflops, groups, tokens, ms }) => {
    const card = { bandwidthGbS, tflops, ...efficiencies }
    return passTime(card, groups, tokens).ms / ms - 1
  })
}

/** Efficiencies that are often assumed without a measurement. */
export const USUAL = { launchUs: 5, computeEfficiency: 0.7, memoryEfficiency: 0.8 } as const

/** The time of at most this many tokens is flat. */
export const FEW = 16

/** The token count at which a time first exceeds that of few tokens by a factor, interpolated. */
export function crossing(
  times: readonly { readonly tokens: number; readonly ms: number }[],
  factor: number,
): number {
  const few = times.filter(({ tokens }) => tokens <= FEW)
  const level = factor * median(few.map(({ ms }) => ms))
  const i = times.findIndex(({ ms }) => ms > level)
  if (i < 1) return Number.NaN
  const [before, after] = [times[i - 1]!, times[i]!]
  const share = (level - before.ms) / (after.ms - before.ms)
  return before.tokens + share * (after.tokens - before.tokens)
}

/** Measured times of a degree, by rising token count. */
export function measuredTimes({ rows }: LlamaStudy, degree: number) {
  return rows
    .filter((row) => row.degree === degree)
    .map(({ tokens, ms }) => ({ tokens, ms }))
    .sort((a, b) => a.tokens - b.tokens)
}

/** Predicted time of each token count that was measured, by the fit to the other half. */
export function predictedTimes({ validated }: LlamaStudy, degree: number) {
  return validated.heldOut
    .filter(({ row }) => row.degree === degree)
    .map(({ row, predicted }) => ({ tokens: row.tokens, ms: predicted.ms }))
    .sort((a, b) => a.tokens - b.tokens)
}
