import type { UncertainInput } from '../../../scenarios/schema/uncertain.ts'
import { hashedNormal, sum } from '../../kernel/index.ts'
import type { Interval } from '../intervals/interval.ts'
import { normalQuantile } from '../intervals/normal.ts'
import { studentTQuantile } from '../intervals/student-t.ts'
import { drawnValue } from './law-quantile.ts'
import { leastSquares } from './least-squares.ts'
import type { Polynomials } from './orthonormal.ts'
import { type FittedFigure, termsAt } from './polynomial-fit.ts'
import type { Term } from './polynomial-terms.ts'
import { scrambledSobol } from './sobol.ts'
import { evenQuantile, type FigureLaw } from './wider-interval.ts'

/** What the interval of a figure would be if an input were known better. */
export interface InputNarrowing {
  /**
   * its width if the input were known exactly, as a share of the width that it has: a mean over
   * what the input may turn out to be
   */
  readonly left: Interval
  /**
   * the largest width of the input, as a share of the one that it has, from which on to know it
   * exactly would narrow the interval by less than 5 %; 1 where that is so already
   */
  readonly enough: Interval
}

/** Narrower by less than this is not worth a measurement. */
const WORTH = 0.05

/** What a measurement may find. */
const FINDINGS = 8
/** Points at which the fit is tried: others for each finding, so that their chance averages out. */
const POINTS = 512
/** Coefficients with other chances. */
const REPEATS = 60
const NARROWED = 0x1f8b0000
/** Squares of shares of a width that are tried, and the curve of squared widths through them. */
const TRIED = Array.from({ length: 9 }, (_, i) => i / 8)
const CURVE = leastSquares(TRIED.map((square) => [1, square, square ** 2]))!
/** Halvings of the width of an input. */
const STEPS = 12

/** The middle 95 % of a normal law, in standard deviations. */
const MIDDLE = 2 * normalQuantile(0.975)

/** What the fit needs to be tried with an input at other points. */
interface OfInput {
  readonly polynomials: Polynomials
  /** what a measurement may find */
  readonly findings: readonly number[]
  /** where the input is at each point that is tried */
  readonly points: readonly number[]
  /** the terms of the input: which, its degree, and the rest of the product at each point */
  readonly terms: readonly {
    readonly k: number
    readonly degree: number
    readonly rest: readonly number[]
  }[]
}

/**
 * The width of an interval where an input is known better, by the fit of the figure. A measurement
 * finds a value, which follows the law of the input, and leaves a width around it; the deviations
 * of both add up in squares to that of the law. The width is a mean over findings, as the law of
 * total variance has it, but of the middle 95 % rather than of a variance.
 */
export class Narrowing {
  readonly #fitted: FittedFigure
  /** width by the draws alone */
  readonly #ofDraws: number
  readonly #rows: readonly (readonly number[])[]
  readonly #inputs: readonly OfInput[]

