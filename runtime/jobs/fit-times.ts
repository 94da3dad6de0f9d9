import {
  type AcceleratorPrecision,
  acceleratorPrecisions,
  EXIT,
  Failure,
  isTransformer,
  loadScenario,
  type MeasuredRow,
  type MeasurementColumns,
  nearest,
  type Pool,
  type Precision,
  readMeasurements,
  type Scenario,
} from '../../scenarios/index.ts'
import {
  cellCount,
  type ResampledFit,
  resampledFit,
  SHAPE_NAMES,
  type ShapeTrial,
  tryShape,
} from '../../sim/accelerator/index.ts'
import type { Fit } from '../../sim/documents/index.ts'
import {
  decoderPass,
  encoderPass,
  type FitPlace,
  type FittedRow,
  precisionFit,
  type TransformerWork,
} from '../../sim/experiment/index.ts'
import { pause } from '../process/interruption.ts'
import { build } from '../version.ts'
import { FIT_LIMITS } from './fit-limits.ts'
import { type DocumentOptions, LIBRARY_CALL, ownKey } from './options.ts'

export interface FitTimesOptions extends DocumentOptions {
  readonly set?: readonly string[]
  /** whose model and accelerator were measured; by default the only one with a transformer */
  readonly pool?: string | undefined
  readonly columns?: MeasurementColumns | undefined
  /** values that rows must have, by column */
  readonly where?: readonly (readonly [column: string, value: string])[] | undefined
  /** names a key as the user sets it; default: as in these options */
  readonly key?: (name: string) => string
  /** gets what was guessed of the columns */
  readonly onNote?: ((text: string) => void) | undefined
}

/**
 * Fits the efficiencies of the model of a pool to measured times of its batches or steps, which a
 * CSV file has. Each precision is fitted apart: `efficiency` holds one value of each kind, and
 * kernels of different precisions reach different shares of their peaks. Fits that share what they
 * can predicted published times of BERT no better in the median.
 */
export async function fitTimes(
  scenarioPath: string,
  file: string,
  options: FitTimesOptions = {},
): Promise<Fit> {
  const { signal, onProgress, command = LIBRARY_CALL, key = ownKey, where = [] } = options
  const { scenario, hash } = await loadScenario(scenarioPath, { set: options.set ?? [] })
  const { pool, work } = poolOf(scenario, options.pool, key)
  if (typeof pool.accelerator === 'string') throw new Error('Expected an accelerator')
  const measured = await readMeasurements(file, {
    columns: options.columns ?? {},
    where,
    key,
    decodes: work.law === 'transformer-decoder',
  })
  if (measured.said !== null) options.onNote?.(`${file}: ${measured.said}`)
  const conditions = where.map(([column, value]) => `${column}=${value}`)
  const source = [file, ...conditions].join(', ')
  const groups = byPrecision(measured.rows, pool)
  const poolRows = groups.get(pool.precision)
  if (poolRows === undefined) {
    const precisions = [...groups.keys()].join(', ')
    const text = `expected rows at ${pool.precision}, the precision of pool ${pool.name}, got ${precisions}`
    throw new Failure(`${file}: ${text}; set the precision of the pool to that of the rows`)
  }
  const fits: Fit['fits'] = []
  const notFitted: Fit['not_fitted'] = []
  for (const [precision, rows] of groups) {
    const ofPool = precision === pool.precision
    const why = problemOf(rows, precision, pool, measured.columns.precision ?? 'precision')
    if (why !== null && ofPool) throw new Failure(`${file}: ${why}`, EXIT.undecided)
    if (why !== null) {
      notFitted.push({ precision, rows: rows.length, why })
      continue
    }
    const passes = rows.map((row) =>
      passOf(row, work, {
        ...pool,
        precision: precision as Precision,
      }),
    )
    const trials: ShapeTrial<FittedRow>[] = []
    for (const [i, name] of SHAPE_NAMES.entries()) {
      onProgress?.(`fitting ${precision}`, i, SHAPE_NAMES.length)
      await pause(signal)
      trials.push(tryShape(name, passes))
    }
    const resampled: ResampledFit[] = []
    for (let i = 0; i < FIT_LIMITS.resampledFits; i++) {
      onProgress?.(`fitting resampled rows of ${precision}`, i, FIT_LIMITS.resampledFits)
      await pause(signal)
      resampled.push(resampledFit(passes, trials, i))
    }
    fits.push(
      precisionFit({
        precision,
        ofPool,
        rows: passes,
        trials,
        resampled,
        efficiency: work.efficiency,
        place: placeOf(pool, pool.accelerator.name),
        source,
        meanTimes: measured.meanTimes,
        notes: work.law === 'transformer-decoder' ? notesOn(rows) : [],
      }),
    )
  }
  return {
    document: 'spillway-fit',
    format: 1,
    ...build(),
    scenario: { name: scenario.name, hash, description: scenario.description },
    pool: pool.name,
    model: pool.model,
    law: work.law,
    accelerator: pool.accelerator.name,
    tensor_parallel: pool.tensor_parallel ?? 1,
    file,
    columns: { ...measured.columns },
    where: conditions,
    rows: measured.rows.length,
    left_out: measured.leftOut,
    fits,
    not_fitted: notFitted,
    command,
  }
}

