import {
  type CardThroughputChart,
  cardThroughputChart,
} from '../../../reports/charts/accelerator/card-throughput.ts'
import { count, fixed, NONE, signedPercent } from '../../../reports/format.ts'
import { markdownTable } from '../../markdown-table.ts'
import { BERT_SOURCE } from './bert-rows.ts'
import { FITTED_CARDS, FRAMEWORK } from './encoder-fits.ts'
import type { Section } from './section.ts'
import {
  CONTEXT,
  DECODER_CARDS,
  ENCODER_CARDS,
  LENGTH,
  type SweptCard,
  type SweptPrecision,
  type ThroughputStudy,
  valueAt,
} from './throughput-study.ts'

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

function encoderTable(encoder: readonly SweptCard[]): string {
  const rows = ENCODER_CARDS.map((card) => {
    const wide = encoder.some((of) => of.card === card && of.precision === 'tf32')
    const cells = [wide ? 'tf32' : 'fp32', 'fp16', 'int8'] as const
    return [card, ...cells.map((precision) => valuesOf(encoder, card, precision, BATCHES))]
  })
  const heads = ['fp32, or tf32 from A100 on', 'fp16', 'int8'].map(
    (name) => `${name}: batch ${BATCHES.join(' / ')}`,
  )
  return `${markdownTable(['card', ...heads], rows)}\n\n${UNCALIBRATED}`
}

function decoderTable(decoder: readonly SweptCard[]): string {
  const rows = DECODER_CARDS.map((card) => [
    card,
    ...(['fp16', 'int8', 'int4'] as const).map((precision) =>
      valuesOf(decoder, card, precision, BATCHES),
    ),
  ])
  const heads = ['fp16', 'int8', 'int4 weights'].map(
    (name) => `${name}: batch ${BATCHES.join(' / ')}`,
  )
  return `${markdownTable(['card', ...heads], rows)}\n\n${UNCALIBRATED}`
}

/** "a100-sxm-80" as "a100". */
const short = (card: string) => card.replace(/-(sxm|pcie).*$/, '')

function panelsOf(
  swept: readonly SweptCard[],
  panels: readonly (readonly [title: string, precisions: readonly SweptPrecision[]])[],
) {
  return panels.map(([title, precisions]) => ({
    title,
    curves: swept
      .filter(({ precision }) => precisions.includes(precision))
      .map(({ card, fitted, points }) => ({ card: short(card), fitted, points })),
  }))
}

function encoderChart({ encoder }: ThroughputStudy): CardThroughputChart {
  const [one, many] = [1, 64].map((batch) => gain(encoder, 't4', ['int8', 'fp16'], batch))
  return {
    title: `int8 over fp16 on a T4: ${one} times the throughput at batch 1, ${many} times at batch 64`,
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
  const [one, many] = [1, 128].map((batch) => gain(decoder, 'l40s', ['int4', 'fp16'], batch))
  return {
    title: `int4 weights on an L40S give ${one} times the tokens/s of fp16 to one sequence, and ${many} times to 128`,
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
