import { type Accelerator, loadAccelerator } from '../../../scenarios/index.ts'
import {
  crossValidate,
  fitRoofline,
  type HeldOutErrors,
  heldOutErrors,
  type MeasuredPass,
  passWork,
} from '../../../sim/accelerator/index.ts'
import { ROOT } from '../../../test/command-line.ts'
import { BERT_BASE, type BertRow, bertRows, type Precision } from './bert-rows.ts'
import { halfOf } from './bert-study.ts'

/** Precisions of BERT-base in simulations, by those of the published rows. */
const PUBLISHED = {
  fp32: 'FP32',
  tf32: 'TF32',
  fp16: 'FP16',
  int8: 'INT8-v2',
} as const satisfies Readonly<Record<string, Precision>>
export type EncoderPrecision = keyof typeof PUBLISHED

const WEIGHT_BITS: Readonly<Record<EncoderPrecision, number>> = {
  fp32: 32,
  tf32: 32,
  fp16: 16,
  int8: 8,
}
/** The framework whose rows are fitted; it has all of these precisions. */
export const FRAMEWORK = 'PyTorch'

/** Cards with published rows, by their names in the catalogue and in the rows. */
export const FITTED_CARDS = { t4: 'T4', 'a100-sxm-40': 'A100' } as const
export type FittedCard = keyof typeof FITTED_CARDS

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
}

export const accelerator = (name: string): Promise<Accelerator> => loadAccelerator(name, ROOT)

/** Fits efficiencies with the work that simulations of `transformer-encoder` have. */
export async function encoderFits(): Promise<EncoderFit[]> {
  const rows = bertRows().filter(({ framework }) => framework === FRAMEWORK)
  const fits: EncoderFit[] = []
  for (const [card, gpu] of Object.entries(FITTED_CARDS) as [FittedCard, string][]) {
    const sheet = await accelerator(card)
    for (const [precision, published] of Object.entries(PUBLISHED)) {
      const own = rows.filter((row) => row.gpu === gpu && row.precision === published)
      if (own.length > 0) fits.push(encoderFit(card, sheet, precision as EncoderPrecision, own))
    }
  }
  return fits
}

const ALONE = { saturation: false, soft: false } as const
const places = (value: number, digits: number) => Number(value.toPrecision(digits))

function encoderFit(
  card: FittedCard,
  sheet: Accelerator,
  precision: EncoderPrecision,
  rows: readonly BertRow[],
): EncoderFit {
  const passes = rows.map(({ batch, length, ms }) => ({
    ...simulatedPass(sheet, precision, batch, length),
    batch,
    length,
    ms,
  }))
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
  }
}

/** A batch as simulations take it: one kernel of attention, activations of at least 16 bits. */
function simulatedPass(
  { bandwidth_gb_s: bandwidth, tflops }: Accelerator,
  precision: EncoderPrecision,
  batch: number,
  length: number,
): Omit<MeasuredPass, 'ms'> {
  const weightBits = WEIGHT_BITS[precision]
  const groups = passWork(BERT_BASE, {
    sequences: batch,
    tokens: length,
    weightBits,
    activationBits: Math.max(16, weightBits),
    fusedAttention: true,
  })
  return {
    groups,
    tokens: batch * length,
    bandwidthGbS: bandwidth.value,
    tflops: tflops[precision]!.value,
    precision: 'all',
    kernels: 'all',
    at: { batch, length, tokens: batch * length },
  }
}
