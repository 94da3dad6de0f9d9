import type { UncertainInput } from '../../../scenarios/schema/uncertain.ts'
import { hashedNormal, sum } from '../../kernel/index.ts'
import type { Interval } from '../intervals/interval.ts'
import { studentTQuantile } from '../intervals/student-t.ts'
import { leastSquares } from './least-squares.ts'
import { MOST_DEGREE, type Polynomials, polynomialsOf } from './orthonormal.ts'

/** What an input does to a figure. */
export interface InputEffect {
  /** per cent more of the figure for one per cent more of the input, at the stated values */
  readonly elasticity: Interval
  /** the part of the figure's variance that the input has alone, 0 to 1: its first-order index */
  readonly share: Interval
}

/** The effects of all inputs on one figure. */
export interface InputEffects {
  readonly inputs: readonly InputEffect[]
  /** the part of the variance that no input has alone, and that the fit leaves open, 0 to 1 */
  readonly together: number
}

/** A figure of each draw, in each of its replications. */
export interface DrawnFigure {
  /** draws by replications; on the scale on which effects add up */
  readonly values: readonly (readonly number[])[]
  /** what a change by 1 on that scale is as a share of the figure: 1 for logarithms */
  readonly perUnit: number
}

/** Of a fit, at most this share of the draws are terms. */
const MOST_TERMS = 1 / 3

/** The fewest draws that show the effects of so many inputs. */
export const leastDraws = (inputs: number): number =>
  Math.max(32, 2 ** Math.ceil(Math.log2((inputs + 1) / MOST_TERMS)))

/**
 * Elasticities and first-order shares of inputs, by a regression of a figure on polynomials of the
 * inputs. They are orthonormal, so a share is the sum of squared coefficients over that of all,
 * with what the fit leaves open. Without the bias that chance adds to a square.
 */
export class EffectFit {
  readonly #polynomials: readonly Polynomials[]
  /** of each term, the inputs that it is of, and its degree; none for the constant */
  readonly #terms: readonly Term[]
  readonly #rows: readonly (readonly number[])[]
  /** of each input, the slopes of all terms by it at the stated values */
  readonly #slopes: readonly (readonly number[])[]
  readonly #fit: ReturnType<typeof leastSquares>

