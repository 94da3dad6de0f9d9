import type { FitSides, TraceFitDocument } from '../../reports/index.ts'
import {
  className,
  Failure,
  readTrace,
  surveyTrace,
  type TraceArrivals,
  type TraceRows,
} from '../../scenarios/index.ts'
import { worst } from '../../sim/documents/index.ts'
import { expectTrace } from '../parquet/expect-trace.ts'
import { throwIfAborted } from '../process/interruption.ts'
import { REPLICATIONS } from './defaults.ts'
import { type ClassRows, fitClass } from './fit-class.ts'
import { LIBRARY_CALL, ownKey, type TraceJobOptions } from './options.ts'

export interface FitTraceOptions extends TraceJobOptions {
  /** at which tails are compared, below 1; default 0.7 */
  readonly load?: number
  /** of the fit, to hold the trace against; default 99 */
  readonly replications?: number
  readonly seed?: number
  /** name of a single class; default `fitted`. Several are named by their values. */
  readonly class?: string
}

type Fitting = FitTraceOptions & Required<Omit<FitTraceOptions, 'signal' | 'onProgress' | 'class'>>

/** The shortest windows that a fit looks at. */
const LEAST_SPAN_S = 0.1
/** Time and memory of a fit grow with how long its trace is: 23 days need some 400 MB. */
const MOST_SPAN_S = 2e6
/** Of several classes, one with fewer rows is left out: nothing can be fitted to them. */
const LEAST_ROWS = 30
/** Each class takes as long as a trace of its own. */
const MOST_CLASSES = 20

export interface TraceFit {
  readonly document: TraceFitDocument & { readonly document: string; readonly format: number }
  /** of each class */
  readonly sides: readonly FitSides[]
}

/**
 * Fits synthetic traffic to a trace. Its path starts at the working directory. With a class column
 * each of its values is a class; with `class_values` these are one class together.
 */
export async function fitTrace(
  trace: TraceArrivals,
  options: FitTraceOptions = {},
): Promise<TraceFit> {
  const { load = 0.7, replications = REPLICATIONS.test, seed = 1, key = ownKey } = options
  const { file = trace.file, command = LIBRARY_CALL, ...rest } = options
  if (load >= 1) throw new Failure(`expected a load of less than 1, got ${load}`)
  const fitting = { ...rest, load, replications, seed, key, file, command }
  await expectTrace(trace, '.', options.signal)
  const several = trace.columns?.class !== undefined && trace.class_values === undefined
  const read = several ? await eachClass(trace, fitting) : await oneClass(trace, fitting)
  const fitted = []
  for (const rows of read.classes) fitted.push(await fitClass(rows, fitting))
  const fits = fitted.map(({ fit }) => fit)
  const document = {
    document: 'spillway-trace-fit',
    format: 1,
    file,
    class_column: trace.columns?.class ?? null,
    rows: fits.reduce((sum, { rows }) => sum + rows, 0),
    duration_s: read.duration_s,
    replications,
    load,
    classes: fits,
    left_out: read.leftOut,
    verdict: worst(fits.map(({ verdict }) => verdict)),
    command,
  }
  return { document, sides: fitted.map(({ sides }) => sides) }
}

interface Read {
  readonly classes: readonly ClassRows[]
  readonly leftOut: TraceFitDocument['left_out']
  readonly duration_s: number
}

async function oneClass(trace: TraceArrivals, options: Fitting): Promise<Read> {
  const rows = await rowsOf(trace, options)
  const problem = problemOf(rows, options)
  if (problem !== null) throw new Failure(`${options.file}: ${problem}`)
  const values = trace.class_values ?? null
  const traceClass = classOf(rows, options.class ?? 'fitted', values)
  const { from_s, until_s } = traceClass.place
  return { classes: [traceClass], leftOut: [], duration_s: until_s - from_s }
}

/** A class for each value of the class column that has enough rows. */
async function eachClass(trace: TraceArrivals, options: Fitting): Promise<Read> {
  const { file, key } = options
  const column = trace.columns!.class!
  const { kinds, spanMs } = await surveyTrace(trace, '.', reading(options))
  const enough = kinds.filter(([, count]) => count >= LEAST_ROWS)
  const few = kinds.filter(([, count]) => count < LEAST_ROWS)
  if (enough.length === 0 || enough.length > MOST_CLASSES) {
    const limit = `from 1 to ${MOST_CLASSES} values of ${column} with at least ${LEAST_ROWS} rows`
    const remedy = `name values to fit as one class with ${key('class_values')}`
    throw new Failure(`${file}: expected ${limit}, got ${enough.length}; ${remedy}`)
  }
  const names: string[] = []
  const classes: ClassRows[] = []
  const leftOut = few.map(([value, rows]) => ({ value, rows, why: 'too few to fit' }))
  for (const [value, count] of enough) {
    const rows = await rowsOf({ ...trace, class_values: [value] }, options)
    const problem = problemOf(rows, options)
    if (problem !== null) {
      leftOut.push({ value, rows: count, why: problem })
      continue
    }
    const name = className(value, names)
    names.push(name)
    classes.push(classOf(rows, name, [value]))
  }
  if (classes.length === 0) throw new Failure(`${file}: ${leftOut.at(-1)!.why}`)
  return { classes, leftOut, duration_s: spanMs / 1000 }
}

function rowsOf(trace: TraceArrivals, options: Fitting): Promise<TraceRows> {
  return readTrace(trace, '.', reading(options))
}

function reading({ file, key, onProgress, signal }: Fitting) {
  return {
    key,
    onProgress: (read: { readonly bytes: number; readonly totalBytes: number }) => {
      onProgress?.(`reading ${file}`, read.bytes, read.totalBytes)
      throwIfAborted(signal)
    },
  }
}

/** Why nothing can be fitted to rows; null if something can. */
function problemOf({ times }: TraceRows, { key }: Fitting): string | null {
  const spanS = (times.at(-1)! - times[0]!) / 1000
  if (spanS === 0) return 'expected rows at different times, got one instant'
  if (spanS >= LEAST_SPAN_S && spanS <= MOST_SPAN_S) return null
  const [limit, remedy] =
    spanS < LEAST_SPAN_S
      ? [`at least ${LEAST_SPAN_S} s`, `check the unit of the times, ${key('time_unit')}`]
      : [`at most ${MOST_SPAN_S} s`, 'fit a part of the trace']
  return `expected rows over ${limit}, got ${spanS} s; ${remedy}`
}

function classOf(rows: TraceRows, name: string, values: readonly string[] | null): ClassRows {
  const first = rows.times[0]!
  const times = rows.times.map((time) => time - first)
  const longest = times.reduce((most, time, i) => Math.max(most, time - (times[i - 1] ?? 0)), 0)
  const place = {
    from_s: first / 1000,
    until_s: rows.times.at(-1)! / 1000,
    end_s: rows.spanMs / 1000,
    longest_gap_s: longest / 1000,
  }
  return { name, values, sample: { ...rows, times }, place }
}
