import type { Accelerator, Work } from '../../../scenarios/index.ts'
import { kvBytesPerToken, type Transformer, weightBytes } from '../../../sim/accelerator/index.ts'
import { decoderSteps, encoderWork } from '../../../sim/experiment/index.ts'
import { accelerator, type Efficiency, type EncoderFit, encoderFits } from './encoder-fits.ts'
import { GPUS, llamaStudy } from './llama-study.ts'

/** Throughput of cards of the catalogue by precision and batch, by the times of simulations. */

export type SweptPrecision = 'fp32' | 'tf32' | 'fp16' | 'int8' | 'int4'

/** A card at a precision: its throughput by batch. */
export interface SweptCard {
  readonly card: string
  readonly precision: SweptPrecision
  /** whether its efficiencies are fitted to measurements of this card */
  readonly fitted: boolean
  readonly points: readonly { readonly batch: number; readonly value: number }[]
}

export const ENCODER_CARDS = [
  ...['t4', 'l4', 'a10g', 'v100-sxm', 'l40s', 'a100-sxm-40', 'h100-sxm', 'b200-sxm'],
] as const
export const DECODER_CARDS = [
  ...['l4', 'a10g', 'l40s', 'a100-sxm-80', 'h100-sxm', 'h200-sxm', 'mi300x', 'b200-sxm'],
] as const

/** Tokens of each sequence of the encoder. */
export const LENGTH = 128
/** Tokens in the KV cache of each sequence of the decoder. */
export const CONTEXT = 1024
const powersTo = (most: number) => Array.from({ length: Math.log2(most) + 1 }, (_, i) => 2 ** i)

const BERT_WORK = {
  law: 'transformer-encoder',
  layers: 12,
  hidden: 768,
  heads: 12,
  vocabulary: 30_522,
  cv: 0,
} as const
/** Llama-3.1-8B. */
const LLAMA_WORK = {
  law: 'transformer-decoder',
  layers: 32,
  hidden: 4096,
  heads: 32,
  kv_heads: 8,
  feed_forward: 14_336,
  gated: true,
  vocabulary: 128_256,
} as const
const LLAMA: Transformer = {
  kind: 'decoder',
  layers: 32,
  hidden: 4096,
  heads: 32,
  kvHeads: 8,
  feedForward: 14_336,
  gated: true,
  vocabulary: 128_256,
}

type EncoderLaw = Extract<Work, { law: 'transformer-encoder' }>
type DecoderLaw = Extract<Work, { law: 'transformer-decoder' }>

const withDefaults = (efficiency: Efficiency & { readonly sharpness?: number }) => ({
  ...efficiency,
  saturation_tokens: 0,
})

/** Sequences/s of BERT-base. */
export async function encoderThroughput(fits: readonly EncoderFit[]): Promise<SweptCard[]> {
  const swept: SweptCard[] = []
  for (const card of ENCODER_CARDS) {
    const sheet = await accelerator(card)
    for (const precision of encoderPrecisions(sheet)) {
      const fit = fits.find((of) => of.card === card && of.precision === precision)
      const efficiency = fit && { efficiency: withDefaults(fit.efficiency) }
      const work: EncoderLaw = { ...BERT_WORK, ...efficiency }
      const { mean } = encoderWork(work, { accelerator: sheet, precision })
      const points = powersTo(256).map((batch) => {
        return { batch, value: (1000 * batch) / mean(batch, LENGTH) }
      })
      swept.push({ card, precision, fitted: fit !== undefined, points })
    }
  }
  return swept
}

/** tf32 in place of fp32 where the card has it. */
function encoderPrecisions({ tflops }: Accelerator): SweptPrecision[] {
  const known: SweptPrecision[] = [tflops.tf32 ? 'tf32' : 'fp32', 'fp16', 'int8']
  return known.filter((precision) => precision !== 'int4' && tflops[precision] !== undefined)
}

/** Cards of the layer study, by their names in the catalogue. */
const LAYER_CARDS: Readonly<Record<string, string>> = { 'a100-sxm-80': 'A100', 'h100-sxm': 'H100' }
const BITS = { fp16: 16, int8: 8, int4: 4 } as const
const DECODER_PRECISIONS = ['fp16', 'int8', 'int4'] as const

/** Tokens/s of steps of Llama-3.1-8B without prompts. */
export async function decoderThroughput(): Promise<SweptCard[]> {
  const swept: SweptCard[] = []
  for (const card of DECODER_CARDS) {
    const sheet = await accelerator(card)
    const own = layerEfficiency(card)
    for (const precision of DECODER_PRECISIONS) {
      if (sheet.tflops[precision === 'int4' ? 'fp16' : precision] === undefined) continue
      const fitted = precision === 'fp16' && own !== null
      const work: DecoderLaw = { ...LLAMA_WORK, ...(fitted && { efficiency: own }) }
      const { stepMs } = decoderSteps(work, { accelerator: sheet, precision })
      const points = powersTo(512)
        .filter((batch) => batch <= mostSequences(sheet, BITS[precision]))
        .map((batch) => {
          const step = { decodes: batch, prefills: 0, prefillTokens: 0, context: batch * CONTEXT }
          return { batch, value: (1000 * batch) / stepMs(step) }
        })
      if (points.length > 0) swept.push({ card, precision, fitted, points })
    }
  }
  return swept
}

/** Sequences whose KV caches at 16 bits fit beside the weights. */
function mostSequences({ memory_gib: memory }: Accelerator, weightBits: number): number {
  const left = memory.value * 2 ** 30 - weightBytes(LLAMA, weightBits)
  return left / (CONTEXT * kvBytesPerToken(LLAMA, 16))
}

function layerEfficiency(card: string): DecoderLaw['efficiency'] | null {
  const gpu = GPUS.find(({ name }) => name === LAYER_CARDS[card])
  if (gpu === undefined) return null
  const fit = llamaStudy(gpu).validated.fits[0]!
  return {
    compute: fit.computeEfficiency.FP16!,
    memory: fit.memoryEfficiency,
    launch_us: fit.launchUs.all!,
    saturation_tokens: 0,
    sharpness: fit.sharpness,
  }
}

/** The throughput of a card at a precision and batch; null where there is none. */
export function valueAt(
  swept: readonly SweptCard[],
  card: string,
  precision: SweptPrecision,
  batch: number,
): number | null {
  const own = swept.find((of) => of.card === card && of.precision === precision)
  return own?.points.find((point) => point.batch === batch)?.value ?? null
}

export interface ThroughputStudy {
  readonly fits: readonly EncoderFit[]
  readonly encoder: readonly SweptCard[]
  readonly decoder: readonly SweptCard[]
}

export async function throughputStudy(): Promise<ThroughputStudy> {
  const fits = await encoderFits()
  return { fits, encoder: await encoderThroughput(fits), decoder: await decoderThroughput() }
}
