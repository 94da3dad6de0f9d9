import type { Accelerator, Precision } from '../../../scenarios/index.ts'
import {
  crossValidate,
  fitRoofline,
  type HeldOutErrors,
  heldOutErrors,
} from '../../../sim/accelerator/index.ts'
import { encoderPass } from '../../../sim/experiment/index.ts'
import {
  accelerator,
  BERT_SOURCE,
  BERT_WORK,
  type BertRow,
  bertRows,
  FITTED_CARDS,
  type FittedCard,
  halfOf,
  type Precision as PublishedPrecision,
} from './bert.ts'

/** Precisions of BERT-base in simulations, by those of the published rows. */
const PUBLISHED = {
  fp32: 'FP32',
  tf32: 'TF32',
  fp16: 'FP16',
  int8: 'INT8-v2',
} as const satisfies Readonly<Record<string, PublishedPrecision>>
type EncoderPrecision = keyof typeof PUBLISHED

/** The framework whose rows are fitted; it has all of these precisions. */
export const FRAMEWORK = 'PyTorch'

/** As `efficiency` of a scenario has them. */
export interface Efficiency {
  readonly compute: number
  readonly memory: number
  readonly launch_us: number
}

/** A fit to all cells of a card and precision, and its errors by halves of them. */
export interface EncoderFit {
  readonly card: FittedCard
  readonly precision: EncoderPrecision
  readonly efficiency: Efficiency
  readonly errors: HeldOutErrors
  /** smallest and largest sizes of the cells */
  readonly batch: Range
  readonly length: Range
}

type Range = readonly [least: number, most: number]

/** "a100-sxm-40" as "a100". */
export const shortName = (card: string) => card.replace(/-(sxm|pcie).*$/, '')

/**
 * Rows as simulations take their batches: one kernel of attention, activations of at least 16 bits.
 * All share their efficiencies.
 */
export const encoderPasses = (
  pool: { readonly accelerator: Accelerator; readonly precision: Precision },
  rows: readonly BertRow[],
) =>
  rows.map(({ batch, length, ms }) => ({
    ...encoderPass(BERT_WORK, pool, { size: batch, length }),
    precision: 'all',
    kernels: 'all',
    at: { batch, length },
    batch,
    length,
    ms,
  }))

/** Fits efficiencies with the work that simulations of `transformer-encoder` have. */
export function encoderFits(): EncoderFit[] {
  const rows = bertRows().filter(({ framework }) => framework === FRAMEWORK)
  const fits: EncoderFit[] = []
  for (const [card, gpu] of Object.entries(FITTED_CARDS) as [FittedCard, string][]) {
    const sheet = accelerator(card)
    for (const [precision, published] of Object.entries(PUBLISHED)) {
      const fitRows = rows.filter((row) => row.gpu === gpu && row.precision === published)
      if (fitRows.length > 0)
        fits.push(encoderFit(card, sheet, precision as EncoderPrecision, fitRows))
    }
  }
  return fits
}

const ALONE = { saturation: false, soft: false } as const
const places = (value: number, digits: number) => Number(value.toPrecision(digits))
const rangeOf = (values: readonly number[]): Range => [Math.min(...values), Math.max(...values)]

function encoderFit(
  card: FittedCard,
  sheet: Accelerator,
  precision: EncoderPrecision,
  rows: readonly BertRow[],
): EncoderFit {
  const passes = encoderPasses({ accelerator: sheet, precision }, rows)
  const { launchUs, computeEfficiency, memoryEfficiency } = fitRoofline(passes, ALONE)
  return {
    card,
    precision,
    efficiency: {
      compute: places(computeEfficiency.all!, 3),
      memory: places(memoryEfficiency, 3),
      launch_us: places(launchUs.all!, 3),
    },
    errors: heldOutErrors(crossValidate(passes, halfOf, { ...ALONE, folds: 2 }).heldOut),
    batch: rangeOf(rows.map(({ batch }) => batch)),
    length: rangeOf(rows.map(({ length }) => length)),
  }
}

export const PRECISION_SCENARIO = 'precision'

/** The key `efficiency` of a model, with what it was fitted to. */
function efficiencyLines({ card, precision, efficiency, errors, batch, length }: EncoderFit) {
  const { compute, memory, launch_us: launch } = efficiency
  const [error, worst] = [errors.median, Math.abs(errors.worst.error)].map((of) => places(of, 3))
  return [
    `compute: ${compute}`,
    `memory: ${memory}`,
    `launch_us: ${launch}`,
    'fitted:',
    `  { accelerator: ${card}, precision: ${precision}, engine: FasterTransformer, batch: [${batch.join(', ')}],`,
    `    length: [${length.join(', ')}], error: ${error}, worst: ${worst}, source: '${BERT_SOURCE}, ${FRAMEWORK}' }`,
  ]
}

const nameOf = ({ card, precision }: EncoderFit) =>
  `${FITTED_CARDS[card].toLowerCase()}-${precision}`

/** The scenario of the library with a variant for each fitted card and precision. */
export function precisionText(fits: readonly EncoderFit[]): string {
  const [first, ...others] = fits as readonly [EncoderFit, ...EncoderFit[]]
  const variants = others.map((fit) => {
    const { card, precision } = fit
    const moved = card === first.card ? [] : [`    pools.gpu.accelerator: ${card}`]
    return [
      `  ${nameOf(fit)}:`,
      ...moved,
      `    pools.gpu.precision: ${precision}`,
      '    models.encoder.work.efficiency:',
      ...efficiencyLines(fit).map((line) => `      ${line}`),
    ].join('\n')
  })
  return `# yaml-language-server: $schema=../scenario.schema.json
# Written by \`npm run articles -- --write\`, which fits the efficiencies: docs/background/accelerators.md.
spillway: 1
name: ${PRECISION_SCENARIO}
description: >-
  BERT-base on one T4 or A100, in fp32 (tf32 on the A100), fp16 or int8: which precision, and which card?
  Efficiencies are fitted to latencies of FasterTransformer, whose batches have 1 to 32 sequences of 32 to 384 tokens.
  Power is not measured: batches take the board power. Prices are the lowest on-demand prices of the catalogue.
seed: 7
duration_s: 200
warmup_s: 10
models:
  encoder:
    work:
      law: transformer-encoder
      layers: 12
      hidden: 768
      heads: 12
      vocabulary: 30522
      efficiency:
${efficiencyLines(first)
  .map((line) => `        ${line}`)
  .join('\n')}
traffic:
  - class: text
    arrivals: { process: poisson, rate_rps: 60 }
    input_tokens: { distribution: lognormal, median: 64, p99: 256, max: 384 }
slo:
  text: ["p(99) latency_ms < 50"]
pools:
  - name: gpu
    model: encoder
    accelerator: ${first.card}
    precision: ${first.precision}
    batching: { policy: dynamic, max_batch: 32, max_delay_ms: 2 }
variants:
  ${nameOf(first)}: {}
${variants.join('\n')}
`
}
