import type { Estimate } from '../../documents/index.ts'
import { exp, log, sum } from '../../kernel/index.ts'
import {
  type FigureLaw,
  probabilityBelow,
  studentTQuantile,
  widerInterval,
} from '../../stats/index.ts'
import type { RunFigures } from '../configuration/run-figures.ts'
import type { DrawnRuns } from './uncertain-figures.ts'

/** A figure in each replication. */
export interface FigureValues {
  /** at the stated values of the inputs */
  readonly nominal: readonly number[]
  /** draws by replications, with the seeds of `nominal` */
  readonly drawn: readonly (readonly number[])[]
}

/** A figure with what is not known of the inputs. Ends may be infinite. */
export interface WidenedFigure {
  readonly low: number
  readonly high: number
  /** whether twice the draws moved no end by more than a tenth of the width */
  readonly settled: boolean
  readonly probabilityBelow: (limit: number) => number
  /** draws by replications, on the scale on which effects add up */
  readonly scaled: readonly (readonly number[])[]
  /** what a change by 1 on that scale is as a share of the figure */
  readonly perUnit: number
}

/** A figure in every replication; null where one has none. */
export function figureValues<Drawn extends Pick<DrawnRuns, 'runs'>>(
  { nominal, runs }: { readonly nominal: Drawn; readonly runs: readonly Drawn[] },
  of: (drawn: Drawn, run: RunFigures) => number,
): FigureValues | null {
  const [first, ...drawn] = [nominal, ...runs].map((each) => each.runs.map((run) => of(each, run)))
  const all = [first!, ...drawn].flat()
  if (all.some(Number.isNaN) || !first!.every(Number.isFinite)) return null
  return { nominal: first!, drawn }
}

/** Ends that move by less than this share of the width are settled. */
const SETTLED = 0.1

/**
 * The wider interval of a figure. What a draw changes is measured with the seeds of the stated
 * values, so it has little noise, and is added to the estimate of these. Its error, which all draws
 * have alike, is that of the interval of draws. Times, rates and costs are taken as logarithms;
 * shares, which have a `most`, and figures that are 0 somewhere, are not. Null without an estimate.
 */
export function widened(
  { value, low }: Estimate,
  { nominal, drawn }: FigureValues,
  { runs, most }: { readonly runs: number; readonly most: number },
): WidenedFigure | null {
  if (value === null) return null
  const positive = [value, low ?? value, ...nominal, ...drawn.flat()].every((each) => each > 0)
  const onLogs = positive && most === Number.POSITIVE_INFINITY
  const to = (figure: number) => (onLogs ? log(figure) : figure)
  const from = (scaled: number) => (onLogs ? exp(scaled) : Math.min(most, Math.max(0, scaled)))
  const scaled = drawn.map((each) => each.map(to))
  const atStated = sum(nominal.map(to)) / nominal.length
  const law: FigureLaw = {
    centres: scaled.map((each) => to(value) + sum(each) / each.length - atStated),
    ...errorOf({ value: to(value), low: low === null ? null : to(low) }, runs),
  }
  const ends = widerInterval(law)
  return {
    low: from(ends[0]),
    high: from(ends[1]),
    settled: isSettled(law, ends),
    probabilityBelow: (limit) => probabilityBelow(law, to(limit)),
    scaled,
    perUnit: onLogs ? 1 : 1 / value,
  }
}

/** The standard error of a mean over runs, by the lower end: the upper one of a share is cut. */
function errorOf({ value, low }: { value: number; low: number | null }, runs: number) {
  const degrees = Math.max(1, runs - 1)
  const half = low === null ? 0 : value - low
  return { standardError: Math.max(0, half) / studentTQuantile(0.975, degrees), degrees }
}

/** Whether half of the draws have about the same interval. */
function isSettled(law: FigureLaw, ends: readonly [number, number]): boolean {
  const half = widerInterval({ ...law, centres: law.centres.slice(0, law.centres.length / 2) })
  const width = ends[1] - ends[0]
  return ends.every((end, i) => end === half[i] || Math.abs(end - half[i]!) <= SETTLED * width)
}
