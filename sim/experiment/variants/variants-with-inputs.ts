import {
  type ConfigurationRow,
  type Uncertainty,
  VARIANT_FIGURES,
  VARIANT_METRICS,
  type VariantFigures,
  type VariantMetric,
  type VariantRatio,
  type Variants,
  worst,
} from '../../documents/index.ts'
import { exp } from '../../kernel/index.ts'
import { studentTQuantile } from '../../stats/index.ts'
import {
  type DrawnRuns,
  systemFigures,
  type UncertainFigure,
} from '../uncertainty/uncertain-figures.ts'
import {
  type FigureValues,
  finite,
  type WidenedFigure,
  widened,
} from '../uncertainty/widened-figure.ts'
import { type Drawn, withInputs } from '../uncertainty/with-uncertainty.ts'
import {
  judged,
  metricOfFigures,
  type OpenRatio,
  openRatios,
  type VariantRuns,
} from './variant-figures.ts'
import { variantOdds } from './variant-odds.ts'

/** A variant that was simulated at the stated values of its inputs, and in draws of them. */
export interface DrawnVariant extends VariantRuns {
  readonly row: ConfigurationRow
  readonly figures: VariantFigures
  /** its runs have the latency over all classes; without inputs all draws are alike */
  readonly drawn: Drawn
}

type OfVariants = Variants['variants'][number]

/** What draws of the inputs change of a variant. */
interface WiderVariant extends Pick<OfVariants, 'row'> {
  readonly uncertainty?: Uncertainty
}

/** Variants with what is not known of their inputs. */
interface WiderVariants {
  readonly variants: readonly (WiderVariant & Pick<OfVariants, 'with_inputs'>)[]
  readonly ratios: VariantRatio[]
  /** whether twice the draws moved no end of an interval of an answer */
  readonly settled: boolean
}

/**
 * The wider intervals of all variants and of their ratios, and how surely each is the cheapest that
 * holds. A draw has the same value of an input in all variants that have it, and its replications
 * have the same requests. So what variants share cancels in a ratio, draw by draw.
 */
export function variantsWithInputs(variants: readonly DrawnVariant[]): WiderVariants {
  const wider = variants.map(widerVariant)
  const odds = variantOdds(wider.map(({ row }, i) => ({ row, drawn: variants[i]!.drawn })))
  return {
    variants: wider.map((variant, i) => ({ ...variant, with_inputs: odds[i]! })),
    ratios: ratiosWithInputs(variants),
    settled: wider.every(({ uncertainty }) => uncertainty?.settled !== false),
  }
}

function widerVariant({ row, figures: ofAll, runs, drawn }: DrawnVariant): WiderVariant {
  if (drawn.inputs.length === 0) {
    const byDraws = row.objectives.map((each) => ({ ...each, interval: 'draws' as const }))
    return { row: { ...row, objectives: byDraws } }
  }
  const ofSystem = { load: row.load, cost: row.cost, runs: row.replications }
  const figures = [...figuresOf(ofAll), ...systemFigures(ofSystem, row.capacity_rps)].filter(
    ({ estimate }) => estimate.value !== null,
  )
  const stated = { objectives: row.objectives, figures, runs: runs.length }
  const { objectives, uncertainty } = withInputs(stated, drawn)
  const verdict = row.verdict && worst(objectives.map((objective) => objective.verdict))
  return { row: { ...row, verdict, objectives }, uncertainty }
}

/** Figures of all classes together. */
const figuresOf = (figures: VariantFigures): UncertainFigure[] =>
  VARIANT_METRICS.map((metric) => ({
    class: null,
    ...VARIANT_FIGURES[metric],
    estimate: figures[metric],
    of: (_, run) => metricOfFigures(metric, run),
  }))

/** Ratios to the first variant: a difference is one that the wider interval shows, too. */
function ratiosWithInputs(variants: readonly DrawnVariant[]): VariantRatio[] {
  const open = openRatios(variants)
  const drawnOf = (of: string) => variants.find(({ name }) => name === of)!.drawn
  return judged(open).map((ratio, i) => {
    const wide = widenedRatio(open[i]!, variants[0]!.drawn, drawnOf(ratio.variant))
    if (wide === null) return ratio
    const { low, high } = wide
    const with_inputs = { low: finite(low), high: finite(high), p_lower: wide.probabilityBelow(1) }
    if (ratio.difference !== 'lower' && ratio.difference !== 'higher')
      return { ...ratio, with_inputs }
    const agrees = ratio.difference === 'lower' ? high < 1 : low > 1
    return { ...ratio, ...(!agrees && { difference: 'none found' as const }), with_inputs }
  })
}

/** A ratio in each draw; null where there is none. */
function widenedRatio(ratio: OpenRatio, a: Drawn, b: Drawn): WidenedFigure | null {
  if ('none' in ratio) return null
  const values = ratioValues(ratio.metric, a, b)
  if (values === null) return null
  const { log, error, df } = ratio
  const half = studentTQuantile(0.975, df) * error
  const estimate = { value: exp(log), low: exp(log - half), high: exp(log + half), n: df + 1 }
  return widened(estimate, values, { runs: df + 1, most: Number.POSITIVE_INFINITY })
}

/** Ratios of pairs of replications; null where a variant has no such figure in some draw. */
function ratioValues(metric: VariantMetric, a: Drawn, b: Drawn): FigureValues | null {
  const paired = (before: DrawnRuns, after: DrawnRuns) =>
    before.runs.map((run, r) => {
      const [from, to] = [metricOfFigures(metric, run), metricOfFigures(metric, after.runs[r]!)]
      return from === to ? 1 : to / from
    })
  const nominal = paired(a.nominal, b.nominal)
  const drawn = a.runs.map((runs, d) => paired(runs, b.runs[d]!))
  const isKnown = nominal.every(Number.isFinite) && !drawn.flat().some(Number.isNaN)
  return isKnown ? { nominal, drawn } : null
}
