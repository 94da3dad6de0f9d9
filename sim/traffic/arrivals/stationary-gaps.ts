import type { Random } from '../../kernel/index.ts'
import { type Gap, gapsOf, type Spacing } from './gaps.ts'
import { weibullShape } from './weibull.ts'

/**
 * Gaps of a process that did not begin with the run: the first is what is left of a gap under way,
 * which is drawn in proportion to its length and met at any point of it (Cox 1962, Renewal Theory,
 * 5.3). With an ordinary first gap (cv^2 - 1) / 2 requests too many would come at the start.
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

/** A gap drawn in proportion to its length: its density is that of gaps times their length. */
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
