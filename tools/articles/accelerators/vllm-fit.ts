import { mean, sum } from 'simple-statistics'
import { simplexSearch } from './simplex.ts'
import {
  type Engines,
  enginesApart,
  enginesTogether,
  type StepTimes,
  simulated,
} from './vllm-engine.ts'
import { type RequestLatency, type ServedModel, type ServedRun, servedRun } from './vllm-runs.ts'

/** Largest error end to end of the mean, p50 and p99 of the predicted half. */
export const BAR = 0.05

/** About what a model of 8 billion parameters takes on a card of this class, ms. */
const START: StepTimes = {
  baseMs: 20,
  perSequenceMs: 0.08,
  perPrefillTokenMs: 0.05,
  perContextTokenMs: 0.00008,
}

export const METRICS = ['ttft', 'tpot', 'endToEnd'] as const satisfies (keyof RequestLatency)[]
export type Metric = (typeof METRICS)[number]
export const FIGURES = ['mean', 'p50', 'p99'] as const
export type Figure = (typeof FIGURES)[number]
export type Half = 'first' | 'second'

/** Requests of a half in the order of their arrival. */
export function halfOf<T>(requests: readonly T[], half: Half): readonly T[] {
  const middle = requests.length / 2
  return half === 'first' ? requests.slice(0, middle) : requests.slice(middle)
}

export function figureOf(
  requests: readonly RequestLatency[],
  metric: Metric,
  figure: Figure,
): number {
  const values = requests.map((request) => request[metric])
  if (figure === 'mean') return mean(values)
  const p = figure === 'p50' ? 0.5 : 0.99
  return values.sort((a, b) => a - b)[Math.ceil(p * values.length) - 1]!
}

/** Signed and relative: simulated − measured. */
export function errorOf(
  pair: {
    readonly simulated: readonly RequestLatency[]
    readonly measured: readonly RequestLatency[]
  },
  metric: Metric,
  figure: Figure,
): number {
  return figureOf(pair.simulated, metric, figure) / figureOf(pair.measured, metric, figure) - 1
}

/**
 * How the metrics are weighed. `scatter`: each by its own unknown scatter, as in the likelihood of
 * independent normal errors, n log(sum of squares) over the metrics (Box and Draper 1965, without
 * covariances). `mean`: by the measured mean.
 */
export type Weights = 'scatter' | 'mean'

/** Of a half, by the latencies of its requests. */
function misfit(
  { measured }: ServedRun,
  found: readonly RequestLatency[],
  half: Half,
  weights: Weights,
): number {
  const [was, is] = [halfOf(measured, half), halfOf(found, half)]
  const sums = METRICS.map((metric) => {
    const scale = figureOf(was, metric, 'mean')
    return was.reduce((sum, own, i) => sum + ((is[i]![metric] - own[metric]) / scale) ** 2, 0)
  })
  if (weights === 'mean') return sum(sums)
  return was.length * sum(sums.map((squares) => Math.log(squares / was.length)))
}

export interface EngineFit {
  readonly run: ServedRun
  readonly engines: Engines
  readonly fitted: Half
  readonly weights: Weights
  readonly times: StepTimes
  /** of the fitted half */
  readonly misfit: number
  /** every request of the run */
  readonly simulated: readonly RequestLatency[]
}

/**
 * Fits the time of a step to the latencies of a half. Arrivals and lengths of all requests are
 * given, as both halves share the engine.
 */
export function fitEngine(
  run: ServedRun,
  engines: Engines,
  fitted: Half,
  weights: Weights = 'scatter',
): EngineFit {
  const best = simplexSearch(valuesOf(START), (values) =>
    misfit(run, simulated(run.measured, engines, timesOf(values)), fitted, weights),
  )
  const times = timesOf(best)
  const found = simulated(run.measured, engines, times)
  const own = misfit(run, found, fitted, weights)
  return { run, engines, fitted, weights, times, misfit: own, simulated: found }
}

const valuesOf = ({
  baseMs,
  perSequenceMs,
  perPrefillTokenMs,
  perContextTokenMs,
}: StepTimes): readonly number[] => [baseMs, perSequenceMs, perPrefillTokenMs, perContextTokenMs]

const timesOf = (values: readonly number[]): StepTimes => ({
  baseMs: values[0]!,
  perSequenceMs: values[1]!,
  perPrefillTokenMs: values[2]!,
  perContextTokenMs: values[3]!,
})

/** Errors of the half that was not fitted, or of the other. */
export function pairOf({ run, simulated }: EngineFit, half: Half) {
  return { measured: halfOf(run.measured, half), simulated: halfOf(simulated, half) }
}

/** Whether mean, p50 and p99 end to end are within the bar for the predicted half. */
export function barMet(fit: EngineFit): boolean {
  const pair = pairOf(fit, fit.fitted === 'first' ? 'second' : 'first')
  return FIGURES.every((figure) => Math.abs(errorOf(pair, 'endToEnd', figure)) <= BAR)
}

/** The fits of a run. */
export interface VllmStudy {
  readonly model: ServedModel
  readonly chosen: EngineFit
  /** the same with the halves exchanged */
  readonly reversed: EngineFit
  /** the same with the metrics weighed by their means */
  readonly byMean: EngineFit
  /** the arrangement of engines that was not chosen; null where there is one */
  readonly rejected: EngineFit | null
}

/** Chooses the arrangement of engines with the smallest misfit of the first half. */
export function vllmStudy(model: ServedModel): VllmStudy {
  const run = servedRun(model)
  const arrangements =
    model.engines > 1 ? [enginesApart(model), enginesTogether(model)] : [enginesApart(model)]
  const fits = arrangements.map((engines) => fitEngine(run, engines, 'first'))
  const chosen = fits.reduce((a, b) => (b.misfit < a.misfit ? b : a))
  return {
    model,
    chosen,
    reversed: fitEngine(run, chosen.engines, 'second'),
    byMean: fitEngine(run, chosen.engines, 'first', 'mean'),
    rejected: fits.find((fit) => fit !== chosen) ?? null,
  }
}
