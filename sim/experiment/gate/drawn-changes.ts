import type { BaselineEntry, GateFigure, GateVerdict, Verdict } from '../../documents/index.ts'
import { log } from '../../kernel/index.ts'
import { EffectFit, type FigureLaw, widerInterval } from '../../stats/index.ts'
import { statedObjectives } from '../plan/plan-verdict.ts'
import type { PairedInputs } from '../uncertainty/paired-inputs.ts'
import {
  drawnFigure,
  figureValues,
  isSettled,
  type RunsAtDraws,
} from '../uncertainty/widened-figure.ts'
import { agreedVerdict, widenedObjective } from '../uncertainty/widened-objective.ts'
import { figureOfRun, isSame, LEAST_SHARE, type SimulatedFigures } from './gate-figures.ts'

/** A side of a gate at draws of its inputs. */
export interface DrawnSide extends RunsAtDraws {
  /** as they are judged at the stated values */
  readonly objectives: SimulatedFigures['objectives']
}

/** Both sides of a gate at the same draws of their inputs. */
export interface GateDraws {
  readonly paired: PairedInputs
  /** of each draw, the value of each input of both sides */
  readonly values: readonly (readonly number[])[]
  readonly base: DrawnSide
  readonly head: DrawnSide
}

type Ends = readonly [low: number, high: number]

interface HangsOn {
  readonly name: string
  readonly side: PairedInputs['sides'][number]
  /** of the variance of the change, that the input has alone */
  readonly share: number
}

/** What a figure changes by over all draws, each of which pairs base and head. */
export interface DrawnChange {
  /**
   * the middle 95 % of ratios head over base, and of a share of differences; null where a draw has
   * no value. Ends may be infinite
   */
  readonly ends: Ends | null
  /** the probability that it is worse by more than the margin; null where a draw has no value */
  readonly pWorse: number | null
  /** the input that it hangs on most; null where none surely has a part worth naming */
  readonly hangsOn: HangsOn | null
  readonly verdict: GateVerdict
  /** whether twice the draws moved no end by more than a tenth of the width, or of the margin */
  readonly settled: boolean
}

/** An objective by its wider interval. */
export interface DrawnObjective extends Readonly<BaselineEntry['objectives'][number]> {
  /** by the draws of requests alone, at the stated values */
  readonly stated: Verdict
  /** the probability that it holds; null where draws of the inputs do not decide */
  readonly pHolds: number | null
  readonly settled: boolean
}

/** What draws of uncertain inputs make of a gate. */
export interface ChangesOverDraws {
  /** of each figure of the head; null where it is judged at the stated values */
  readonly figures: readonly (DrawnChange | null)[]
  readonly objectives: {
    readonly base: readonly DrawnObjective[]
    readonly head: readonly DrawnObjective[]
  }
  readonly settled: boolean
}

/** Base and head over all draws of their inputs. */
export function changesOverDraws(
  base: BaselineEntry,
  head: BaselineEntry,
  draws: GateDraws,
  margin: number,
): ChangesOverDraws {
  const fit = new EffectFit(draws.paired.inputs, draws.values)
  const figures = head.figures.map((figure) => {
    const inBase = base.figures.find((candidate) => isSame(candidate, figure))
    return changeOf(inBase?.value ?? null, figure, { ...draws, fit }, margin)
  })
  const objectives = {
    base: objectivesOf(draws.base, base.replications),
    head: objectivesOf(draws.head, head.replications),
  }
  const parts = [...figures, ...objectives.base, ...objectives.head]
  return { figures, objectives, settled: parts.every((part) => part?.settled !== false) }
}

/** A figure that has no value in some draw: nothing is known of its change. */
const WITHOUT_VALUE: DrawnChange = {
  ends: null,
  pWorse: null,
  hangsOn: null,
  verdict: 'UNDECIDED',
  settled: true,
}

