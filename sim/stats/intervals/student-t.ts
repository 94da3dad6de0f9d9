import { betaCdf, betaQuantile } from './beta.ts'

/**
 * The p-quantile of Student's t with `df` >= 1 degrees of freedom, 0 < p < 1.
 *
 * With T ~ t(df), df / (df + T^2) ~ Beta(df/2, 1/2) (Abramowitz and Stegun 1964, 26.5.27 and
 * 26.7.1). Near the median T^2 is small, and T^2 / (df + T^2) ~ Beta(1/2, df/2) keeps all digits.
 */
export function studentTQuantile(p: number, df: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`Expected p between 0 and 1, got ${p}`)
  if (!(df >= 1)) throw new RangeError(`Expected df of at least 1, got ${df}`)
  if (p < 0.5) return -studentTQuantile(1 - p, df)
  const bothTails = 2 * (1 - p)
  if (bothTails < 0.5) {
    const x = betaQuantile(bothTails, df / 2, 0.5)
    return Math.sqrt((df * (1 - x)) / x)
  }
  const y = betaQuantile(1 - bothTails, 0.5, df / 2)
  return Math.sqrt((df * y) / (1 - y))
}

/** P(T <= t) for Student's t with `df` >= 1 degrees of freedom, by the same relation. */
export function studentTCdf(t: number, df: number): number {
  if (!(df >= 1)) throw new RangeError(`Expected df of at least 1, got ${df}`)
  if (Number.isNaN(t)) throw new RangeError('Expected a number, got NaN')
  const beyond = betaCdf(df / (df + t * t), df / 2, 0.5) / 2
  return t > 0 ? 1 - beyond : beyond
}
