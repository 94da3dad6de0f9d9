import { median } from 'simple-statistics'
import {
  MOST_FACTOR,
  type ModelProfile,
  type ProfileWidths,
  wakeCost,
} from '../../sim/world/index.ts'
import { AWAKE_MS, cellSamples, type SettledRow, wakeSamples } from './script-plan.ts'
import { fitWake } from './wake-fit.ts'
import type { WorkFit } from './work-fit.ts'

type Region = ProfileWidths['regions'][number]
type Occasion = ProfileWidths['occasions'][number]

/** What was measured on all occasions together. */
interface Fitted {
  readonly work: WorkFit
  readonly wake: ModelProfile['wake']
  /** lengths are multiples of it */
  readonly padTo: number
  /** UTC */
  readonly calibration: string
}

/**
 * How speed and wake-up cost of each occasion differ from those that were fitted to all. An
 * occasion is given by its single batches.
 */
export function measuredWidths(
  occasions: readonly (readonly SettledRow[])[],
  { work, wake, padTo, calibration }: Fitted,
): ProfileWidths {
  const regions = regionsOf(work, padTo)
  return {
    regions,
    occasions: occasions.map((rows): Occasion => {
      const speeds = regions.map((region) => speedIn(region, rows, work))
      return { calibration, speeds, idle: idleCost(rows, wake) }
    }),
    levels: [],
  }
}

/** An axis with fewer values is one part. */
const LEAST_CUT = 4

/** Every axis of shapes is cut at its geometric middle. */
export function regionsOf({ sizes, lengths, error }: WorkFit, padTo: number): Region[] {
  return partsOf(sizes).flatMap((rows) =>
    partsOf(lengths).map((columns): Region => {
      const [fromSize, toSize] = [rows[0]!, rows.at(-1)!]
      const [fromLength, toLength] = [columns[0]!, columns.at(-1)!]
      const isWhole =
        rows.length > toSize - fromSize && columns.length > (toLength - fromLength) / padTo
      const errors = rows.flatMap((size) =>
        columns.map((length) => Math.abs(error[sizes.indexOf(size)]![lengths.indexOf(length)]!)),
      )
      return {
        ...{ fromSize, toSize, fromLength, toLength },
        error: isWhole ? null : short(median(errors)),
      }
    }),
  )
}

function partsOf(values: readonly number[]): (readonly number[])[] {
  if (values.length < LEAST_CUT) return [values]
  const middle = Math.sqrt(values[0]! * values.at(-1)!)
  return [values.filter((value) => value < middle), values.filter((value) => value >= middle)]
}

export const inRegion = (
  { fromSize, toSize, fromLength, toLength }: Region,
  size: number,
  length: number,
): boolean => size >= fromSize && size <= toSize && length >= fromLength && length <= toLength

/** The geometric mean over the cells of a region. */
function speedIn(
  region: Region,
  rows: readonly SettledRow[],
  { sizes, lengths, ms }: WorkFit,
): number {
  const logs = cellSamples(rows).flatMap(({ size, length, ms: took }) => {
    if (!inRegion(region, size, length)) return []
    const fitted = ms[sizes.indexOf(size)]![lengths.indexOf(length)]!
    return [Math.log(fitted / median(took as number[]))]
  })
  return short(Math.exp(logs.reduce((sum, of) => sum + of, 0) / Math.max(1, logs.length)))
}

/** The cost after the idle times that were met over the fitted one; null where either is none. */
function idleCost(rows: readonly SettledRow[], wake: ModelProfile['wake']): number | null {
  const met = fitWake(wakeSamples(rows))
  const slept = met.gapMs.filter((gap) => gap > AWAKE_MS)
  const sumOf = (curve: ModelProfile['wake']) =>
    slept.reduce((sum, gap) => sum + wakeCost(curve, gap), 0)
  const fitted = sumOf(wake)
  return fitted === 0 ? null : short(Math.min(MOST_FACTOR, sumOf(met) / fitted))
}

/** A profile is a file that people read. */
export const short = (value: number) => Number(value.toPrecision(4))