/** Null where a side has no value at the stated inputs, or draws do not have the figure. */
function changeOf(
  before: number | null,
  figure: GateFigure,
  { base, head, paired, fit }: GateDraws & { readonly fit: EffectFit },
  margin: number,
): DrawnChange | null {
  const { value, unit } = figure
  const ofRun = figureOfRun(figure)
  if (before === null || value === null || ofRun === null) return null
  const [ofBase, ofHead] = [figureValues(base, ofRun), figureValues(head, ofRun)]
  if (ofBase === null || ofHead === null) return WITHOUT_VALUE
  const isShare = unit === 'share'
  const most = isShare ? 1 : Number.POSITIVE_INFINITY
  const inBase = drawnFigure(before, ofBase, most)
  const inHead = drawnFigure(value, ofHead, most)
  const ratios = inHead.map((now, i) => ratioOf(inBase[i]!, now))
  const differences = isShare ? inHead.map((now, i) => now - inBase[i]!) : null
  const changes = differences ?? ratios
  const ends = endsOf(changes)
  const worse = ratios.filter((ratio, i) => {
    return ratio > 1 + margin && (differences === null || differences[i]! > LEAST_SHARE)
  })
  return {
    ends,
    pWorse: worse.length / ratios.length,
    hangsOn: largest(paired, fit, changesOfRuns(ofBase.drawn, ofHead.drawn, isShare)),
    verdict: verdictOf(endsOf(ratios), differences && ends, margin),
    settled: isSettled(lawOf(changes), ends, isShare ? LEAST_SHARE : margin),
  }
}

/** What each draw changes in each replication: logarithms of ratios, and of a share differences. */
function changesOfRuns(
  base: readonly (readonly number[])[],
  head: readonly (readonly number[])[],
  isShare: boolean,
): number[][] {
  return head.map((runs, draw) =>
    runs.map((now, run) => {
      const before = base[draw]![run]!
      return isShare ? now - before : log(ratioOf(before, now))
    }),
  )
}

/** A share below this is not worth a word, nor one that may be almost nothing. */
const NOTABLE = 0.05
const SURELY = 0.02

/** The input with the largest share of the variance of a change. */
function largest(
  { inputs, sides }: PairedInputs,
  fit: EffectFit,
  values: readonly (readonly number[])[],
): HangsOn | null {
  const effects = fit.effects({ values, perUnit: 1 })?.inputs ?? []
  const notable = effects.flatMap(({ share: { value, low } }, i) =>
    value >= NOTABLE && low !== null && low >= SURELY
      ? [{ name: inputs[i]!.name, side: sides[i]!, share: value }]
      : [],
  )
  return notable.sort((a, b) => b.share - a.share)[0] ?? null
}

/** Figures that are equal are so where they are 0 or infinite, too. */
const ratioOf = (before: number, now: number) => (before === now ? 1 : now / before)

/** What every draw has exactly: both sides have the same requests. */
const lawOf = (changes: readonly number[]): FigureLaw => {
  return { centres: changes, standardError: 0, degrees: 1 }
}

const endsOf = (changes: readonly number[]): Ends => widerInterval(lawOf(changes))

/**
 * A change counts where its whole interval is beyond the margin. A share has to change by more than
 * a little, too, however small it was. All figures are better where they are lower.
 */
function verdictOf(ratios: Ends, differences: Ends | null, margin: number): GateVerdict {
  const [low, high] = ratios
  const isMore = differences === null || differences[0] > LEAST_SHARE
  const isLess = differences === null || differences[1] < -LEAST_SHARE
  const isLittle = differences !== null && differences[1] <= LEAST_SHARE
  if (low > 1 + margin && isMore) return 'FAIL'
  if (high < 1 - margin && isLess) return 'IMPROVED'
  return high <= 1 + margin || isLittle ? 'PASS' : 'UNDECIDED'
}

function objectivesOf({ objectives, ...drawn }: DrawnSide, runs: number): DrawnObjective[] {
  const stated = statedObjectives(drawn.nominal.scenario)
  return objectives.map(({ class: of, text, verdict, estimate }) => {
    const at = stated.findIndex((objective) => objective.class === of && objective.text === text)
    const known = { class: of, text, verdict, stated: verdict, pHolds: null, settled: true }
    if (at < 0 || estimate === undefined) return known
    const wide = widenedObjective({ text, estimate }, drawn, { at, runs })
    if (wide === null) return { ...known, verdict: isMoved(drawn, at) ? 'UNDECIDED' : verdict }
    const agreed = agreedVerdict({ text, estimate, verdict }, wide)
    const { p_holds: pHolds } = agreed.with_inputs
    return { ...known, verdict: agreed.verdict, pHolds, settled: wide.settled }
  })
}

/** Whether draws move an objective that has no value in some run. */
function isMoved({ nominal, runs: draws }: RunsAtDraws, at: number): boolean {
  const values = ({ runs }: RunsAtDraws['nominal']) => runs.map((run) => run.objectives[at]!.value)
  const stated = values(nominal)
  return draws.some((draw) => values(draw).some((value, run) => !Object.is(value, stated[run])))
}
