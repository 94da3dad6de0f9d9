import type { UncertainInput } from '../../../scenarios/schema/uncertain.ts'
import type { Result, Uncertainty } from '../../documents/index.ts'
import {
  drawnValue,
  drawsForPairs,
  EffectFit,
  type InputEffects,
  type InputNarrowing,
} from '../../stats/index.ts'
import { type AnswerFigure, answerFigures } from './answers.ts'
import { type UncertainFigure, uncertainFigures } from './uncertain-figures.ts'
import {
  figureValues,
  finite,
  type RunsAtDraws,
  type WidenedFigure,
  widened,
} from './widened-figure.ts'
import { agreedVerdict, type DrawnObjectives, widenedObjective } from './widened-objective.ts'

/** Draws of the inputs of a scenario, and what was simulated. */
export interface Drawn extends RunsAtDraws {
  readonly inputs: readonly UncertainInput[]
  /** of each draw, the value of each input */
  readonly values: readonly (readonly number[])[]
}

type Objective = Result['objectives'][number]

/** What was simulated at the stated values, over so many runs. */
interface Stated {
  readonly objectives: readonly Objective[]
  readonly figures: readonly UncertainFigure[]
  readonly runs: number
}

/** A result with the wider intervals of its figures, and its objectives by these. */
export function withUncertainty(result: Result, drawn: Drawn): Result {
  const figures = uncertainFigures(result, drawn.nominal.capacityRps)
  const { objectives, runs } = result
  return { ...result, ...withInputs({ objectives, figures, runs }, drawn) }
}

/** Metrics that are shares, and so at most 1. */
const SHARES: readonly UncertainFigure['metric'][] = ['goodput_share', 'utilisation']

/**
 * The wider intervals of figures, and objectives by these: where the interval of an objective holds
 * its limit, nothing is decided, whatever the draws alone show.
 */
export function withInputs(
  stated: Stated,
  drawn: Drawn,
): { readonly objectives: Objective[]; readonly uncertainty: Uncertainty } {
  const { inputs, values, nominal } = drawn
  const { runs } = stated
  const fit = new EffectFit(inputs, values)
  const figures = stated.figures.flatMap((figure) => {
    const each = figureValues(drawn, figure.of)
    const most = SHARES.includes(figure.metric) ? 1 : Number.POSITIVE_INFINITY
    const wide = each && widened(figure.estimate, each, { runs, most })
    return wide === null ? [] : [{ ...figure, wide }]
  })
  const objectives = widenedObjectives(stated, drawn)
  const decided = objectives.map(({ objective, wide }) => ({
    objective: judged(objective, wide),
    wide,
  }))
  const described = (effects: InputEffects | null) => describedEffects(effects, inputs)
  const drawnFigure = ({ scaled, perUnit }: WidenedFigure) => ({ values: scaled, perUnit })
  return {
    objectives: decided.map(({ objective }) => objective),
    uncertainty: {
      draws: values.length,
      replications: nominal.runs.length,
      settled: isSettled(objectives, figures),
      inputs: inputs.map(describedInput),
      figures: figures.map(({ class: name, metric, p, estimate, wide }) => ({
        ...{ class: name, metric, p, draws: estimate },
        ...{ low: finite(wide.low), high: finite(wide.high) },
        ...described(fit.effects(drawnFigure(wide))),
      })),
      answers: answerFigures(decided, figures).map(({ estimate, wide, ...named }) => {
        const effects = fit.effects(drawnFigure(wide))
        const narrowings = effects && fit.narrowings(drawnFigure(wide), wide.error)
        return {
          ...named,
          draws: withoutReason(estimate),
          ...{ low: finite(wide.low), high: finite(wide.high) },
          ...described(effects),
          open: effects?.open ?? null,
          narrowings: (narrowings ?? []).map(({ left, enough }, i) => ({
            input: inputs[i]!.name,
            left: closed(left),
            enough: closed(enough),
          })),
        }
      }),
    },
  }
}

/** Where inputs have less than the rest of this share of the variance alone, totals are stated. */
const MUCH_TOGETHER = 0.1