/** The card and the engine of a pool, which its rows are of. */
function placeOf({ engine, tensor_parallel, partition }: Pool, accelerator: string): FitPlace {
  return {
    accelerator,
    ...(engine !== undefined && { engine }),
    ...(tensor_parallel !== undefined && { tensor_parallel }),
    ...(partition !== undefined && { partition }),
  }
}

interface MeasuredPool {
  readonly pool: Pool
  readonly work: TransformerWork
}

/** The pool that was measured. */
function poolOf(
  { pools, models }: Scenario,
  name: string | undefined,
  key: (name: string) => string,
): MeasuredPool {
  const all = pools.flatMap((pool): MeasuredPool[] => {
    const model = models[pool.model]!
    return 'work' in model && isTransformer(model.work) ? [{ pool, work: model.work }] : []
  })
  const names = all.map(({ pool }) => pool.name)
  if (all.length === 0) {
    const text = 'expected a model with work of law transformer-encoder or transformer-decoder'
    throw new Failure(`pools: ${text}, whose efficiencies a fit finds; no pool has one`)
  }
  if (name === undefined) {
    if (all.length === 1) return all[0]!
    const text = 'several pools have a transformer; set'
    throw new Failure(`${text} ${key('pool')} to one of ${names.join(', ')}`, EXIT.usage)
  }
  const chosen = all.find(({ pool }) => pool.name === name)
  if (chosen !== undefined) return chosen
  const near = nearest(name, names)
  const hint = near === null ? '' : `; did you mean ${near}?`
  const text = `expected a pool with a transformer (${names.join(', ')}), got ${name}${hint}`
  throw new Failure(`${key('pool')}: ${text}`, EXIT.usage)
}

/** Rows by their precision, that of the pool first. */
function byPrecision(
  rows: readonly MeasuredRow[],
  pool: Pool,
): ReadonlyMap<string, readonly MeasuredRow[]> {
  const groups = new Map<string, MeasuredRow[]>([[pool.precision, []]])
  for (const row of rows) {
    const precision = row.precision ?? pool.precision
    groups.set(precision, [...(groups.get(precision) ?? []), row])
  }
  if (groups.get(pool.precision)!.length === 0) groups.delete(pool.precision)
  return groups
}

/** Why nothing can be fitted to the rows of a precision; null if something can. */
function problemOf(
  rows: readonly MeasuredRow[],
  precision: string,
  { accelerator }: Pool,
  column: string,
): string | null {
  const computed = precision === 'int4' ? 'fp16' : precision
  if (!isPrecision(computed)) {
    return `no precision of a scenario; set that of the pool, and add --where '${column}=${precision}'`
  }
  if (typeof accelerator === 'object' && accelerator.tflops[computed] === undefined) {
    return `${accelerator.name} does not compute at ${precision}`
  }
  const cells = cellCount(rows.map((row) => ({ at: cellOf(row) })))
  if (cells >= FIT_LIMITS.leastCells) return null
  const text = `expected at least ${FIT_LIMITS.leastCells} different batches and lengths at ${precision}`
  return `${text}, got ${cells}; measure more of those that the traffic has`
}

const isPrecision = (text: string): text is AcceleratorPrecision =>
  (acceleratorPrecisions as readonly string[]).includes(text)

const cellOf = ({ batch, length, prefillTokens }: MeasuredRow) => ({
  batch,
  length,
  prefill_tokens: prefillTokens,
})

/** What rows of a decoder leave open. */
function notesOn(rows: readonly MeasuredRow[]): string[] {
  if (rows.some(({ engine }) => engine !== undefined)) return [MEAN_STEPS]
  return rows.every(({ prefillTokens }) => prefillTokens === 0) ? [NO_PROMPTS] : []
}

const MEAN_STEPS =
  'Each row is the mean step of an engine that always had as many requests as the row has. Single steps with whole prompts are longer, and no row shows them.'
const NO_PROMPTS =
  'No row has tokens of prompts, so times of prompts follow from decoding, and no row checks them. If requests/s or tokens/s of a server include its prompts, give concurrency, input_tokens and output_tokens.'

function passOf(row: MeasuredRow, work: TransformerWork, pool: Pool): FittedRow {
  const { batch, length, prefillTokens, prefills, ms } = row
  const pass =
    work.law === 'transformer-encoder'
      ? encoderPass(work, pool, { size: batch, length })
      : decoderPass(work, pool, {
          decodes: batch,
          context: batch * length,
          prefills,
          prefillTokens,
        })
  return { ...pass, at: cellOf(row), ms, row }
}
