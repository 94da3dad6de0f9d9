import { mean, median } from 'simple-statistics'
import { MOST_WIDTH } from '../../../scenarios/schema/uncertain.ts'
import type {
  Efficiencies,
  HeldOut,
  MeasuredPass,
  ResampledFit,
  ShapeTrial,
} from '../../accelerator/index.ts'
import {
  cellCount,
  chooseShape,
  efficienciesOf,
  errorsByRegion,
  heldOutErrors,
  isOpen,
  predictPass,
  withEfficiencies,
} from '../../accelerator/index.ts'
import type { Fit } from '../../documents/index.ts'
import { exp, log, significant } from '../../kernel/index.ts'
import { studentTQuantile } from '../../stats/index.ts'
import { ASSUMED_EFFICIENCY } from '../simulation/accelerator-card.ts'
import type { TransformerWork } from '../simulation/transformer-times.ts'
import { alternativeLaws } from './alternative-laws.ts'
import { FIT_BARS } from './fit-limits.ts'
import type { SpreadRow } from './residual-cells.ts'
import { percent, residualFitOf, rounded } from './residual-result.ts'

type PrecisionFit = Fit['fits'][number]
type Errors = PrecisionFit['left_out']
type Parameter = PrecisionFit['parameters'][number]
type Confidence = PrecisionFit['confidence']

/** With fewer cells the errors themselves are uncertain. */
const FEW_CELLS = 12

const MOST_WORST = 5

/** A value rests on few rows where they move it by more than this, and than rows are predicted. */
const MOVED = 0.1

/** A measured batch or step. */
export interface FittedRow extends MeasuredPass {
  readonly row: {
    readonly line: number
    readonly batch: number
    readonly length: number
    readonly prefillTokens: number
    /** of a row that is the mean step of an engine: its requests in flight and their tokens */
    readonly engine?: {
      readonly concurrency: number
      readonly inputTokens: number
      readonly outputTokens: number
    }
    readonly ms: number
    readonly percentiles?: SpreadRow['percentiles']
  }
}

/** What beside the precision a fit is of. */
export type FitPlace = Pick<
  PrecisionFit['efficiency']['fitted'],
  'accelerator' | 'engine' | 'tensor_parallel' | 'partition'
>

interface PrecisionRows {
  readonly precision: string
  readonly ofPool: boolean
  readonly rows: readonly FittedRow[]
  /** of the shapes, the simplest first */
  readonly trials: readonly ShapeTrial<FittedRow>[]
  /** fits to resampled rows; by default none */
  readonly resampled?: readonly ResampledFit[]
  readonly efficiency: TransformerWork['efficiency']
  /** card and engine of the rows, as `fitted` states them */
  readonly place: FitPlace
  readonly source: string
  /** whether times are means or single runs, not percentiles; by default they are */
  readonly meanTimes?: boolean
  /** sentences on what the rows leave open */
  readonly notes?: readonly string[]
}

/** What is known of a fit to the rows of one precision. */
export function precisionFit(of: PrecisionRows): PrecisionFit {
  const { precision, ofPool, rows, trials } = of
  const chosen = chooseShape(trials)
  const { heldOut, fits } = chosen.leftOut
  const left = errorsOf(heldOut)
  const parameters = parametersOf(chosen, rows, left)
  const regions = [...errorsByRegion(heldOut)].map(([region, errors]) => ({
    region,
    ...plain(errors),
  }))
  const confidence = confidenceOf(left)
  const width = widthOf(heldOut, cellCount(rows) - parameters.length)
  const errors = { confidence, left, halves: errorsOf(chosen.halves.heldOut), parameters, width }
  const unfitted = unfittedErrors(of, chosen)
  return {
    precision,
    of_pool: ofPool,
    rows: rows.length,
    cells: cellCount(rows),
    groups_left_out: fits.length,
    parameters,
    shapes: trials.map((trial) => ({
      name: trial.name,
      left_out: errorsOf(trial.leftOut.heldOut),
      halves: errorsOf(trial.halves.heldOut),
      score: trial.score,
      standard_error: trial.standardError,
      chosen: trial === chosen,
    })),
    rule: RULE,
    left_out: left,
    regions,
    unfitted,
    worst_rows: heldOut
      .toSorted((a, b) => Math.abs(b.error) - Math.abs(a.error))
      .slice(0, MOST_WORST)
      .map(predictedRow),
    confidence,
    sure: sureText(errors, cellCount(rows), unfitted, of.notes),
    efficiency: efficiencyOf(of, { left, parameters, width }),
    residual: residualFitOf(rows.map(({ row }) => ({ ...row, isMean: of.meanTimes ?? true }))),
  }
}

const RULE =
  'The simplest shape whose mean error is within one standard error of the least mean error, where ' +
  'each cell of batch and length is predicted from the others.'

