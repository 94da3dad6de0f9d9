import type { Random } from '../../kernel/index.ts'
import { type Gap, gapsOf, type Spacing } from './gaps.ts'
import { weibullShape } from './weibull.ts'

/**
 * Gaps of a process that began before the run. The first is the rest of a gap in progress, which is
 * drawn with a probability proportional to its length and entered at a uniform point (Cox 1962,
 * Renewal Theory, 5.3). An ordinary first gap would give (cv^2 - 1) / 2 requests too many at the
 * start.
 */
export function stationaryGaps(spacing: Spacing, random: Random): Gap {
  const gap = gapsOf(spacing, random)
  let first = true
  return () => {
    if (!first) return gap()
    first = false
    return gapUnderWay(spacing, random) * (1 - random.uniform())
  }
}

/** A gap drawn proportionally to its length: its density is that of gaps times the length. */
function gapUnderWay(spacing: Spacing, random: Random): number {
  switch (spacing.process) {
    case 'deterministic':
      return 1
    case 'poisson':
      return random.gamma(2)
    case 'gamma': {
      const shape = 1 / (spacing.cv * spacing.cv)
      return random.gamma(shape + 1) / shape
    }
    case 'weibull': {
      const { shape, scale } = weibullShape(spacing.cv)
      return scale * random.gamma(1 + 1 / shape) ** (1 / shape)
    }
  }
}
