import type { Random } from '../../kernel/index.ts'
import { weibullShape } from './weibull.ts'

/** Draws the gaps between arrivals, in operational time: their mean is 1. */
export type Gap = () => number

/** The distribution of gaps. `cv`: their coefficient of variation. */
export type Spacing =
  | { readonly process: 'deterministic' }
  | { readonly process: 'poisson' }
  | { readonly process: 'gamma'; readonly cv: number }
  | { readonly process: 'weibull'; readonly cv: number }

export function gapsOf(spacing: Spacing, random: Random): Gap {
  switch (spacing.process) {
    case 'deterministic':
      return () => 1
    case 'poisson':
      return () => random.exponential()
    case 'gamma': {
      const shape = 1 / (spacing.cv * spacing.cv)
      return () => random.gamma(shape) / shape
    }
    case 'weibull': {
      const { shape, scale } = weibullShape(spacing.cv)
      return () => scale * random.exponential() ** (1 / shape)
    }
  }
}
