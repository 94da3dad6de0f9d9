import {
  type CrossValidation,
  crossValidate,
  type HeldOut,
  type HeldOutErrors,
  heldOutErrors,
  predictPass,
  type RooflineShape,
} from '../../../sim/accelerator/index.ts'
import { BATCHES, type BertRow, bertPass, bertRows, LENGTHS, type Precision } from './bert-rows.ts'

/** Bars on the held-out cells of a GPU, framework and precision. */
export const BERT_BARS = { median: 0.15, worst: 0.4 } as const

/** Cells of batch × length alternate as on a chessboard: the first has batch 1 and length 32. */
export function halfOf({ batch, length }: { readonly batch: number; readonly length: number }) {
  const row = BATCHES.indexOf(batch)
  const column = LENGTHS.indexOf(length)
  return (row + column) % 2
}

/** What is fitted together, and how. */
export interface Approach {
  readonly text: string
  readonly shape: RooflineShape
  /** rows with the same name are fitted together */
  readonly together: (row: BertRow) => string
}

const PER_SERVER = ({ gpu, framework }: BertRow) => `${gpu}, ${framework}`
const PER_SERIES = (row: BertRow) => `${PER_SERVER(row)}, ${row.precision}`
const PER_GPU = ({ gpu }: BertRow) => gpu

export const APPROACHES = {
  alone: {
    text: 'each precision alone: launch time, compute and memory efficiency',
    shape: { saturation: false, soft: false },
    together: PER_SERIES,
  },
  shared: {
    text: 'the precisions of a GPU and framework share launch time and memory efficiency',
    shape: { saturation: false, soft: false },
    together: PER_SERVER,
  },
  saturating: {
    text: 'shared, and compute efficiency falls in small passes',
    shape: { saturation: true, soft: false },
    together: PER_SERVER,
  },
  soft: {
    text: 'shared, saturating, and the knee is rounded',
    shape: { saturation: true, soft: true },
    together: PER_SERVER,
  },
  pooled: {
    text: 'saturating, and both frameworks share all parameters',
    shape: { saturation: true, soft: false },
    together: PER_GPU,
  },
} as const satisfies Readonly<Record<string, Approach>>

export type ApproachName = keyof typeof APPROACHES

/** The approach that the rest of the study uses. */
export const CHOSEN: ApproachName = 'alone'

/** Held-out cells of a GPU, framework and precision, without and with padding removed. */
export interface BertSeries {
  readonly gpu: string
  readonly framework: string
  readonly precision: Precision
  readonly heldOut: readonly BertCell[]
  readonly errors: HeldOutErrors<BertRow>
  readonly met: boolean
}

export interface BertCell extends HeldOut<BertRow> {
  /** predicted time of sequences of half the length, ms */
  readonly unpaddedMs: number
}

export function bertSeries({ shape, together }: Approach, rows = bertRows()): BertSeries[] {
  const cells = [...grouped(rows, together).values()].flatMap((group) => {
    const validated = crossValidate(group, halfOf, { ...shape, folds: 2 })
    return validated.heldOut.map((cell) => ({ ...cell, unpaddedMs: unpadded(validated, cell) }))
  })
  return [...grouped(cells, ({ row }) => PER_SERIES(row)).values()].map((heldOut) => {
    const { gpu, framework, precision } = heldOut[0]!.row
    const errors = heldOutErrors(heldOut)
    const { median, worst } = errors
    const met = median <= BERT_BARS.median && Math.abs(worst.error) <= BERT_BARS.worst
    return { gpu, framework, precision, heldOut, errors, met }
  })
}

/** By the fit to the other half of the padded cells; no unpadded cell is fitted. */
function unpadded({ fits }: CrossValidation<BertRow>, { row }: HeldOut<BertRow>): number {
  const { gpu, precision, batch, length } = row
  return predictPass(fits[halfOf(row)]!, bertPass(gpu, precision, batch, length / 2)).ms
}

function grouped<T>(list: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of list) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return groups
}
