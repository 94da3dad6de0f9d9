import {
  DRAWN,
  type UncertainInput,
  type UncertainLaw,
} from '../../../scenarios/schema/uncertain.ts'
import { exp, log } from '../../kernel/index.ts'
import { normalQuantile } from '../intervals/normal.ts'

/**
 * What an input is at a probability, 0 < u < 1. The tails of normal laws beyond `DRAWN` are cut:
 * all draws are within the ends that were checked.
 */
export function drawnValue(
  { law, whole }: Pick<UncertainInput, 'law' | 'whole'>,
  u: number,
): number {
  const value = lawQuantile(law, u)
  return whole ? Math.round(value) : value
}

function lawQuantile(law: UncertainLaw, u: number): number {
  switch (law.law) {
    case 'normal':
      return law.mean + law.deviation * cutNormal(u)
    case 'lognormal':
      return law.median * exp(law.deviation * cutNormal(u))
    case 'uniform':
      return law.low + u * (law.high - law.low)
    case 'log-uniform':
      return law.low * exp(u * log(law.high / law.low))
    case 'quantiles': {
      const above = Math.max(
        1,
        law.quantiles.findIndex(([p]) => p >= u),
      )
      const [[before, low], [after, high]] = [law.quantiles[above - 1]!, law.quantiles[above]!]
      return low + ((u - before) / (after - before)) * (high - low)
    }
  }
}

function cutNormal(u: number): number {
  const [low, high] = DRAWN
  return normalQuantile(low + u * (high - low))
}