  constructor(
    inputs: readonly UncertainInput[],
    polynomials: readonly Polynomials[],
    fitted: FittedFigure,
    { standardError, degrees }: Omit<FigureLaw, 'centres'>,
  ) {
    const drawn = scrambledSobol(inputs.length, 0, FINDINGS * POINTS, NARROWED).map((point) =>
      point.map((u, i) => polynomials[i]!.point(drawnValue(inputs[i]!, u))),
    )
    const at = drawn.map((points) => points.map((point, i) => polynomials[i]!.atPoint(point)))
    this.#fitted = fitted
    this.#ofDraws = 2 * studentTQuantile(0.975, degrees) * standardError
    this.#rows = at.map((each) => termsAt(fitted.terms, each))
    this.#inputs = inputs.map((input, i) => ({
      polynomials: polynomials[i]!,
      findings: Array.from({ length: FINDINGS }, (_, n) =>
        polynomials[i]!.point(drawnValue(input, (n + 0.5) / FINDINGS)),
      ),
      points: drawn.map((points) => points[i]!),
      terms: termsOf(fitted.terms, i).map(({ k, degree, others }) => ({
        k,
        degree,
        rest: at.map((each) => termsAt([others], each)[0]!),
      })),
    }))
  }

  ofInputs(): InputNarrowing[] {
    const { open } = this.#fitted
    const stated = withoutChance(this.#fitted, 1)
    // twice: the coefficients have an error, and the repeat another
    const repeats = Array.from({ length: REPEATS }, (_, repeat) =>
      withoutChance(withOtherChances(this.#fitted, repeat), 2),
    )
    const wholes = repeats.map((coefficients) => this.#whole(coefficients))
    const whole = this.#whole(stated)
    return this.#inputs.map((input) => {
      const ranges = repeats.map((coefficients) => this.#ranges(input, coefficients, 0))
      // what the fit leaves open may be of this input, or of none
      const least = ranges.map((each, r) => shareOf(this.#width(each, 0), wholes[r]!))
      const most = ranges.map((each, r) => shareOf(this.#width(each, open), wholes[r]!))
      const [low, high] = [ranked(least, 0.025), ranked(most, 0.975)]
      const value = shareOf(this.#width(this.#ranges(input, stated, 0), open), whole)
      const ofNone = () => open
      const ofInput = (kept: number) => kept * kept * open
      const enough = this.#enough(input, stated, ofNone)
      return {
        left: { value, low: Math.min(value, least[low]!), high: Math.max(value, most[high]!) },
        enough: {
          value: enough,
          low: Math.min(enough, this.#enough(input, repeats[low]!, ofInput)),
          high: Math.max(enough, this.#enough(input, repeats[high]!, ofNone)),
        },
      }
    })
  }

  /** The figure at each point of a finding, with these coefficients. */
  #figures(coefficients: readonly number[], finding: number): Float64Array {
    const from = finding * POINTS
    return Float64Array.from(this.#rows.slice(from, from + POINTS), (row) => {
      let figure = 0
      for (let k = 0; k < row.length; k++) figure += row[k]! * coefficients[k]!
      return figure
    })
  }

  /** The width of the interval as it is. */
  #whole(coefficients: readonly number[]): number {
    const ranges = Array.from({ length: FINDINGS }, (_, finding) =>
      rangeOf(this.#figures(coefficients, finding)),
    )
    return this.#width(ranges, this.#fitted.open)
  }

  /** Of each finding, the middle 95 % where the input keeps this share of its width around it. */
  #ranges(input: OfInput, coefficients: readonly number[], kept: number): number[] {
    const { polynomials, findings, points, terms } = input
    const { atPoint, ends } = polynomials
    const moving = terms.filter(({ k }) => coefficients[k] !== 0)
    const found = Math.sqrt(1 - kept * kept)
    return findings.map((finding, n) => {
      const figures = this.#figures(coefficients, n)
      if (moving.length === 0) return rangeOf(figures)
      const atFinding = atPoint(finding)
      for (let j = 0; j < POINTS; j++) {
        const at = n * POINTS + j
        const row = this.#rows[at]!
        const point = found * finding + kept * points[at]!
        const within = Math.min(ends[1], Math.max(ends[0], point))
        const values = kept === 0 ? atFinding : atPoint(within)
        for (const { k, degree, rest } of moving) {
          figures[j] = figures[j]! + coefficients[k]! * (rest[at]! * values[degree - 1]! - row[k]!)
        }
      }
      return rangeOf(figures)
    })
  }

  /** The mean of widths, with what the fit leaves open and the error of the draws. */
  #width(ranges: readonly number[], open: number): number {
    const others = MIDDLE ** 2 * open + this.#ofDraws ** 2
    return sum(ranges.map((range) => Math.sqrt(range ** 2 + others))) / ranges.length
  }

  /**
   * By a curve through squared widths, as the width at one share hangs on chance. `open`: what the
   * fit leaves open where the input keeps this share of its width.
   */
  #enough(input: OfInput, coefficients: readonly number[], open: (kept: number) => number): number {
    const squares = TRIED.map((square) => {
      const kept = Math.sqrt(square)
      return this.#width(this.#ranges(input, coefficients, kept), open(kept)) ** 2
    })
    const [constant, slope, bend] = CURVE.coefficients(squares) as [number, number, number]
    const exact = Math.max(0, constant)
    const isEnough = (kept: number) =>
      exact >= (1 - WORTH) ** 2 * (constant + kept ** 2 * (slope + bend * kept ** 2))
    if (isEnough(1)) return 1
    let [low, high] = [0, 1]
    for (let step = 0; step < STEPS; step++) {
      const middle = (low + high) / 2
      if (isEnough(middle)) low = middle
      else high = middle
    }
    return low
  }
}

/** Nothing is narrower than nothing. */
const shareOf = (width: number, whole: number) => (whole > 0 ? Math.min(1, width / whole) : 1)

function rangeOf(figures: Float64Array): number {
  const sorted = figures.sort()
  return evenQuantile(sorted, 0.975) - evenQuantile(sorted, 0.025)
}

/** The terms of an input: which, its degree, and the product of the others. */
function termsOf(terms: readonly Term[], input: number) {
  return terms.flatMap((term, k) => {
    const part = term.find((of) => of.input === input)
    const others = term.filter((of) => of.input !== input)
    return part === undefined ? [] : [{ k, degree: part.degree, others }]
  })
}

/** Where the value of a rank stands in a list. */
function ranked(values: readonly number[], p: number): number {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!)
  return order[Math.floor(p * values.length)]!
}

type Chances = Pick<FittedFigure, 'coefficients' | 'variances'>

/** Coefficients that are smaller by what chance adds to their squares, so many times. */
function withoutChance({ coefficients, variances }: Chances, times: number): number[] {
  return coefficients.map((coefficient, k) => {
    const square = Math.max(0, coefficient ** 2 - times * variances[k]!)
    return Math.sign(coefficient) * Math.sqrt(square)
  })
}

/** Coefficients that are normal around those that were found. */
function withOtherChances({ coefficients, variances }: Chances, repeat: number): Chances {
  const drawn = coefficients.map((coefficient, k) => {
    const key = repeat * coefficients.length + k
    return coefficient + Math.sqrt(variances[k]!) * hashedNormal(key, NARROWED)
  })
  return { coefficients: drawn, variances }
}
