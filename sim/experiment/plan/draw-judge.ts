import { isTimed, type Objective } from '../../../scenarios/schema/objective.ts'
import { meanWithError, studentTCdf, supportsVerdict } from '../../stats/index.ts'
import { meanOf } from '../configuration/cost.ts'
import { limitOf, type ObjectiveFigure } from '../result/objectives.ts'
import { type JudgedRun, judgedObjectives, judgedOn, slowerOn } from './plan-task.ts'
import { type StatedObjective, scaled } from './plan-verdict.ts'

/** What a draw of the inputs shows of a configuration. */
export interface DrawnChance {
  /** that every objective holds, 0 to 1: one half where the least sure one is at its limit */
  readonly holds: number
  /** the largest figure over its limit, or missed share over the one that may be missed */
  readonly ofLimit: number
}

/** Of a draw that cannot be simulated, as where a queue would not fit into memory. */
export const NOT_SIMULATED: DrawnChance = { holds: 0, ofLimit: Number.POSITIVE_INFINITY }

/** The error of a mean over replications. */
interface MeanError {
  readonly standardError: number
  readonly degrees: number
}

/** An objective at the stated inputs, on the scale on which it is judged. */
interface StatedFigure extends MeanError {
  readonly objective: Objective
  /** over all runs */
  readonly mean: number
  /** over the runs whose seeds the draws have */
  readonly ofSeeds: number
  /** what a run has of it */
  readonly scaledValue: (figure: ObjectiveFigure) => number
}

/**
 * Judges draws of the inputs of a configuration by its runs at the stated ones. What a draw changes
 * is measured with the seeds of the first runs, so it has little noise. It is added to the mean
 * over all runs, whose error all draws have alike. With several objectives the least sure one
 * counts, as their errors are of the same requests. Objectives are those of losses, too, and those
 * with the longest times that a transfer allows.
 */
export class DrawJudge {
  readonly #figures: readonly StatedFigure[]

  /** `seeds`: the number of runs of each draw. */
  constructor(stated: readonly StatedObjective[], runs: readonly JudgedRun[], seeds: number) {
    const objectives = judgedObjectives(stated, runs[0]!)
    const each = runs.map(figuresOf)
    const judged = Math.min(...each.map(({ length }) => length))
    this.#figures = Array.from({ length: judged }, (_, i) => {
      const { objective } = objectives[i % objectives.length]!
      const figures = each.map((run) => run[i]!)
      const isUpper = takesUpper(objective, figures)
      const scaledValue = ({ value, upper }: ObjectiveFigure) =>
        scaled(objective, isUpper ? (upper ?? Number.POSITIVE_INFINITY) : value)
      const values = figures.map(scaledValue)
      return {
        ...{ objective, scaledValue },
        mean: meanOf(values),
        ofSeeds: meanOf(values.slice(0, seeds)),
        ...errorOf(values),
      }
    })
  }

  /** `runs`: of a draw, as many as there are seeds. */
  chance(runs: readonly JudgedRun[]): DrawnChance {
    const each = runs.map(figuresOf)
    const chances = this.#figures.map((figure, i) =>
      chanceOf(
        figure,
        each.map((run) => (run[i] === undefined ? Number.NaN : figure.scaledValue(run[i]))),
      ),
    )
    return {
      holds: Math.min(...chances.map(({ holds }) => holds)),
      ofLimit: Math.max(...chances.map(({ ofLimit }) => ofLimit)),
    }
  }
}

/** The figures of a run that are judged: of each objective, and again with the longest times. */
const figuresOf = (run: JudgedRun): ObjectiveFigure[] => [
  ...judgedOn(run),
  ...(slowerOn(run) ?? []),
]

/** Whether `upper` is judged, as in windows of few requests at the stated inputs. */
function takesUpper(objective: Objective, figures: readonly ObjectiveFigure[]): boolean {
  if (!isTimed(objective) || objective.window_s === null) return false
  const perRun = Math.min(...figures.map(({ n }) => n))
  const isKnown = figures.every(({ upper }) => upper !== null && Number.isFinite(upper))
  return isKnown && !supportsVerdict(perRun, objective.percentile)
}

function chanceOf(stated: StatedFigure, values: readonly number[]): DrawnChance {
  const { objective, mean, ofSeeds } = stated
  // requests that are lost at the stated inputs make any change of them unknown
  const isKnown = Number.isFinite(mean) && Number.isFinite(ofSeeds)
  const at = meanOf(values) + (isKnown ? mean - ofSeeds : 0)
  if (Number.isNaN(at)) return NOT_SIMULATED
  const limit = scaled(objective, limitOf(objective))
  const isGoodput = objective.kind === 'goodput'
  const room = isGoodput ? at - limit : limit - at
  const ofLimit = isGoodput ? (1 - at) / (1 - limit) : Math.exp(-room)
  return { holds: chanceOfRoom(room, isKnown ? stated : errorOf(values)), ofLimit }
}

/** P(T <= room / standard error): that the mean of endless replications has room to its limit. */
function chanceOfRoom(room: number, { standardError, degrees }: MeanError): number {
  if (standardError === 0 || !Number.isFinite(room)) return room > 0 ? 1 : 0
  return studentTCdf(room / standardError, degrees)
}

/** No error of a single run, of runs that are alike, and of an infinite mean. */
function errorOf(values: readonly number[]): MeanError {
  const degrees = Math.max(1, values.length - 1)
  const isExact = values.length < 2 || values.every((value) => value === values[0])
  if (isExact || !values.every(Number.isFinite)) return { standardError: 0, degrees }
  return { standardError: meanWithError(values).standardError, degrees }
}
