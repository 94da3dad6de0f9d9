import { exp, log, type Random } from '../../kernel/index.ts'

/** How single batches or steps differ from the mean time of their law; as scenarios state it. */
export interface Residual {
  /** coefficient of variation of the lognormal */
  readonly cv?: number | undefined
  readonly slow?: { readonly share: number; readonly factor: number } | undefined
}

/** Draws the time of a batch or step over its mean. */
export type Scatter = (random: Random) => number

/**
 * A lognormal of mean 1, times the factor of slow ones with their probability, over the mean of
 * both: so the mean of the law stays. Null where nothing scatters.
 */
export function scatterOf({ cv = 0, slow }: Residual): Scatter | null {
  const variance = log(1 + cv * cv)
  const sigma = Math.sqrt(variance)
  const jitter = (random: Random) => exp(sigma * random.normal() - variance / 2)
  if (slow === undefined) return cv === 0 ? null : jitter
  const { share, factor } = slow
  const usualFactor = 1 / (1 + share * (factor - 1))
  const rare = (random: Random) => (random.uniform() < share ? factor * usualFactor : usualFactor)
  return cv === 0 ? rare : (random) => jitter(random) * rare(random)
}
