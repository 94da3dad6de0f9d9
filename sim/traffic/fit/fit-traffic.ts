import { rankCorrelation } from '../lengths/rank-correlation.ts'
import type { TraceSample } from '../trace/trace-statistics.ts'
import { type FittedArrivals, fitArrivals } from './fit-arrivals.ts'
import { fitQuantiles, type QuantileKnots } from './fit-lengths.ts'
import { fitLevels } from './fit-levels.ts'

interface FittedLengths {
  readonly distribution: 'quantiles'
  readonly quantiles: QuantileKnots
}

interface FittedStep {
  readonly at_s: number
  readonly input_level?: number
  readonly output_level?: number
}

/** A class of traffic in the format of a scenario. */
export interface FittedClass {
  readonly class: string
  readonly arrivals: FittedArrivals['arrivals']
  readonly input_tokens?: FittedLengths
  readonly output_tokens?: FittedLengths
  readonly length_correlation?: number
  readonly length_schedule?: readonly FittedStep[]
}

/** A class of traffic fitted to a trace, and how its arrivals were fitted. */
export interface FittedTraffic extends Pick<FittedArrivals, 'windows_s' | 'factors'> {
  readonly traffic: FittedClass
}

/** Fits a class to the rows of a trace. The first and the last must have different times. */
export function fitTraffic(name: string, sample: TraceSample): FittedTraffic {
  const { arrivals, windows_s, factors } = fitArrivals(sample.times)
  const lengths = lengthsOf(sample, arrivals.schedule?.map(({ at_s }) => at_s) ?? [0])
  return { traffic: { class: name, arrivals, ...lengths }, windows_s, factors }
}

/** Lengths; where the rate has steps, lengths may differ between them. */
function lengthsOf(
  { times, lengths, outputs }: TraceSample,
  starts: readonly number[],
): Omit<FittedClass, 'class' | 'arrivals'> {
  const steps = Uint16Array.from(times, (time) =>
    starts.findLastIndex((at_s) => 1000 * at_s <= time - times[0]!),
  )
  const input = lengths && fitLevels(lengths, steps, starts.length)
  const output = outputs && fitLevels(outputs, steps, starts.length)
  const schedule = starts.map((at_s, i) => ({
    at_s,
    ...(input?.levels && { input_level: input.levels[i]! }),
    ...(output?.levels && { output_level: output.levels[i]! }),
  }))
  const whole = lengths && outputs && rankCorrelation(lengths, outputs)
  const correlation =
    input && output && whole !== null && withinSteps(whole, input.shifts, output.shifts, steps)
  return {
    ...(lengths && { input_tokens: quantilesOf(lengths) }),
    ...(outputs && { output_tokens: quantilesOf(outputs) }),
    ...(typeof correlation === 'number' && { length_correlation: Number(correlation.toFixed(3)) }),
    ...((input?.levels || output?.levels) && { length_schedule: schedule }),
  }
}

function quantilesOf(lengths: ArrayLike<number>): FittedLengths {
  return { distribution: 'quantiles', quantiles: fitQuantiles(lengths) }
}

/** The rank correlation within steps with which the total is `whole`: covariances of scores add. */
function withinSteps(
  whole: number,
  input: readonly number[],
  output: readonly number[],
  steps: ArrayLike<number>,
): number {
  const moment = (a: readonly number[], b: readonly number[]) => {
    const [meanA, meanB] = [meanOver(a, steps), meanOver(b, steps)]
    return meanOver(
      a.map((shift, i) => (shift - meanA) * (b[i]! - meanB)),
      steps,
    )
  }
  const deviation = Math.sqrt((1 + moment(input, input)) * (1 + moment(output, output)))
  const scores = 2 * Math.sin((Math.PI * whole) / 6) * deviation - moment(input, output)
  return (6 / Math.PI) * Math.asin(Math.max(-1, Math.min(1, scores)) / 2)
}

/** Mean over all requests of a value by step. */
function meanOver(values: readonly number[], steps: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < steps.length; i++) sum += values[steps[i]!]!
  return sum / steps.length
}
