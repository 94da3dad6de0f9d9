import { assertStable } from './stable.ts'

/** Sequences that share steps: each step brings everybody in service a token. */
export interface TokenSharing {
  readonly arrivalRate: number
  /** tokens of a sequence, mean */
  readonly meanTokens: number
  /** time of a step with n sequences: base + n times perSequence */
  readonly base: number
  readonly perSequence: number
  /** sequences in service at most; Infinity for no limit */
  readonly limit: number
}

const NEGLIGIBLE = 1e-14

/**
 * Mean sojourn of continuous batching, as processor sharing whose speed depends on the number n in
 * service: p(n) is in proportion to the product of lambda E[K] tau(k) / k over k <= n, and T = L /
 * lambda (Cohen 1979). Without a limit the distribution of the tokens makes no difference. With
 * one, who waits is first come, first served, tau(k) / k stays that of the limit, and the tokens
 * must be geometric. Steps count as infinitely short.
 */
export function tokenSharingMeanSojourn(model: TokenSharing): number {
  const { arrivalRate, meanTokens, base, perSequence, limit } = model
  const last = limit === Number.POSITIVE_INFINITY ? perSequence : base / limit + perSequence
  assertStable(arrivalRate * meanTokens * last)
  let weight = 1
  let sum = 1
  let mean = 0
  for (let n = 1; weight * n > NEGLIGIBLE * sum || n <= 100; n++) {
    const served = Math.min(n, limit)
    weight *= arrivalRate * meanTokens * (base / served + perSequence)
    sum += weight
    mean += n * weight
  }
  return mean / sum / arrivalRate
}
