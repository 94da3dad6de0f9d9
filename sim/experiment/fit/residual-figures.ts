import { exp, log } from '../../kernel/index.ts'
import { bisect, normalDistribution, normalQuantile } from '../../stats/index.ts'

/** The figures of scattered times that tables have, from low to high. */
export const FIGURES = ['p50', 'p90', 'p95', 'p99'] as const
export type Percentile = (typeof FIGURES)[number]
/** The mean comes first. */
export type Figure = 'mean' | Percentile

export const SHARE_BELOW: Readonly<Record<Percentile, number>> = Object.freeze({
  p50: 0.5,
  p90: 0.9,
  p95: 0.95,
  p99: 0.99,
})

/** The residual of a law: see `scatterOf` of the world, which draws it. */
export interface FittedResidual {
  readonly cv: number
  readonly slow: { readonly share: number; readonly factor: number } | null
}

const HALVINGS = 50

/** A figure of the times over their mean. */
export function figureOf({ cv, slow }: FittedResidual, figure: Figure): number {
  if (figure === 'mean') return 1
  const below = SHARE_BELOW[figure]
  const variance = log(1 + cv * cv)
  const sigma = Math.sqrt(variance)
  const { share, factor } = slow ?? { share: 0, factor: 1 }
  const most = 1 / (1 + share * (factor - 1))
  if (cv === 0) return below <= 1 - share ? most : most * factor
  const at = log(most) - variance / 2
  const z = normalQuantile(below)
  if (slow === null) return exp(at + sigma * z)
  // between that of the fast ones and that of the slow ones alone
  const later = log(factor)
  const [x] = bisect([sigma * z, sigma * z + later], HALVINGS, (value) => {
    const fast = normalDistribution(value / sigma)
    return (1 - share) * fast + share * normalDistribution((value - later) / sigma) < below
  })
  return exp(at + x)
}
