import {
  type CardThroughputChart,
  cardThroughputChart,
} from '../../../reports/charts/accelerator/card-throughput.ts'
import { count, fixed, NONE, signedPercent } from '../../../reports/format.ts'
import type { Accelerator, Work } from '../../../scenarios/index.ts'
import { kvBytesPerToken, weightBytes } from '../../../sim/accelerator/index.ts'
import { decoderSteps, encoderWork } from '../../../sim/experiment/index.ts'
import { transformerOf } from '../../../sim/experiment/simulation/transformer-times.ts'
import { markdownTable } from '../../markdown-table.ts'
import type { Section } from '../../study.ts'
import { accelerator, BERT_SOURCE, BERT_WORK, FITTED_CARDS } from './bert.ts'
import {
  type Efficiency,
  type EncoderFit,
  encoderFits,
  FRAMEWORK,
  shortName,
} from './encoder-fits.ts'
import { GPUS, llamaStudy } from './llama-layers.ts'

/** Throughput of cards of the catalogue by precision and batch, by the times of simulations. */

type SweptPrecision = 'fp32' | 'tf32' | 'fp16' | 'int8' | 'int4'

/** A card at a precision: its throughput by batch. */
interface SweptCard {
  readonly card: string
  readonly precision: SweptPrecision
  /** whether its efficiencies are fitted to measurements of this card */
  readonly fitted: boolean
  readonly points: readonly { readonly batch: number; readonly value: number }[]
}

const ENCODER_CARDS = [
  ...['t4', 'l4', 'a10g', 'v100-sxm', 'l40s', 'a100-sxm-40', 'h100-sxm', 'b200-sxm'],
] as const
const DECODER_CARDS = [
  ...['l4', 'a10g', 'l40s', 'a100-sxm-80', 'h100-sxm', 'h200-sxm', 'mi300x', 'b200-sxm'],
] as const

/** Tokens of each sequence of the encoder. */
const LENGTH = 128
/** Tokens in the KV cache of each sequence of the decoder. */
const CONTEXT = 1024
const powersTo = (most: number) => Array.from({ length: Math.log2(most) + 1 }, (_, i) => 2 ** i)

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
const LLAMA = transformerOf(LLAMA_WORK)

type EncoderLaw = Extract<Work, { law: 'transformer-encoder' }>
type DecoderLaw = Extract<Work, { law: 'transformer-decoder' }>

const withDefaults = (efficiency: Efficiency & { readonly sharpness?: number }) => ({
  ...efficiency,
  saturation_tokens: 0,
})

