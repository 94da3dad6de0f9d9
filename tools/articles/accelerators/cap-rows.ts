import {
  type CapCurve,
  type CapRow,
  type CapVariable,
  capErrors,
  fitCap,
} from '../../../sim/accelerator/index.ts'
import { factRows, haveFacts } from './facts.ts'
import type { RowError } from './signed-errors.ts'

const FILE = 'zeus_power_caps.csv'
/** Public source of the rows. */
export const SOURCE =
  'ml-energy/zeus@75a8b93, examples/research_reproducibility/zeus_nsdi23/trace/summary_power_{v100,a40}.csv'

export const haveCapRows = () => haveFacts(FILE)

export const CARDS = ['V100', 'A40'] as const
export type Card = (typeof CARDS)[number]

/** The knee that the field quotes: this share of the highest limit. */
export const QUOTED_KNEE = 0.6

/** An epoch of a training under a cap, against the same training at the highest limit. */
export interface EpochRow extends CapRow {
  readonly card: Card
  readonly network: string
  /** "squad bert_base_uncased 32 adamw" */
  readonly training: string
  /** measured under the cap, W */
  readonly averageW: number
}

/** The rows below the highest limit of each training. */
export function epochRows(): EpochRow[] {
  const trainings = new Map<string, ReadonlyMap<string, string>[]>()
  const floors = new Map<string, number>()
  for (const row of factRows(FILE)) {
    const columns = ['gpu', 'dataset', 'network', 'batch_size', 'optimizer']
    const key = columns.map((column) => row.get(column)).join(' ')
    trainings.set(key, [...(trainings.get(key) ?? []), row])
    const card = row.get('gpu')!
    const watts = Number(row.get('average_power_w'))
    floors.set(card, Math.min(floors.get(card) ?? watts, watts))
  }
  return [...trainings.values()].flatMap((rows) => rowsOf(rows, floors.get(rows[0]!.get('gpu')!)!))
}

function rowsOf(rows: readonly ReadonlyMap<string, string>[], floorW: number): EpochRow[] {
  const number = (row: ReadonlyMap<string, string>, column: string) => Number(row.get(column))
  const limitW = number(rows[0]!, 'limit_max_w')
  const free = rows.find((row) => number(row, 'power_limit_w') === limitW)
  if (!free) throw new Error(`${FILE}: expected a row at ${limitW} W for each training`)
  const names = ['dataset', 'network', 'batch_size', 'optimizer'].map((column) => free.get(column)!)
  return rows
    .filter((row) => row !== free)
    .map((row) => ({
      card: row.get('gpu')!.toUpperCase() as Card,
      network: names[1]!,
      training: names.join(' '),
      capW: number(row, 'power_limit_w'),
      limitW,
      uncappedW: number(free, 'average_power_w'),
      floorW,
      averageW: number(row, 'average_power_w'),
      slowdown: number(row, 'time_per_epoch_s') / number(free, 'time_per_epoch_s'),
    }))
}

/** A curve that is fitted on one card unless it is given, and its errors on a card. */
export interface CapTest {
  readonly variable: CapVariable
  readonly fittedOn: Card
  readonly testedOn: Card
  readonly curve: CapCurve
  readonly above: readonly CapRowError[]
  readonly below: readonly CapRowError[]
}

export interface CapRowError extends RowError {
  readonly network: string
}

export function capTest(
  rows: readonly EpochRow[],
  { variable, fittedOn, testedOn }: Pick<CapTest, 'variable' | 'fittedOn' | 'testedOn'>,
  given?: CapCurve,
): CapTest {
  const on = (card: Card) => rows.filter((row) => row.card === card)
  const curve = given ?? fitCap(on(fittedOn), variable)
  const tested = on(testedOn)
  const errors = capErrors(curve, tested).map((error, i) => {
    const { training, network, capW } = tested[i]!
    return { row: `${capW} W, ${training}`, network, error }
  })
  const side = (isAbove: boolean) =>
    errors.filter((_, i) => tested[i]!.capW / tested[i]!.limitW >= QUOTED_KNEE === isAbove)
  return { variable, fittedOn, testedOn, curve, above: side(true), below: side(false) }
}
