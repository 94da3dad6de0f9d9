import { parseObjective } from '../../../scenarios/schema/objective.ts'
import type { Estimate, Result, Uncertainty } from '../../documents/index.ts'
import { limitOf } from '../result/objectives.ts'
import type { UncertainFigure } from './uncertain-figures.ts'
import type { WidenedFigure } from './widened-figure.ts'

type Answer = Uncertainty['answers'][number]
type Widened<T> = T & { readonly wide: WidenedFigure | null }

/** A figure that an answer is about, with its wider interval. */
export interface AnswerFigure extends Pick<Answer, 'class' | 'objective' | 'metric' | 'p'> {
  readonly estimate: Estimate
  readonly wide: WidenedFigure
}

/** Percentiles beyond this one are rather noise than an answer. */
const HIGHEST = 0.99

/**
 * What the answers are about: the objective that is least sure to hold. Where none is stated, the
 * highest percentile of the latency up to p99, of the class where it is widest, and the cost of a
 * million requests.
 */
export function answerFigures(
  objectives: readonly Widened<{ readonly objective: Result['objectives'][number] }>[],
  figures: readonly (UncertainFigure & { readonly wide: WidenedFigure })[],
): AnswerFigure[] {
  if (objectives.length > 0) return bindingObjective(objectives)
  const latencies = figures.filter(({ metric, p }) => metric === 'latency' && (p ?? 1) <= HIGHEST)
  const most = Math.max(...latencies.map(({ p }) => p!))
  const [widest] = latencies
    .filter(({ p }) => p === most)
    .toSorted((a, b) => widthOf(b) - widthOf(a))
  const cost = figures.find(({ metric }) => metric === 'usd_per_million')
  return [widest, cost].flatMap((figure) => {
    if (figure === undefined) return []
    const { class: name, metric, p, estimate, wide } = figure
    return [{ class: name, objective: null, metric, p, estimate, wide }]
  })
}

/** The wider interval as a share of the figure. */
const widthOf = ({ estimate, wide }: Pick<AnswerFigure, 'estimate' | 'wide'>) =>
  (wide.high - wide.low) / estimate.value!

/** Of a goodput that may miss nothing. */
const LEAST_MISSED = 1e-12
/** Beyond this probability the least sure one is chance. */
const SURE = 0.999

/**
 * The objective that is nearest to its limit where all surely hold, or else the least sure one; of
 * those that are equally sure the nearest to its limit. Of those that have a wider interval.
 */
function bindingObjective(
  objectives: readonly Widened<{ readonly objective: Result['objectives'][number] }>[],
): AnswerFigure[] {
  const known = objectives.flatMap(({ objective, wide }) => {
    const { class: name, text, estimate, with_inputs: withInputs } = objective
    if (wide === null || withInputs === undefined) return []
    const stated = parseObjective(text)!
    const value = estimate.value!
    const ofLimit =
      stated.kind === 'goodput'
        ? (1 - value) / Math.max(LEAST_MISSED, 1 - stated.share)
        : value / limitOf(stated)
    const figure: AnswerFigure = {
      ...{ class: name, objective: text, metric: null, p: null },
      estimate,
      wide,
    }
    return [{ figure, ofLimit, holds: withInputs.p_holds }]
  })
  const all = known.every(({ holds }) => holds > SURE)
  const [binding] = known.toSorted((a, b) => (all ? 0 : a.holds - b.holds) || b.ofLimit - a.ofLimit)
  return binding === undefined ? [] : [binding.figure]
}
