import { exp, gammaln } from '../../kernel/index.ts'

/** The coefficients of variation for these shapes span far more than real traffic. */
const LEAST_SHAPE = 0.05
const LARGEST_SHAPE = 50

const moment = (shape: number, order: number) => exp(gammaln(1 + order / shape))

/** Mean of a Weibull distribution of scale 1. */
export function standardWeibullMean(shape: number): number {
  return moment(shape, 1)
}

/** Squared coefficient of variation of a Weibull distribution, falling in its shape. */
function squaredCv(shape: number): number {
  return moment(shape, 2) / (moment(shape, 1) * moment(shape, 1)) - 1
}

/** The Weibull distribution of mean 1 for a coefficient of variation, by bisection. */
export function weibullShape(cv: number): { readonly shape: number; readonly scale: number } {
  let low = LEAST_SHAPE
  let high = LARGEST_SHAPE
  for (let i = 0; i < 80; i++) {
    const middle = Math.sqrt(low * high)
    if (squaredCv(middle) > cv * cv) low = middle
    else high = middle
  }
  const shape = Math.sqrt(low * high)
  return { shape, scale: 1 / moment(shape, 1) }
}
