import { assertStable } from './stable.ts'

/** M/G/1 by the first two moments of its service time; times in one unit, the rate per unit. */
export interface Mg1 {
  readonly arrivalRate: number
  readonly meanService: number
  /** E[S^2] */
  readonly secondMoment: number
}

/** M/D/1: every service takes `service`. */
export interface Md1 {
  readonly arrivalRate: number
  readonly service: number
}

/**
 * Mean wait in M/G/1, in any order that does not depend on service times: lambda E[S^2] / (2 (1 -
 * rho)). (Pollaczek 1930, Khinchine 1932; Kleinrock 1975, section 5.6.)
 */
export function mg1MeanWait({ arrivalRate, meanService, secondMoment }: Mg1): number {
  const rho = arrivalRate * meanService
  assertStable(rho)
  return (arrivalRate * secondMoment) / (2 * (1 - rho))
}

/** A set-up time before the first service after idleness, by its first two moments. */
export interface SetUp {
  readonly mean: number
  /** E[D^2] */
  readonly secondMoment: number
}

/**
 * Mean wait in M/G/1 with set-up times, which begin with the arrival that ends an idle period: that
 * of M/G/1 plus (2 E[D] + lambda E[D^2]) / (2 (1 + lambda E[D])). The set-up counts as waiting.
 * (Welch 1964.)
 */
export function mg1SetUpMeanWait(queue: Mg1, setUp: SetUp): number {
  const { arrivalRate } = queue
  const extra = 2 * setUp.mean + arrivalRate * setUp.secondMoment
  return mg1MeanWait(queue) + extra / (2 * (1 + arrivalRate * setUp.mean))
}

/** Mean wait in M/D/1: rho S / (2 (1 - rho)), half that of M/M/1. */
export function md1MeanWait({ arrivalRate, service }: Md1): number {
  return mg1MeanWait({ arrivalRate, meanService: service, secondMoment: service ** 2 })
}
