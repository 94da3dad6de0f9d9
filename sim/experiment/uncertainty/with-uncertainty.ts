import { parseObjective } from '../../../scenarios/schema/objective.ts'
import type { UncertainInput } from '../../../scenarios/schema/uncertain.ts'
import type { Result, Uncertainty } from '../../documents/index.ts'
import { drawnValue, EffectFit } from '../../stats/index.ts'
import { limitOf, verdictOf } from '../result/objectives.ts'
import { type DrawnRuns, uncertainFigures } from './uncertain-figures.ts'
import { figureValues, type WidenedFigure, widened } from './widened-figure.ts'

/** Draws of the inputs of a scenario, and what was simulated. */
export interface Drawn {
  readonly inputs: readonly UncertainInput[]
  /** of each draw, the value of each input */
  readonly values: readonly (readonly number[])[]
  /** at the stated values, with the seeds of the draws */
  readonly nominal: DrawnRuns
  /** of each draw */
  readonly runs: readonly DrawnRuns[]
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
  const objectives = widenedObjectives(result, drawn)
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

/** The objectives of a result alone, by the wider intervals of their figures. */
export function objectivesWithUncertainty(
  result: Pick<Result, 'objectives' | 'runs'>,
  drawn: DrawnObjectives,
): Result['objectives'] {
  return widenedObjectives(result, drawn).map(({ objective, wide }) => judged(objective, wide))
}

/** The runs of draws, of which objectives are read. */
interface DrawnObjectives {
  readonly nominal: Pick<DrawnRuns, 'runs'>
  readonly runs: readonly Pick<DrawnRuns, 'runs'>[]
}

function widenedObjectives(
  { objectives, runs }: Pick<Result, 'objectives' | 'runs'>,
  drawn: DrawnObjectives,
): Of<{ readonly objective: Objective }>[] {
  return objectives.map((objective, i) => {
    const each = figureValues(drawn, (_, run) => run.objectives[i]!.value)
    const goodput = parseObjective(objective.text)!.kind === 'goodput'
    const most = goodput ? 1 : Number.POSITIVE_INFINITY
    return { objective, wide: each && widened(objective.estimate, each, { runs, most }) }
  })
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

/** Infinite ends have no number in a document. */
const finite = (end: number) => (Number.isFinite(end) ? end : null)

/** An input with the ends of its middle 95 %. */
export function describedInput(input: UncertainInput): Uncertainty['inputs'][number] {
  const [low, high] = [0.025, 0.975].map((p) => drawnValue(input, p))
  return { name: input.name, value: input.value, low: low!, high: high! }
}

/** An objective by the wider interval of its figure; by the draws where there is none. */
function judged(objective: Objective, wide: WidenedFigure | null): Objective {
  if (wide === null) return { ...objective, interval: 'draws' }
  const stated = parseObjective(objective.text)!
  const limit = limitOf(stated)
  const below = wide.probabilityBelow(limit)
  const p_holds = stated.kind === 'goodput' ? 1 - below : below
  const { low, high } = wide
  const with_inputs = { low: finite(low), high: finite(high), p_holds }
  const known = { ...objective, interval: 'inputs' as const, with_inputs }
  const { value, n } = objective.estimate
  const verdict = verdictOf(stated, { value, low, high, n })
  if (objective.verdict === 'UNDECIDED' || verdict === objective.verdict) return known
  const reason = 'with uncertain inputs its interval holds the limit'
  return {
    ...known,
    estimate: { ...objective.estimate, reason },
    tail: null,
    verdict: 'UNDECIDED',
    deciding_duration_s: null,
  }
}
