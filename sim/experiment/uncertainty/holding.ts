import { parseObjective } from '../../../scenarios/schema/objective.ts'
import type { Result } from '../../documents/index.ts'
import { sum } from '../../kernel/index.ts'
import { studentTCdf } from '../../stats/index.ts'
import { limitOf } from '../result/objectives.ts'
import type { DrawnRuns } from './uncertain-figures.ts'
import { scaledFigure } from './widened-figure.ts'
import { mostOf, objectiveValues } from './widened-objective.ts'
import type { Drawn } from './with-uncertainty.ts'

type Objective = Result['objectives'][number]

/** How surely a configuration holds all of its objectives together. */
export interface Holding {
  /**
   * of each draw of the inputs, the error of the replications, in standard errors, below which it
   * holds; not a number where that is not known
   */
  readonly reaches: readonly number[]
  /** degrees of freedom of that error */
  readonly degrees: number
  /** over the draws and the error, 0 to 1; null where it is not known */
  readonly probability: number | null
}

interface HoldingOptions {
  /** replications of the estimates */
  readonly runs: number
  /** draws in which it does not hold, whatever its objectives are; by default none */
  readonly isDown?: (drawn: DrawnRuns) => boolean
}

/**
 * How surely a configuration holds all of its objectives, which were judged by the wider intervals.
 * In a draw all of them have the same error of the replications: these are the same requests, and
 * what is bad luck for one is so for the others. The probability is that of the objective that is
 * least sure, times the part of its draws in which the others hold, too: so for a single one it is
 * the same figure.
 */
export function holdingOf(
  objectives: readonly Objective[],
  drawn: Drawn,
  { runs, isDown = () => false }: HoldingOptions,
): Holding {
  const degrees = Math.max(1, runs - 1)
  const each = objectives.map((objective, i) => reachesOf(objective, drawn, i, runs))
  const reaches = drawn.runs.map((ofDraw, d) =>
    isDown(ofDraw) ? Number.NEGATIVE_INFINITY : Math.min(...each.map((of) => of[d]!)),
  )
  const alone = each.map((of, i) => {
    const mean = meanBelow(of, degrees)
    return { mean, surely: objectives[i]!.with_inputs?.p_holds ?? mean }
  })
  const together = meanBelow(reaches, degrees)
  if (Number.isNaN(together)) return { reaches, degrees, probability: null }
  if (together === 0) return { reaches, degrees, probability: 0 }
  const [least = { mean: 1, surely: 1 }] = alone.toSorted((a, b) => a.surely - b.surely)
  return { reaches, degrees, probability: least.surely * (together / least.mean) }
}

/** Of each draw, the error below which an objective holds, in standard errors. */
function reachesOf(objective: Objective, drawn: Drawn, index: number, runs: number): number[] {
  const values = objectiveValues(drawn, index)
  const bounds = { runs, most: mostOf(objective) }
  const figure = values && scaledFigure(objective.estimate, values, bounds)
  if (figure === null) return drawn.runs.map(() => WITHOUT_FIGURE[objective.verdict])
  const { law, to } = figure
  const stated = parseObjective(objective.text)!
  const limit = to(limitOf(stated))
  const isGoodput = stated.kind === 'goodput'
  return law.centres.map((centre) => {
    const room = isGoodput ? centre - limit : limit - centre
    if (law.standardError > 0) return room / law.standardError
    const holds = room > 0 || (isGoodput && room === 0)
    return holds ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
  })
}

/** Of an objective without a figure in some draw: that it holds as stated says nothing of that. */
const WITHOUT_FIGURE: Readonly<Record<Objective['verdict'], number>> = {
  PASS: Number.NaN,
  FAIL: Number.NEGATIVE_INFINITY,
  UNDECIDED: Number.NaN,
}

/** The probability of an error below this one, in standard errors; NaN where it is not known. */
export const probabilityOfError = (below: number, degrees: number): number =>
  Number.isNaN(below) ? below : studentTCdf(below, degrees)

const meanBelow = (reaches: readonly number[], degrees: number) =>
  sum(reaches.map((reach) => probabilityOfError(reach, degrees))) / reaches.length
