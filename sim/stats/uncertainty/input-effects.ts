import type { UncertainInput } from '../../../scenarios/schema/uncertain.ts'
import { hashedNormal, sum } from '../../kernel/index.ts'
import type { Interval } from '../intervals/interval.ts'
import { studentTQuantile } from '../intervals/student-t.ts'
import { type InputNarrowing, Narrowing } from './narrowing.ts'
import { type Polynomials, polynomialsOf } from './orthonormal.ts'
import { type FittedFigure, PolynomialFit, variance } from './polynomial-fit.ts'
import { mostTerms, plainTerms, richTerms, type Term } from './polynomial-terms.ts'
import type { FigureLaw } from './wider-interval.ts'

/** What an input does to a figure. */
export interface InputEffect {
  /** per cent more of the figure for one per cent more of the input, at the stated values */
  readonly elasticity: Interval
  /** the part of the figure's variance that the input has alone, 0 to 1: its first-order index */
  readonly share: Interval
  /**
   * the part that it has alone and with others, 0 to 1: its total index; the upper end has what
   * the fit leaves open, too
   */
  readonly total: Interval
}

/** The effects of all inputs on one figure. */
export interface InputEffects {
  readonly inputs: readonly InputEffect[]
  /** the part of the variance that no input has alone, and that the fit leaves open, 0 to 1 */
  readonly together: number
  /** the part of the variance that the fit leaves open, 0 to 1 */
  readonly open: number
}

/** A figure of each draw, in each of its replications. */
export interface DrawnFigure {
  /** draws by replications; on the scale on which effects add up */
  readonly values: readonly (readonly number[])[]
  /** what a change by 1 on that scale is as a share of the figure: 1 for logarithms */
  readonly perUnit: number
}

/** A plain fit that leaves more than this share of the variance open is tried with more terms. */
const MUCH_OPEN = 0.1

/**
 * Elasticities and shares of inputs, by a regression of a figure on polynomials of the inputs. They
 * are orthonormal, so a share is the sum of squared coefficients over that of all, with what the
 * fit leaves open. Without the bias that chance adds to a square.
 */
export class EffectFit {
  readonly #inputs: readonly UncertainInput[]
  readonly #values: readonly (readonly number[])[]
  readonly #polynomials: readonly Polynomials[]
  readonly #plain: PolynomialFit
  /** null where there is no room for more terms; made where a figure needs it */
  #rich: PolynomialFit | null | undefined

  /** `values`: of each draw, the value of each input. */
  constructor(inputs: readonly UncertainInput[], values: readonly (readonly number[])[]) {
    this.#inputs = inputs
    this.#values = values
    this.#polynomials = inputs.map(polynomialsOf)
    this.#plain = this.#fitOn(plainTerms(this.#polynomials, mostTerms(values.length)))
  }

  #fitOn(terms: readonly Term[]): PolynomialFit {
    const stated = this.#inputs.map(({ value }) => value)
    return new PolynomialFit(this.#polynomials, terms, this.#values, stated)
  }

