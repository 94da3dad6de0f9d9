/** Standard errors from theory: chance alone exceeds this in 1 test of 16,000. */
const MOST_STANDARD_ERRORS = 4
/** Half-width of a 95 % interval, relative to theory, that a verdict of agreement allows. */
const WIDEST_HALF_WIDTH = 0.02
/** Relative rounding between two computations of one number, not an error of the model. */
const ROUNDING = 1e-9

/** An estimate of a simulation and the value of theory, in one unit. */
export interface Trial {
  readonly name: string
  readonly estimate: number
  readonly standardError: number
  readonly halfWidth95: number
  readonly theory: number
}

interface Acceptance {
  /** distance of the estimate from theory, in standard errors */
  readonly z: number
  /** half-width of the 95 % interval over the theory value */
  readonly relativeHalfWidth: number
  /** null where the estimate agrees with theory and is precise enough */
  readonly problem: string | null
}

/**
 * Whether an estimate agrees with theory: |z| <= 4 and a half-width of at most 2 % of theory, which
 * rejects imprecise estimates. Every statistical test uses it, with fixed seeds.
 */
export function accept(trial: Trial): Acceptance {
  const { name, estimate, standardError, halfWidth95, theory } = trial
  const distance = estimate - theory
  const z = Math.abs(distance) <= ROUNDING * Math.abs(theory) ? 0 : distance / standardError
  const relativeHalfWidth = halfWidth95 / Math.abs(theory)
  const measured = `${name}: ${estimate} ± ${halfWidth95} against ${theory}`
  let problem: string | null = null
  // negated so that NaN is a problem
  if (!(Math.abs(z) <= MOST_STANDARD_ERRORS)) {
    problem = `${measured} is ${z.toFixed(1)} standard errors off, at most ${MOST_STANDARD_ERRORS} pass`
  } else if (!(relativeHalfWidth <= WIDEST_HALF_WIDTH)) {
    const percent = (100 * relativeHalfWidth).toFixed(1)
    problem = `${measured} is too vague: half-width ${percent} % of theory, at most 2 % passes`
  }
  return { z, relativeHalfWidth, problem }
}
