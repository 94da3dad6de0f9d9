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

interface SpacingLaw<S extends Spacing> {
  gaps(spacing: S, random: Random): Gap
  /** a gap drawn in proportion to its length: its density is that of gaps times their length */
  gapUnderWay(spacing: S, random: Random): number
}

/** Every law of gaps. */
const spacings: {
  readonly [P in Spacing['process']]: SpacingLaw<Extract<Spacing, { process: P }>>
} = Object.freeze({
  deterministic: { gaps: () => () => 1, gapUnderWay: () => 1 },
  poisson: {
    gaps: (_: object, random: Random) => () => random.exponential(),
    gapUnderWay: (_: object, random: Random) => random.gamma(2),
  },
  gamma: {
    gaps({ cv }: { readonly cv: number }, random: Random) {
      const shape = 1 / (cv * cv)
      return () => random.gamma(shape) / shape
    },
    gapUnderWay({ cv }: { readonly cv: number }, random: Random) {
      const shape = 1 / (cv * cv)
      return random.gamma(shape + 1) / shape
    },
  },
  weibull: {
    gaps({ cv }: { readonly cv: number }, random: Random) {
      const { shape, scale } = weibullShape(cv)
      return () => scale * random.exponential() ** (1 / shape)
    },
    gapUnderWay({ cv }: { readonly cv: number }, random: Random) {
      const { shape, scale } = weibullShape(cv)
      return scale * random.gamma(1 + 1 / shape) ** (1 / shape)
    },
  },
})

const lawOf = (spacing: Spacing) => spacings[spacing.process] as SpacingLaw<Spacing>

export function gapsOf(spacing: Spacing, random: Random): Gap {
  return lawOf(spacing).gaps(spacing, random)
}

/**
 * Gaps of a process that did not begin with the run: the first is what is left of a gap under way,
 * which is drawn in proportion to its length and met at any point of it (Cox 1962, Renewal Theory,
 * 5.3). With an ordinary first gap (cv^2 - 1) / 2 requests too many would arrive at the start.
 */
export function stationaryGaps(spacing: Spacing, random: Random): Gap {
  const law = lawOf(spacing)
  const gap = law.gaps(spacing, random)
  let first = true
  return () => {
    if (!first) return gap()
    first = false
    return law.gapUnderWay(spacing, random) * (1 - random.uniform())
  }
}