  /** `values`: of each draw, the value of each input. */
  constructor(inputs: readonly UncertainInput[], values: readonly (readonly number[])[]) {
    this.#polynomials = inputs.map(polynomialsOf)
    this.#terms = termsOf(this.#polynomials, Math.floor(values.length * MOST_TERMS))
    this.#rows = values.map((drawn) => {
      const each = drawn.map((value, i) => this.#polynomials[i]!.at(value))
      return this.#terms.map((term) =>
        term.reduce((product, { input, degree }) => product * each[input]![degree - 1]!, 1),
      )
    })
    const stated = inputs.map(({ value }, i) => this.#polynomials[i]!.at(value))
    this.#slopes = inputs.map((_, input) =>
      this.#terms.map((term) => {
        if (!term.some((part) => part.input === input)) return 0
        return term.reduce((product, part) => {
          const { slopes } = this.#polynomials[part.input]!
          const of = part.input === input ? slopes : stated[part.input]!
          return product * of[part.degree - 1]!
        }, 1)
      }),
    )
    this.#fit = leastSquares(this.#rows)
  }

  /** The effects on a figure; null where it hardly varies, or is not finite in every draw. */
  effects({ values, perUnit }: DrawnFigure): InputEffects | null {
    const means = values.map((each) => sum(each) / each.length)
    if (this.#fit === null || !means.every(Number.isFinite)) return null
    if (perUnit ** 2 * variance(means) < NOTHING) return null
    const coefficients = this.#fit.coefficients(means)
    const errors = this.#errors(values, means, coefficients)
    if (errors === null) return null
    const { open, variances, degrees } = errors
    const parts = coefficients.map((coefficient, k) => coefficient ** 2 - variances[k]!)
    const shares = this.#shares(parts, open)
    if (shares === null) return null
    const drawn = this.#drawnShares(coefficients, variances, open)
    const t = degrees.map((freedom) => studentTQuantile(0.975, Math.max(1, freedom)))
    const effects = this.#slopes.map((slopes, input): InputEffect => {
      const value = perUnit * sum(slopes.map((slope, k) => slope * coefficients[k]!))
      const squares = slopes.map((slope, k) => (slope * t[k]!) ** 2 * variances[k]!)
      const half = Math.abs(perUnit) * Math.sqrt(sum(squares))
      const sorted = drawn.map((each) => each[input]!).sort((a, b) => a - b)
      const [low, high] = [0.025, 0.975].map((p) => sorted[Math.floor(p * sorted.length)]!)
      const share = shares[input]!
      return {
        elasticity: { value, low: value - half, high: value + half },
        share: { value: share, low: Math.min(share, low!), high: Math.max(share, high!) },
      }
    })
    return { inputs: effects, together: Math.max(0, 1 - sum(shares)) }
  }

  /** The terms of one input alone, by their degrees. */
  #termsOf(input: number): number[] {
    return this.#terms.flatMap((term, k) =>
      term.length === 1 && term[0]!.input === input ? [k] : [],
    )
  }

  /**
   * The variance of each coefficient: what the fit leaves open, as if by chance, and what
   * replications show, of which every draw has the same. `open`: the variance that the fit leaves.
   */
  #errors(
    values: readonly (readonly number[])[],
    means: readonly number[],
    coefficients: readonly number[],
  ) {
    const free = means.length - coefficients.length
    const fitted = this.#rows.map((row) => sum(row.map((at, k) => at * coefficients[k]!)))
    const open = sum(means.map((value, i) => (value - fitted[i]!) ** 2)) / free
    const replications = values[0]!.length
    const runs = replications < 2 ? [] : Array.from({ length: replications }, (_, r) => r)
    const each = runs.map((r) => this.#fit!.coefficients(values.map((draw) => draw[r]!)))
    if (!each.every((run) => run.every(Number.isFinite))) return null
    const parts = coefficients.map((_, k) => ({
      ofFit: open * this.#fit!.variances[k]!,
      ofRuns: meanVariance(each.map((run) => run[k]!)),
    }))
    const variances = parts.map(({ ofFit, ofRuns }) => ofFit + ofRuns)
    // Welch and Satterthwaite
    const degrees = parts.map(({ ofFit, ofRuns }) => {
      const all = ofFit + ofRuns
      return all === 0
        ? free
        : all ** 2 / (ofFit ** 2 / free + ofRuns ** 2 / (replications - 1 || 1))
    })
    return { open, variances, degrees }
  }

  /** Of squared coefficients, the share that each input has alone; null where nothing varies. */
  #shares(squares: readonly number[], open: number): number[] | null {
    const parts = squares.map((square) => Math.max(0, square))
    const all = sum(parts.slice(1)) + open
    if (!(all > 0)) return null
    return this.#polynomials.map(
      (_, input) => sum(this.#termsOf(input).map((k) => parts[k]!)) / all,
    )
  }

  /** Shares with other chances: coefficients that are normal around those that were found. */
  #drawnShares(coefficients: readonly number[], variances: readonly number[], open: number) {
    return Array.from({ length: REPEATS }, (_, repeat) => {
      const squares = coefficients.map((coefficient, k) => {
        const error =
          Math.sqrt(variances[k]!) * hashedNormal(repeat * coefficients.length + k, SHARE)
        // twice: the coefficient has an error, and the draw another
        return (coefficient + error) ** 2 - 2 * variances[k]!
      })
      return this.#shares(squares, open) ?? this.#polynomials.map(() => 0)
    })
  }
}

const REPEATS = 400
const SHARE = 0x1f4b0000
/** Draws that move a figure by less than 0.03 % have no effect: what is left is chance. */
const NOTHING = 1e-7

function variance(values: readonly number[]): number {
  const mean = sum(values) / values.length
  return sum(values.map((value) => (value - mean) ** 2)) / (values.length - 1)
}

/** The variance of the mean of independent values; 0 of fewer than two. */
const meanVariance = (values: readonly number[]) =>
  values.length < 2 ? 0 : variance(values) / values.length

type Term = readonly { readonly input: number; readonly degree: number }[]

/**
 * The terms of a fit, at most so many: the constant and each input, then squares, products of two
 * inputs, and cubes, each kind only where all of it have room.
 */
function termsOf(polynomials: readonly Polynomials[], most: number): Term[] {
  const alone = (degree: number): Term[] =>
    polynomials.flatMap(({ slopes }, input) =>
      slopes.length < degree ? [] : [[{ input, degree }]],
    )
  const pairs = alone(1).flatMap(([a], i, all) => all.slice(i + 1).map(([b]): Term => [a!, b!]))
  const kinds = [
    alone(2),
    pairs,
    ...Array.from({ length: MOST_DEGREE - 2 }, (_, i) => alone(i + 3)),
  ]
  const terms: Term[] = [[], ...alone(1)]
  for (const kind of kinds) if (terms.length + kind.length <= most) terms.push(...kind)
  return terms
}