/**
 * Whether further draws, at most so many, may change what is said: ends of intervals that still
 * move, or an answer that hangs on what inputs do together, for which draws are too few.
 */
export function needsMoreDraws(
  { settled, draws, inputs, answers }: Uncertainty,
  most: number,
): boolean {
  if (2 * draws > most) return false
  const pairs = drawsForPairs(inputs.length)
  const isOpen = answers.some(({ together }) => together !== null && together > MUCH_TOGETHER)
  return !settled || (isOpen && draws < pairs && pairs <= most)
}

/** The verdict of an objective has its reason. */
const withoutReason = ({ value, low, high, n }: AnswerFigure['estimate']) => ({
  value,
  low,
  high,
  n,
})

/** The objectives of a result alone, by the wider intervals of their figures. */
export function objectivesWithUncertainty(
  stated: Pick<Stated, 'objectives' | 'runs'>,
  drawn: DrawnObjectives,
): Objective[] {
  return widenedObjectives(stated, drawn).map(({ objective, wide }) => judged(objective, wide))
}

function widenedObjectives(
  { objectives, runs }: Pick<Stated, 'objectives' | 'runs'>,
  drawn: DrawnObjectives,
): Of<{ readonly objective: Objective }>[] {
  return objectives.map((objective, at) => {
    return { objective, wide: widenedObjective(objective, drawn, { at, runs }) }
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

type Effects = Pick<Uncertainty['figures'][number], 'effects' | 'together'>

/** Effects as a document has them; none where there are none. */
function describedEffects(
  effects: InputEffects | null,
  inputs: readonly UncertainInput[],
): Effects {
  if (effects === null) return { effects: [], together: null }
  const hasTotals = effects.together > MUCH_TOGETHER
  return {
    effects: effects.inputs.map(({ elasticity, share, total }, i) => ({
      input: inputs[i]!.name,
      elasticity: closed(elasticity),
      share: closed(share),
      ...(hasTotals && { total: closed(total) }),
    })),
    together: effects.together,
  }
}

/** An interval that has both ends. */
const closed = ({ value, low, high }: InputNarrowing['left']) => ({
  value,
  low: low!,
  high: high!,
})

/** An input with the ends of its middle 95 %, as documents have it. */
export function describedInput(input: UncertainInput): Uncertainty['inputs'][number] {
  const { name, value, source = 'scenario', laws } = input
  const [low, high] = [0.025, 0.975].map((p) => drawnValue(input, p))
  const several = laws !== undefined && { laws: laws.length }
  return { name, source, value, low: low!, high: high!, ...several }
}

/** Whether what is not known of the inputs has more of a width than the draws. */
function isMuchWider(wide: WidenedFigure, { estimate: { low, high } }: Objective): boolean {
  return low !== null && high !== null && wide.high - wide.low > 2 * (high - low)
}

/**
 * An objective by the wider interval of its figure. Without a value in some draw, or with an
 * infinite one in a replication, there is none, and nothing shows that it holds whatever the inputs
 * are.
 */
function judged(objective: Objective, wide: WidenedFigure | null): Objective {
  if (wide === null) {
    if (objective.verdict !== 'PASS') return { ...objective, interval: 'draws' }
    const reason = 'it has no value in a replication or a draw of the uncertain inputs'
    return undecided({ ...objective, interval: 'draws' }, reason)
  }
  const { verdict, with_inputs } = agreedVerdict(objective, wide)
  const known = {
    ...{ ...objective, interval: 'inputs' as const, with_inputs },
    // a longer run narrows the interval of draws alone
    ...(isMuchWider(wide, objective) && { deciding_duration_s: null }),
  }
  if (verdict === objective.verdict) return known
  return undecided(known, 'with uncertain inputs its interval holds the limit')
}

const undecided = (objective: Objective, reason: string): Objective => ({
  ...objective,
  estimate: { ...objective.estimate, reason },
  tail: null,
  verdict: 'UNDECIDED',
  deciding_duration_s: null,
})
