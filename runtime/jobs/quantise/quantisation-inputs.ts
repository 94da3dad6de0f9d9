import { Failure } from '../../../scenarios/index.ts'
import { poolsToCalibrate } from '../../../sim/experiment/index.ts'
import { type CalibrationInput, type InputSpec, readSamplesShape } from '../../models/index.ts'
import type { Prepared } from '../prepare.ts'
import { paddedLength } from '../variants/output-drift.ts'

/** Inputs on which both models are compared. */
const COMPARED = 32

export interface QuantisationInputs {
  readonly calibration: readonly CalibrationInput[]
  /** other ones, on which outputs are compared */
  readonly compared: readonly CalibrationInput[]
  /** intra-op threads of the pool that runs the model */
  readonly threads: number
  readonly warnings: readonly string[]
}

/** Requests with the lengths of a model's pool, for its calibration and for the comparison. */
export async function quantisationInputs(
  prepared: Prepared,
  name: string,
  inputs: readonly InputSpec[],
  samples: number,
): Promise<QuantisationInputs> {
  const { scenario, file } = prepared
  const pool = scenario.pools.findIndex(({ model }) => model === name)
  if (pool < 0) {
    throw new Failure(
      `${file} pools: none runs ${name}, so the lengths of its requests are unknown`,
    )
  }
  const stored = await storedSamples(inputs)
  const counts = sampleCounts(samples, stored)
  const { plan, lengths } = poolsToCalibrate(prepared)[pool]!
  const drawn = Array.from({ length: counts.calibrated + counts.compared }, (_, i) => ({
    key: i < counts.calibrated ? i : counts.comparedFrom + i - counts.calibrated,
    length: paddedLength(lengths.draw(), plan.padTo),
  }))
  return {
    calibration: drawn.slice(0, counts.calibrated),
    compared: drawn.slice(counts.calibrated),
    threads: scenario.pools[pool]!.threads,
    warnings: warningsOf(inputs, stored),
  }
}

/** The least number of samples in a file of an input; infinite where none has a file. */
async function storedSamples(inputs: readonly InputSpec[]): Promise<number> {
  const counts = await Promise.all(
    inputs.flatMap(({ file }) => (file === undefined ? [] : [readSamplesShape(file)])),
  )
  return Math.min(...counts.map(([count = 1]) => count))
}

/** How many samples each part takes: the comparison gets up to half of those of a file. */
export function sampleCounts(asked: number, stored: number) {
  const rest = Math.max(stored - COMPARED, Math.ceil(stored / 2))
  const calibrated = Math.min(asked, rest)
  const left = stored - calibrated
  return left === 0
    ? { calibrated, compared: calibrated, comparedFrom: 0 }
    : { calibrated, compared: Math.min(COMPARED, left), comparedFrom: calibrated }
}

function warningsOf(inputs: readonly InputSpec[], stored: number): string[] {
  if (stored === 1) {
    return ['the file of samples has one, so outputs are compared on that of the calibration']
  }
  if (stored < Number.POSITIVE_INFINITY || inputs.every(({ value }) => value !== undefined)) {
    return []
  }
  const text = 'ranges and drift are those of drawn values'
  return [`${text}; file: samples.npy of an input takes real samples`]
}