  /** The effects on a figure; null where it hardly varies, or is not finite in every draw. */
  effects(figure: DrawnFigure): InputEffects | null {
    const fitted = this.#fitted(figure)
    if (fitted === null) return null
    const { coefficients, variances, degrees, open, slopes } = fitted
    const parts = partsOf(fitted)
    const alone = sharesIn(parts, open, this.#termsOf(fitted, isAlone))
    if (alone === null) return null
    const { perUnit } = figure
    const totals = sharesIn(parts, open, this.#termsOf(fitted, isAny))!
    const ofFit = open / (sum(parts.slice(1)) + open)
    const repeated = Array.from({ length: REPEATS }, (_, r) => repeatedParts(fitted, r))
    const spreadOf = (which: TermFilter) => {
      const termsOf = this.#termsOf(fitted, which)
      return repeated.map((each) => sharesIn(each, open, termsOf) ?? termsOf.map(() => 0))
    }
    const [ofAlone, ofTotals] = [spreadOf(isAlone), spreadOf(isAny)]
    const t = degrees.map((freedom) => studentTQuantile(0.975, Math.max(1, freedom)))
    const effects = slopes.map((each, input): InputEffect => {
      const value = perUnit * sum(each.map((slope, k) => slope * coefficients[k]!))
      const squares = each.map((slope, k) => (slope * t[k]!) ** 2 * variances[k]!)
      const half = Math.abs(perUnit) * Math.sqrt(sum(squares))
      const total = middle(totals[input]!, inputOf(ofTotals, input))
      return {
        elasticity: { value, low: value - half, high: value + half },
        share: middle(alone[input]!, inputOf(ofAlone, input)),
        total: { ...total, high: Math.min(1, total.high + ofFit) },
      }
    })
    return { inputs: effects, together: Math.max(0, 1 - sum(alone)), open: ofFit }
  }

  /**
   * What the interval of a figure would be if inputs were known better, where it has effects.
   * `error`: of the mean over replications, which every draw has alike.
   */
  narrowings(figure: DrawnFigure, error: Omit<FigureLaw, 'centres'>): InputNarrowing[] | null {
    const fitted = this.#fitted(figure)
    if (fitted === null) return null
    return new Narrowing(this.#inputs, this.#polynomials, fitted, error).ofInputs()
  }

  /** With the plain terms, or with more where these leave much open and more explain it. */
  #fitted({ values, perUnit }: DrawnFigure): FittedFigure | null {
    const means = values.map((each) => sum(each) / each.length)
    if (!means.every(Number.isFinite)) return null
    if (perUnit ** 2 * variance(means) < NOTHING) return null
    const plain = this.#plain.fitted(values)
    if (plain === null) return null
    const explained = sum(partsOf(plain).slice(1))
    if (plain.open <= MUCH_OPEN * (explained + plain.open)) return plain
    if (this.#rich === undefined) this.#rich = this.#richFit()
    const rich = this.#rich?.fitted(values) ?? null
    return rich !== null && rich.open < plain.open / 2 ? rich : plain
  }

  #richFit(): PolynomialFit | null {
    const terms = richTerms(this.#polynomials, mostTerms(this.#values.length))
    return terms.length === 0 ? null : this.#fitOn(terms)
  }

  /** Of each input, which terms of a fit are of it. */
  #termsOf({ terms }: FittedFigure, which: TermFilter): number[][] {
    return this.#inputs.map((_, input) =>
      terms.flatMap((term, k) => (which(term, input) ? [k] : [])),
    )
  }
}

type TermFilter = (term: Term, input: number) => boolean

const isAny: TermFilter = (term, input) => term.some((part) => part.input === input)
const isAlone: TermFilter = (term, input) => term.length === 1 && term[0]!.input === input

const REPEATS = 400
const SHARE = 0x1f4b0000
/** Draws that move a figure by less than 0.03 % have no effect: what is left is chance. */
const NOTHING = 1e-7

/** Squared coefficients, without the bias that chance adds: parts of the variance, or 0. */
const partsOf = ({ coefficients, variances }: FittedFigure) =>
  coefficients.map((coefficient, k) => Math.max(0, coefficient ** 2 - variances[k]!))

/** The same with other chances: coefficients that are normal around those that were found. */
function repeatedParts({ coefficients, variances }: FittedFigure, repeat: number): number[] {
  return coefficients.map((coefficient, k) => {
    const error = Math.sqrt(variances[k]!) * hashedNormal(repeat * coefficients.length + k, SHARE)
    // twice: the coefficient has an error, and the draw another
    return Math.max(0, (coefficient + error) ** 2 - 2 * variances[k]!)
  })
}

/** Of the variance, the share that each list of terms has; null where nothing varies. */
function sharesIn(
  parts: readonly number[],
  open: number,
  termsOf: readonly (readonly number[])[],
): number[] | null {
  const all = sum(parts.slice(1)) + open
  if (!(all > 0)) return null
  return termsOf.map((terms) => sum(terms.map((k) => parts[k]!)) / all)
}

const inputOf = (repeated: readonly (readonly number[])[], input: number) =>
  repeated.map((each) => each[input]!)

/** A value with the middle 95 % of what it is with other chances. */
function middle(value: number, repeated: readonly number[]) {
  const sorted = [...repeated].sort((a, b) => a - b)
  const [low, high] = [0.025, 0.975].map((p) => sorted[Math.floor(p * sorted.length)]!)
  return { value, low: Math.min(value, low!), high: Math.max(value, high!) }
}
