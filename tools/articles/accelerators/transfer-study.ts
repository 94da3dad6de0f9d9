import { median } from 'simple-statistics'
import {
  chooseShape,
  predictPass,
  type RooflineFit,
  SHAPE_NAMES,
  tryShape,
} from '../../../sim/accelerator/index.ts'
import { type Change, changesKey, type TransferWidth } from '../../../sim/experiment/index.ts'
import { decoderSeries, encoderSeries, type MeasuredSeries } from './transfer-rows.ts'

/** Rows of one series, predicted by the fit to another one of the same model. */
export interface TransferredSeries {
  readonly from: MeasuredSeries
  readonly to: MeasuredSeries
  readonly changed: readonly Change[]
  /** signed, predicted over measured - 1, one for each row */
  readonly errors: readonly number[]
}

/** Every series by the fit to every other one of its model: each card is left out once. */
export async function transferStudy(): Promise<TransferredSeries[]> {
  return transfersAmong([...(await encoderSeries()), ...(await decoderSeries())])
}

export function transfersAmong(series: readonly MeasuredSeries[]): TransferredSeries[] {
  return series.flatMap((from) => {
    const others = series.filter((to) => to !== from && to.model === from.model)
    const fit = fitOf(from)
    return others.flatMap((to) => {
      const changed = changesOf(from, to)
      const errors = to.passes.map((pass) => predictPass(fit, pass).ms / pass.ms - 1)
      return [{ from, to, changed, errors }]
    })
  })
}

/** The fit to a whole series, as `spillway fit` makes it. */
function fitOf({ passes }: MeasuredSeries): RooflineFit {
  return chooseShape(SHAPE_NAMES.map((name) => tryShape(name, passes))).fit
}

const CHANGES = ['card', 'precision', 'engine', 'tensor_parallel'] as const satisfies Change[]

const changesOf = (from: MeasuredSeries, to: MeasuredSeries): Change[] =>
  CHANGES.filter((what) => from[what] !== to[what])

/** What transfers of one kind missed by. */
export interface Missed extends TransferWidth {
  readonly series: number
  readonly rows: number
}

export function missedBy(all: readonly TransferredSeries[]): Missed {
  const errors = all.flatMap((one) => one.errors)
  return {
    series: all.length,
    rows: errors.length,
    low: Math.floor(100 * Math.min(...errors)) / 100,
    high: Math.ceil(100 * Math.max(...errors)) / 100,
    median: Math.round(100 * median(errors.map(Math.abs))) / 100,
  }
}

/** By the kind of model and what changed, as `TRANSFER_WIDTHS` has them. */
export function missedByKind(
  all: readonly TransferredSeries[],
): Readonly<Record<MeasuredSeries['kind'], Readonly<Record<string, Missed>>>> {
  const of = (kind: MeasuredSeries['kind']) => {
    const groups = new Map<string, TransferredSeries[]>()
    for (const one of all) {
      if (one.from.kind !== kind) continue
      const key = changesKey(one.changed)
      groups.set(key, [...(groups.get(key) ?? []), one])
    }
    return Object.fromEntries([...groups].map(([key, own]) => [key, missedBy(own)]))
  }
  return { encoder: of('encoder'), decoder: of('decoder') }
}