const errorsOf = (heldOut: readonly HeldOut<FittedRow>[]): Errors => plain(heldOutErrors(heldOut))

function plain({ rows, median: middle, bias, worst }: ReturnType<typeof heldOutErrors>): Errors {
  return { rows, median: middle, bias, worst: worst.error }
}

function predictedRow({ row: { row }, predicted, error, region }: HeldOut<FittedRow>) {
  const { line, batch, length, prefillTokens: prefill_tokens, ms } = row
  return { line, batch, length, prefill_tokens, ms, predicted_ms: predicted.ms, error, region }
}

const KEYS = {
  compute: 'compute',
  memory: 'memory',
  launchUs: 'launch_us',
  halfTokens: 'saturation_tokens',
  sharpness: 'sharpness',
} as const satisfies Readonly<Record<keyof Efficiencies, Parameter['key']>>

/** The values that the shape fits, with their range over the fits that leave rows out. */
function parametersOf(
  { name: shape, fit, leftOut }: ShapeTrial<FittedRow>,
  rows: readonly FittedRow[],
  left: Errors,
): Parameter[] {
  const names = (Object.keys(KEYS) as (keyof Efficiencies)[]).filter((name) => {
    if (name === 'halfTokens') return shape === 'saturating'
    return name !== 'sharpness' || shape === 'soft'
  })
  return names.map((name) => {
    const value = efficienciesOf(fit)[name]
    const values = leftOut.fits.map((other) => efficienciesOf(other)[name])
    const [low, high] = [Math.min(value, ...values), Math.max(value, ...values)]
    const open = isOpen(fit, name, rows)
    const fold = mostMoving(value, values)
    const moves = moved(value, values[fold]!) > Math.max(MOVED, left.median)
    const rests_on = open || !moves ? null : { lines: linesOf(leftOut, fold), value: values[fold]! }
    return { key: KEYS[name], value, low, high, open, rests_on }
  })
}

const moved = (value: number, without: number) => Math.abs(without / value - 1)

/** The fold without which a value is farthest from what all rows give. */
function mostMoving(value: number, values: readonly number[]): number {
  const moves = values.map((without) => moved(value, without))
  return moves.indexOf(Math.max(...moves))
}

function linesOf({ heldOut }: ShapeTrial<FittedRow>['leftOut'], left: number): number[] {
  return heldOut.filter(({ fold }) => fold === left).map(({ row }) => row.row.line)
}

/** Errors of what the scenario states, or of usual efficiencies, over all rows. */
function unfittedErrors(
  { rows, efficiency = ASSUMED_EFFICIENCY }: PrecisionRows,
  { fit }: ShapeTrial<FittedRow>,
): Errors {
  const stated = withEfficiencies(fit, {
    compute: efficiency.compute,
    memory: efficiency.memory,
    launchUs: efficiency.launch_us,
    halfTokens: efficiency.saturation_tokens,
    sharpness: efficiency.sharpness ?? Number.POSITIVE_INFINITY,
  })
  const errors = rows.map((row) => predictPass(stated, row).ms / row.ms - 1)
  return {
    rows: rows.length,
    median: median(errors.map(Math.abs)),
    bias: median(errors),
    worst: errors.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a)),
  }
}

/** Rows that follow their law exactly have no width of 0: nothing is that sure. */
const LEAST_WIDTH = 0.001

/**
 * What 95 % of times at a size that was not measured are within, as a share: by Student's t of the
 * logarithms of the errors of rows that were left out. `degrees`: cells less fitted values.
 */
function widthOf(heldOut: readonly HeldOut<FittedRow>[], degrees: number): number {
  const squares = heldOut.map(({ error }) => log(1 + error) ** 2)
  const deviation = Math.sqrt(mean(squares))
  const half = studentTQuantile(0.975, Math.max(1, degrees)) * deviation
  return Math.min(MOST_WIDTH, Math.max(LEAST_WIDTH, exp(half) - 1))
}

/** The values that the rows leave open, by their names in a fit. */
function openOf(parameters: readonly Parameter[]): ReadonlySet<keyof Efficiencies> {
  const names = Object.keys(KEYS) as (keyof Efficiencies)[]
  return new Set(
    names.filter((name) => parameters.some(({ key, open }) => open && key === KEYS[name])),
  )
}

export function confidenceOf({ median: middle, worst }: Errors): Confidence {
  const within = (bars: { readonly median: number; readonly worst: number }) =>
    middle <= bars.median && Math.abs(worst) <= bars.worst
  if (within(FIT_BARS.usable)) return 'usable'
  return within(FIT_BARS.rough) ? 'rough' : 'poor'
}

