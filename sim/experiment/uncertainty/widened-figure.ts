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

/** Replications of a scenario with and without draws of its inputs. */
export interface RunsAtDraws {
  /** at the stated values, with the seeds of the draws */
  readonly nominal: DrawnRuns
  /** of each draw */
  readonly runs: readonly DrawnRuns[]
}

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
  /** on that scale, the error that all draws have alike */
  readonly error: Omit<FigureLaw, 'centres'>
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

/** How a figure was estimated: over so many runs, and what it is at most. */
interface FigureBounds {
  readonly runs: number
  readonly most: number
}

/** The law of a figure, on the scale on which effects add up. */
interface ScaledFigure extends Pick<WidenedFigure, 'scaled' | 'perUnit' | 'error'> {
  readonly law: FigureLaw
  /** a figure on that scale, and back */
  readonly to: (figure: number) => number
  readonly from: (scaled: number) => number
}

/**
 * The law of a figure with what is not known. What a draw changes is measured with the seeds of the
 * stated values, so it has little noise, and is added to the estimate of these. Its error, which
 * all draws have alike, is that of the interval of draws. Times, rates and costs are taken as
 * logarithms; shares, which have a `most`, and figures that are 0 somewhere, are not. Null without
 * an estimate.
 */
export function scaledFigure(
  { value, low }: Pick<Estimate, 'value' | 'low'>,
  { nominal, drawn }: FigureValues,
  { runs, most }: FigureBounds,
): ScaledFigure | null {
  if (value === null) return null
  const { onLogs, to, from } = scaleOf([value, low ?? value, ...nominal, ...drawn.flat()], most)
  const scaled = drawn.map((each) => each.map(to))
  const error = errorOf({ value: to(value), low: low === null ? null : to(low) }, runs)
  const centres = centresOf(to(value), { nominal: nominal.map(to), drawn: scaled })
  const law: FigureLaw = { centres, ...error }
  return { law, error, to, from, scaled, perUnit: onLogs ? 1 : value === 0 ? 0 : 1 / value }
}

/** The wider interval of a figure; null without an estimate. */
export function widened(
  estimate: Pick<Estimate, 'value' | 'low'>,
  values: FigureValues,
  bounds: FigureBounds,
): WidenedFigure | null {
  const figure = scaledFigure(estimate, values, bounds)
  if (figure === null) return null
  const { law, error, to, from, scaled, perUnit } = figure
  const ends = widerInterval(law)
  return {
    low: from(ends[0]),
    high: from(ends[1]),
    settled: isSettled(law, ends),
    probabilityBelow: (limit) => probabilityBelow(law, to(limit)),
    scaled,
    perUnit,
    error,
  }
}

/**
 * A figure at each draw: its value at the stated inputs, and what the draw changes. `most`: its
 * largest possible value.
 */
export function drawnFigure(
  value: number,
  { nominal, drawn }: FigureValues,
  most: number,
): number[] {
  const { to, from } = scaleOf([value, ...nominal, ...drawn.flat()], most)
  const scaled = { nominal: nominal.map(to), drawn: drawn.map((each) => each.map(to)) }
  return centresOf(to(value), scaled).map(from)
}

/** A scale on which what draws change adds up. */
function scaleOf(figures: readonly number[], most: number) {
  const onLogs = most === Number.POSITIVE_INFINITY && figures.every((figure) => figure > 0)
  return {
    onLogs,
    to: (figure: number) => (onLogs ? log(figure) : figure),
    from: (scaled: number) => (onLogs ? exp(scaled) : Math.min(most, Math.max(0, scaled))),
  }
}

/** Of each draw, the value at the stated inputs and what the draw changes, all on one scale. */
function centresOf(value: number, { nominal, drawn }: FigureValues): number[] {
  const atStated = sum(nominal) / nominal.length
  return drawn.map((each) => value + sum(each) / each.length - atStated)
}

/** Infinite ends have no number in a document. */
export const finite = (end: number): number | null => (Number.isFinite(end) ? end : null)

/** The standard error of a mean over runs, by the lower end: the upper one of a share is cut. */
function errorOf({ value, low }: { value: number; low: number | null }, runs: number) {
  const degrees = Math.max(1, runs - 1)
  const half = low === null ? 0 : value - low
  return { standardError: Math.max(0, half) / studentTQuantile(0.975, degrees), degrees }
}

/** Whether half of the draws have about the same interval. `least`: no width is narrower. */
export function isSettled(law: FigureLaw, ends: readonly [number, number], least = 0): boolean {
  const half = widerInterval({ ...law, centres: law.centres.slice(0, law.centres.length / 2) })
  const width = Math.max(least, ends[1] - ends[0])
  return ends.every((end, i) => end === half[i] || Math.abs(end - half[i]!) <= SETTLED * width)
}
