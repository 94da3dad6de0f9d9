import { gammaln } from 'simple-statistics'
import { exp, log, log1p } from '../../kernel/index.ts'

const TINY = 1e-300

/**
 * The regularised incomplete beta function I_x(a, b), a, b > 0: the continued fraction of DLMF
 * 8.17.22, evaluated by the modified Lentz algorithm (Thompson and Barnett 1986).
 */
export function betaCdf(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  // the fraction converges fast below the mean; above it, I_x(a, b) = 1 - I_{1-x}(b, a)
  return x <= (a + 1) / (a + b + 2) ? fraction(x, a, b) : 1 - fraction(1 - x, b, a)
}

function fraction(x: number, a: number, b: number): number {
  let c = 1
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1))
  let value = d
  for (let m = 1; m < 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / nonZero(1 + even * d)
    c = nonZero(1 + even / c)
    value *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / nonZero(1 + odd * d)
    c = nonZero(1 + odd / c)
    value *= d * c
    if (Math.abs(d * c - 1) < 1e-15) break
  }
  return (exp(logDensity(x, a, b)) * x * (1 - x) * value) / a
}

function nonZero(x: number): number {
  return Math.abs(x) < TINY ? TINY : x
}

function logDensity(x: number, a: number, b: number): number {
  const logBeta = gammaln(a) + gammaln(b) - gammaln(a + b)
  return (a - 1) * log(x) + (b - 1) * log1p(-x) - logBeta
}

/** The x with I_x(a, b) = p: Newton's method, kept inside a bracket that bisection shrinks. */
export function betaQuantile(p: number, a: number, b: number): number {
  if (p <= 0) return 0
  if (p >= 1) return 1
  let low = 0
  let high = 1
  let x = a / (a + b)
  for (let step = 0; step < 200; step++) {
    const error = betaCdf(x, a, b) - p
    if (error > 0) high = x
    else low = x
    const newton = x - error / exp(logDensity(x, a, b))
    const next = newton > low && newton < high ? newton : (low + high) / 2
    if (Math.abs(next - x) <= 1e-15 * x) return next
    x = next
  }
  return x
}
