import type { UncertainInput } from '../../../scenarios/schema/uncertain.ts'
import type { Result, Uncertainty } from '../../documents/index.ts'
import { drawnValue, EffectFit } from '../../stats/index.ts'
import { uncertainFigures } from './uncertain-figures.ts'
import {
  figureValues,
  finite,
  type RunsAtDraws,
  type WidenedFigure,
  widened,
} from './widened-figure.ts'
import { agreedVerdict, widenedObjective } from './widened-objective.ts'

/** Draws of the inputs of a scenario, and what was simulated. */
export interface Drawn extends RunsAtDraws {
  readonly inputs: readonly UncertainInput[]
  /** of each draw, the value of each input */
  readonly values: readonly (readonly number[])[]
}

type Objective = Result['objectives'][number]

/**
 * A result with the wider intervals of its figures, and its objectives by these: where the interval
 * of an objective holds its limit, nothing is decided, whatever the draws alone show.
 */
export function withUncertainty(result: Result, drawn: Drawn): Result {
  const { inputs, values, nominal } = drawn
  const { runs } = result
  const fit = new EffectFit(inputs, values)
  const figures = uncertainFigures(result, nominal.capacityRps).flatMap((figure) => {
    const each = figureValues(drawn, figure.of)
    const most = figure.metric === 'goodput_share' ? 1 : Number.POSITIVE_INFINITY
    const wide = each && widened(figure.estimate, each, { runs, most })
    return wide === null ? [] : [{ ...figure, wide }]
  })
  const objectives = result.objectives.map((objective, at) => {
    return { objective, wide: widenedObjective(objective, drawn, { at, runs }) }
  })
  return {
    ...result,
    objectives: objectives.map(({ objective, wide }) => judged(objective, wide)),
    uncertainty: {
      draws: values.length,
      replications: nominal.runs.length,
      settled: isSettled(objectives, figures),
      inputs: inputs.map(describedInput),
      figures: figures.map(({ class: name, metric, p, estimate, wide }) => {
        const effects = fit.effects({ values: wide.scaled, perUnit: wide.perUnit })
        return {
          ...{ class: name, metric, p, draws: estimate },
          ...{ low: finite(wide.low), high: finite(wide.high) },
          effects:
            effects?.inputs.map((of, i) => ({ input: inputs[i]!.name, ...effectOf(of) })) ?? [],
          together: effects?.together ?? null,
        }
      }),
    },
  }
}

type Of<T> = T & { readonly wide: WidenedFigure | null }

/** Whether the intervals of the answer are: of the objectives, or of all figures where none is. */
function isSettled(
  objectives: readonly Of<object>[],
  figures: readonly Of<{ readonly p: number | null }>[],
): boolean {
  const answer = objectives.length > 0 ? objectives : figures.filter(({ p }) => p !== 0.999)
  return answer.every(({ wide }) => wide?.settled !== false)
}

type Effect = Omit<Uncertainty['figures'][number]['effects'][number], 'input'>

function effectOf({
  elasticity,
  share,
}: NonNullable<ReturnType<EffectFit['effects']>>['inputs'][number]): Effect {
  const closed = ({ value, low, high }: typeof share) => ({ value, low: low!, high: high! })
  return { elasticity: closed(elasticity), share: closed(share) }
}

/** An input as documents have it. */
export function describedInput(input: UncertainInput): Uncertainty['inputs'][number] {
  const [low, high] = [0.025, 0.975].map((p) => drawnValue(input, p))
  return { name: input.name, value: input.value, low: low!, high: high! }
}

/** An objective by the wider interval of its figure; by the draws where there is none. */
function judged(objective: Objective, wide: WidenedFigure | null): Objective {
  if (wide === null) return { ...objective, interval: 'draws' }
  const { verdict, with_inputs } = agreedVerdict(objective, wide)
  const known = { ...objective, interval: 'inputs' as const, with_inputs }
  if (verdict === objective.verdict) return known
  const reason = 'with uncertain inputs its interval holds the limit'
  return {
    ...known,
    estimate: { ...objective.estimate, reason },
    tail: null,
    verdict: 'UNDECIDED',
    deciding_duration_s: null,
  }
}