/** Sequences/s of BERT-base. */
export function encoderThroughput(fits: readonly EncoderFit[]): SweptCard[] {
  const swept: SweptCard[] = []
  for (const card of ENCODER_CARDS) {
    const sheet = accelerator(card)
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
  const precisions: SweptPrecision[] = [tflops.tf32 ? 'tf32' : 'fp32', 'fp16', 'int8']
  return precisions.filter((precision) => precision !== 'int4' && tflops[precision] !== undefined)
}

const BITS = { fp16: 16, int8: 8, int4: 4 } as const
const DECODER_PRECISIONS = ['fp16', 'int8', 'int4'] as const

/** Tokens/s of steps of Llama-3.1-8B without prompts. */
function decoderThroughput(): SweptCard[] {
  const swept: SweptCard[] = []
  for (const card of DECODER_CARDS) {
    const sheet = accelerator(card)
    const efficiency = layerEfficiency(card)
    for (const precision of DECODER_PRECISIONS) {
      if (sheet.tflops[precision === 'int4' ? 'fp16' : precision] === undefined) continue
      const fitted = precision === 'fp16' && efficiency !== null
      const work: DecoderLaw = { ...LLAMA_WORK, ...(fitted && { efficiency }) }
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
  const gpu = GPUS.find((of) => of.card === card)
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
  const curve = swept.find((of) => of.card === card && of.precision === precision)
  return curve?.points.find((point) => point.batch === batch)?.value ?? null
}

type ThroughputStudy = ReturnType<typeof throughputStudy>

export function throughputStudy() {
  const fits = encoderFits()
  return { fits, encoder: encoderThroughput(fits), decoder: decoderThroughput() }
}

const ENCODER_IMAGE = 'accelerators-throughput-bert.png'
const DECODER_IMAGE = 'accelerators-throughput-llama.png'

/** Throughput of cards of the catalogue by precision and batch. */
export function throughputSection(study: ThroughputStudy): Section {
  return {
    text: textOf(study),
    images: [
      [ENCODER_IMAGE, cardThroughputChart(encoderChart(study))],
      [DECODER_IMAGE, cardThroughputChart(decoderChart(study))],
    ],
    missed: [],
  }
}

/** How many times the throughput of one precision that of the other is. */
function gain(
  swept: readonly SweptCard[],
  card: string,
  [of, over]: readonly [SweptPrecision, SweptPrecision],
  batch: number,
): string {
  return fixed(valueAt(swept, card, of, batch)! / valueAt(swept, card, over, batch)!, 1)
}

function textOf({ fits, encoder, decoder }: ThroughputStudy): string {
  return `## Throughput by card, precision and batch

The charts that are often quoted, for cards of the [catalogue](../guides/accelerators.md). **They are predictions.** Times are those of simulations: \`transformer-encoder\` and
\`transformer-decoder\`, a roofline with the figures of the catalogue. *Fitted* lines have efficiencies that were fitted to measurements of the same card.
The others, *uncalibrated*, have the usual ones: 50 % of the peak, 70 % of the bandwidth, 5 µs a kernel. No line was compared with a measurement of
its own. Do not rank two cards by lines that are closer than the [errors of such assumptions](#simpler-fits-and-the-datasheet-alone).

![Throughput of BERT-base by card, precision and batch](../images/${ENCODER_IMAGE})

BERT-base, sequences of ${LENGTH} tokens. On the T4, int8 has ${gain(encoder, 't4', ['int8', 'fp16'], 1)} times the throughput of fp16 at batch 1 and
${gain(encoder, 't4', ['int8', 'fp16'], 64)} times at batch 64; on the A100 ${gain(encoder, 'a100-sxm-40', ['int8', 'fp16'], 1)} and ${gain(encoder, 'a100-sxm-40', ['int8', 'fp16'], 64)} times.
Uncalibrated lines show gains at batch 1 that measurements do not: the usual launch time is the same for all precisions, while int8 adds kernels that convert. Sequences/s:

${encoderTable(encoder)}

Efficiencies are fitted to the ${FRAMEWORK} rows of ${BERT_SOURCE}, all nine cells of a card and precision. The errors are
those of half of the cells by a fit to the others. int8 is INT8-v2, the faster of two modes. Its activations have 8 bits, those of simulations 16; the fitted
efficiencies absorb that.

${markdownTable(
  ['card, precision', 'compute', 'memory', 'launch', 'median error', 'worst'],
  fits.map(({ card, precision, efficiency, errors }) => [
    `${FITTED_CARDS[card]}, ${precision}`,
    fixed(efficiency.compute, 2),
    fixed(efficiency.memory, 2),
    `${fixed(efficiency.launch_us, 1)} µs`,
    `${fixed(100 * errors.median, 1)} %`,
    signedPercent(errors.worst.error),
  ]),
)}

![Tokens/s of Llama-3.1-8B by card, precision and batch](../images/${DECODER_IMAGE})

Llama-3.1-8B, steps that decode, ${count(CONTEXT)} tokens in the KV cache of each sequence at 16 bits. A line ends at the last power of two at which weights and caches fit. Weights are
read once a step, so half of the bits nearly doubles the throughput of one sequence: ${gain(decoder, 'h100-sxm', ['int8', 'fp16'], 1)} times with int8 on the H100.
Efficiencies of fp16 on A100 and H100 are from the [layers of Llama-2-7B](#layers-of-llama-2-7b-on-a40-a100-and-h100), which have no attention kernel. Tokens/s:

${decoderTable(decoder)}`
}

const cellOf = (value: number | null) =>
  value === null ? NONE : count(Number(value.toPrecision(2)))
const starred = (cards: readonly SweptCard[], card: string, precision: SweptPrecision) =>
  cards.some((of) => of.card === card && of.precision === precision && !of.fitted)

function valuesOf(
  swept: readonly SweptCard[],
  card: string,
  precision: SweptPrecision,
  batches: readonly number[],
): string {
  const values = batches.map((batch) => cellOf(valueAt(swept, card, precision, batch)))
  return `${values.join(' / ')}${starred(swept, card, precision) ? '*' : ''}`
}

const BATCHES = [1, 8, 64] as const
const UNCALIBRATED = '\\* uncalibrated'

type PrecisionOf = (card: string) => SweptPrecision

/** A column for each precision. */
function throughputTable(
  swept: readonly SweptCard[],
  cards: readonly string[],
  columns: readonly (readonly [name: string, precision: PrecisionOf])[],
): string {
  const rows = cards.map((card) => [
    card,
    ...columns.map(([, precision]) => valuesOf(swept, card, precision(card), BATCHES)),
  ])
  const heads = columns.map(([name]) => `${name}: batch ${BATCHES.join(' / ')}`)
  return `${markdownTable(['card', ...heads], rows)}\n\n${UNCALIBRATED}`
}

function encoderTable(encoder: readonly SweptCard[]): string {
  const hasTf32 = (card: string) =>
    encoder.some((of) => of.card === card && of.precision === 'tf32')
  return throughputTable(encoder, ENCODER_CARDS, [
    ['fp32, or tf32 from A100 on', (card) => (hasTf32(card) ? 'tf32' : 'fp32')],
    ['fp16', () => 'fp16'],
    ['int8', () => 'int8'],
  ])
}

const decoderTable = (decoder: readonly SweptCard[]): string =>
  throughputTable(decoder, DECODER_CARDS, [
    ['fp16', () => 'fp16'],
    ['int8', () => 'int8'],
    ['int4 weights', () => 'int4'],
  ])

function panelsOf(
  swept: readonly SweptCard[],
  panels: readonly (readonly [title: string, precisions: readonly SweptPrecision[]])[],
) {
  return panels.map(([title, precisions]) => ({
    title,
    curves: swept
      .filter(({ precision }) => precisions.includes(precision))
      .map(({ card, fitted, points }) => ({ card: shortName(card), fitted, points })),
  }))
}

function encoderChart({ encoder }: ThroughputStudy): CardThroughputChart {
  const [single, many] = [1, 64].map((batch) => gain(encoder, 't4', ['int8', 'fp16'], batch))
  return {
    title: `int8 over fp16 on a T4: ${single} times the throughput at batch 1, ${many} times at batch 64`,
    subtitle: `predicted: BERT-base, sequences of ${LENGTH} tokens, one card · fitted: to rows of FasterTransformer on this card · uncalibrated: usual efficiencies`,
    quantity: 'sequences/s (log scale)',
    batches: 'batch (log scale)',
    panels: panelsOf(encoder, [
      ['fp32, or tf32 where the card has it', ['fp32', 'tf32']],
      ['fp16', ['fp16']],
      ['int8', ['int8']],
    ]),
  }
}

function decoderChart({ decoder }: ThroughputStudy): CardThroughputChart {
  const [single, many] = [1, 128].map((batch) => gain(decoder, 'l40s', ['int4', 'fp16'], batch))
  return {
    title: `int4 weights on an L40S give ${single} times the tokens/s of fp16 to one sequence, and ${many} times to 128`,
    subtitle: `predicted: Llama-3.1-8B, one card, ${count(CONTEXT)} tokens of context, no prompts · a line ends where the memory does · fitted: to layers of Llama-2-7B`,
    quantity: 'tokens/s (log scale)',
    batches: 'sequences in a step (log scale)',
    panels: panelsOf(decoder, [
      ['fp16', ['fp16']],
      ['int8', ['int8']],
      ['int4 weights', ['int4']],
    ]),
  }
}
