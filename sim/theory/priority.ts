import type { Mg1 } from './mg1.ts'
import { assertStable } from './stable.ts'

/** Mean residual work of the request in service at an arrival. */
const residual = (classes: readonly Mg1[]) =>
  classes.reduce((sum, { arrivalRate, secondMoment }) => sum + (arrivalRate * secondMoment) / 2, 0)

const loadOf = (classes: readonly Mg1[]) =>
  classes.reduce((sum, { arrivalRate, meanService }) => sum + arrivalRate * meanService, 0)

/**
 * Mean wait of each class in M/G/1 with non-preemptive priorities in the order of `classes`: W0 /
 * ((1 - sigma_(k-1)) (1 - sigma_k)). (Cobham 1954, equation 3.)
 */
export function cobhamMeanWaits(classes: readonly Mg1[]): number[] {
  assertStable(loadOf(classes))
  const work = residual(classes)
  return classes.map((_, k) => {
    const above = loadOf(classes.slice(0, k))
    const upTo = loadOf(classes.slice(0, k + 1))
    return work / ((1 - above) * (1 - upTo))
  })
}

/**
 * Mean sojourn of each class in M/G/1 with preemptive-resume priorities in the order of `classes`:
 * E[S_k] / (1 - sigma_(k-1)) + W0_k / ((1 - sigma_(k-1)) (1 - sigma_k)), with W0_k of the classes
 * up to k. (Kleinrock 1976, section 3.6.)
 */
export function preemptiveMeanSojourns(classes: readonly Mg1[]): number[] {
  assertStable(loadOf(classes))
  return classes.map(({ meanService }, k) => {
    const above = loadOf(classes.slice(0, k))
    const upTo = classes.slice(0, k + 1)
    return meanService / (1 - above) + residual(upTo) / ((1 - above) * (1 - loadOf(upTo)))
  })
}

/**
 * Sum over the classes of load times mean wait: rho W0 / (1 - rho). It is the same for all orders
 * that do not preempt, do not idle while requests wait, and do not depend on service times. For an
 * order that does depend on them, it holds for the mean of service time times wait, summed over
 * classes. (Kleinrock 1965; Kleinrock 1976, section 3.4.)
 */
export function conservedWait(classes: readonly Mg1[]): number {
  const load = loadOf(classes)
  assertStable(load)
  return (load * residual(classes)) / (1 - load)
}
