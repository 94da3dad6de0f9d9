import { sum } from '../../kernel/index.ts'
import { leastSquares } from './least-squares.ts'
import type { Polynomials } from './orthonormal.ts'
import type { Term } from './polynomial-terms.ts'

/** A figure as a sum of terms. */
export interface FittedFigure {
  readonly terms: readonly Term[]
  readonly coefficients: readonly number[]
  /** of each coefficient: by what the fit leaves open, and by replications */
  readonly variances: readonly number[]
  /** of each of these variances */
  readonly degrees: readonly number[]
  /** the variance of a draw that the fit leaves open */
  readonly open: number
  /** of each input, the slopes of all terms by it at the stated values */
  readonly slopes: readonly (readonly number[])[]
}

/** Figures of the same draws as sums of the same terms, by least squares. */
export class PolynomialFit {
  readonly #terms: readonly Term[]
  readonly #rows: readonly (readonly number[])[]
  readonly #slopes: readonly (readonly number[])[]
  readonly #fit: ReturnType<typeof leastSquares>

  /** `values`: of each draw, the value of each input. `stated`: of each input. */
  constructor(
    polynomials: readonly Polynomials[],
    terms: readonly Term[],
    values: readonly (readonly number[])[],
    stated: readonly number[],
  ) {
    this.#terms = terms
    const at = (drawn: readonly number[]) => drawn.map((value, i) => polynomials[i]!.at(value))
    this.#rows = values.map((drawn) => termsAt(terms, at(drawn)))
    const atStated = at(stated)
    this.#slopes = polynomials.map(({ slopes }, input) =>
      terms.map((term) => {
        if (!term.some((part) => part.input === input)) return 0
        return term.reduce((product, part) => {
          const of = part.input === input ? slopes : atStated[part.input]!
          return product * of[part.degree - 1]!
        }, 1)
      }),
    )
    this.#fit = leastSquares(this.#rows)
  }

  /**
   * A figure, draws by replications; null where terms depend on each other. The variance of each
   * coefficient is of what the fit leaves open, as if by chance, and of what replications show, of
   * which every draw has the same.
   */
  fitted(values: readonly (readonly number[])[]): FittedFigure | null {
    if (this.#fit === null) return null
    const means = values.map((each) => sum(each) / each.length)
    const coefficients = this.#fit.coefficients(means)
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
    return { terms: this.#terms, coefficients, variances, degrees, open, slopes: this.#slopes }
  }
}

/** Each term where polynomials of the inputs have these values. */
export function termsAt(terms: readonly Term[], at: readonly (readonly number[])[]): number[] {
  return terms.map((term) =>
    term.reduce((product, { input, degree }) => product * at[input]![degree - 1]!, 1),
  )
}

export function variance(values: readonly number[]): number {
  const mean = sum(values) / values.length
  return sum(values.map((value) => (value - mean) ** 2)) / (values.length - 1)
}

/** The variance of the mean of independent values; 0 of fewer than two. */
const meanVariance = (values: readonly number[]) =>
  values.length < 2 ? 0 : variance(values) / values.length
