import { birthAndDeath, meanOver } from './birth-death.ts'
import { assertStable } from './stable.ts'

/** Sequences that share steps: each step generates a token for every sequence in service. */
export interface TokenSharing {
  readonly arrivalRate: number
  /** mean number of tokens of a sequence */
  readonly meanTokens: number
  /** duration of a step with n sequences: base + n perSequence */
  readonly base: number
  readonly perSequence: number
  /** most sequences in service; Infinity for no limit */
  readonly limit: number
}

/**
 * Mean sojourn of continuous batching, as processor sharing whose speed depends on the number n in
 * service: p(n) is proportional to the product of lambda E[K] tau(k) / k over k <= n, and T = L /
 * lambda (Cohen 1979). Without a limit, the distribution of the tokens makes no difference. With a
 * limit, waiting is first come first served, tau(k) / k stays at its value at the limit, and the
 * tokens must be geometric. Steps count as infinitely short.
 */
export function tokenSharingMeanSojourn(model: TokenSharing): number {
  const { arrivalRate, meanTokens, base, perSequence, limit } = model
  const last = limit === Number.POSITIVE_INFINITY ? perSequence : base / limit + perSequence
  assertStable(arrivalRate * meanTokens * last)
  const states = birthAndDeath(
    (n) => arrivalRate * meanTokens * (base / Math.min(n, limit) + perSequence),
    1,
  )
  return meanOver(states, (n) => n) / arrivalRate
}