function sureText(
  {
    confidence,
    left,
    halves,
    parameters,
    width,
  }: {
    readonly confidence: Confidence
    readonly left: Errors
    readonly halves: Errors
    readonly parameters: readonly Parameter[]
    readonly width: number
  },
  cells: number,
  unfitted: Errors,
  notes: readonly string[] = [],
): string {
  const open = parameters.filter((parameter) => parameter.open).map(({ key }) => key)
  const helps =
    unfitted.median > left.median
      ? `Without the fit the median error is ${percent(unfitted.median)}.`
      : `The efficiencies before the fit had a median error of ${percent(unfitted.median)}, which is no worse.`
  return [
    `${MEANING[confidence]} A row that was left out is predicted within ${percent(left.median)} (median), and within ${percent(left.worst)} at worst.`,
    `From half of the rows the other half is predicted within ${percent(halves.median)}, at worst ${percent(halves.worst)}.`,
    `By all of these errors, 95 % of times at a size that was not measured are within ± ${percent(width)}.`,
    helps,
    ...(open.length === 0
      ? []
      : [`The rows leave ${open.join(' and ')} open: measure batches that depend on it.`]),
    ...parameters.flatMap(restsText),
    ...(cells < FEW_CELLS
      ? [
          `${cells} different batches and lengths are few, so these errors are uncertain themselves.`,
        ]
      : []),
    ...notes,
    'Nothing is known of times beyond the measured batches and lengths.',
  ].join(' ')
}

/** A sentence for a value that few rows decide. */
function restsText({ key, value, rests_on: few }: Parameter): string[] {
  if (few === null) return []
  const rows = linesText(few.lines)
  const [was, is] = [value, few.value].map((number) => significant(number, 3))
  return [`${key} rests on ${rows}: it is ${was}, and ${is} without. Measure more like that.`]
}

/** "line 7", "lines 7 and 9" */
function linesText(lines: readonly number[]): string {
  if (lines.length === 1) return `line ${lines[0]} alone`
  const shown = lines.slice(0, MOST_WORST).join(', ')
  return lines.length > MOST_WORST
    ? `${lines.length} rows, such as lines ${shown}`
    : `lines ${shown}`
}

const MEANING = {
  usable: 'Usable between the measured rows.',
  rough: 'Rough: compare alternatives by it, and measure before you decide by its figures.',
  poor: 'Poor: do not decide by it. The rows do not follow the model on this accelerator, or they are not what the columns say.',
} as const satisfies Readonly<Record<Confidence, string>>

/**
 * The sizes that a row shows. An engine has steps with whole prompts, its mean step with as many
 * tokens of them as it takes in, and contexts that grow.
 */
function coveredBy({ batch, length, prefillTokens, engine }: FittedRow['row']) {
  if (engine !== undefined) {
    const { concurrency, inputTokens, outputTokens } = engine
    const contexts = [inputTokens, inputTokens + outputTokens].map(Math.round)
    const prefill = [inputTokens, Math.max(inputTokens, prefillTokens)].map(Math.round)
    return { batch: [concurrency], length: contexts, prefill }
  }
  return {
    batch: batch > 0 ? [batch] : [],
    length: batch > 0 ? [Math.max(1, length)] : [],
    prefill: prefillTokens > 0 ? [prefillTokens] : [],
  }
}

function efficiencyOf(
  { rows, source, precision, place, resampled = [] }: PrecisionRows,
  {
    left,
    parameters,
    width,
  }: {
    readonly left: Errors
    readonly parameters: readonly Parameter[]
    readonly width: number
  },
): PrecisionFit['efficiency'] {
  const by = Object.fromEntries(parameters.map(({ key, value }) => [key, rounded(value)]))
  const { compute = 0, memory = 0, launch_us = 0, saturation_tokens, sharpness } = by
  const covered = rows.map(({ row }) => coveredBy(row))
  const batches = covered.flatMap(({ batch }) => batch)
  const lengths = covered.flatMap(({ length }) => length)
  const prefills = covered.flatMap(({ prefill }) => prefill)
  const range = (values: readonly number[]): [number, number] => [
    ...([Math.min(...values), Math.max(...values)] as const),
  ]
  return {
    compute,
    memory,
    launch_us,
    ...(saturation_tokens !== undefined && { saturation_tokens }),
    ...(sharpness !== undefined && { sharpness }),
    fitted: {
      ...place,
      precision,
      ...(batches.length > 0 && { batch: range(batches) }),
      ...(lengths.length > 0 && { length: range(lengths) }),
      ...(prefills.length > 0 && { prefill_tokens: range(prefills) }),
      error: rounded(left.median),
      worst: rounded(Math.abs(left.worst)),
      width: rounded(width),
      source: source.slice(0, 1000),
    },
    ...(resampled.length > 0 && { alternatives: alternativeLaws(resampled, openOf(parameters)) }),
  }
}
