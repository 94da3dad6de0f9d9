import type { WhatIf, WhatIfPercentile } from '../../sim/documents/index.ts'
import { estimateText, percentileName } from '../format.ts'

/** If the whole interval of a ratio is this near to 1, both sides count as alike. */
const ALIKE = 0.05

/** The percentiles of the answer; the table has all. */
const USUAL = [0.5, 0.95, 0.99]

/** "B against A: p50 2.8× [2.0, 3.6], worse; p95 1.0× [0.9, 1.1], no difference shown". */
export function whatIfAnswer({ percentiles, rounds, not_counted }: WhatIf): string {
  if (rounds > 0 && not_counted.length === rounds) return `B against A: no answer, ${NO_ROUND}`
  const usual = percentiles.filter(({ p }) => USUAL.includes(p))
  const parts = (usual.length > 0 ? usual : percentiles).flatMap(({ p, measured }) =>
    measured.value === null
      ? []
      : [`${percentileName(p)} ${ratioText(measured)}, ${directionOf(measured)}`],
  )
  const answer = parts.length > 0 ? parts.join('; ') : 'the sample supports no percentile'
  return `B against A: ${answer}`
}

const NO_ROUND = 'as none of the rounds counts'

type Ratio = WhatIfPercentile['measured']

/** "2.8× [2.0, 3.6]" */
function ratioText(measured: Ratio): string {
  const [value, ...interval] = estimateText(measured, 'plain').split(' ')
  return [`${value}×`, ...interval].join(' ')
}

function directionOf({ low, high }: Ratio): string {
  if (low === null || high === null) return 'no interval'
  if (low >= 1 - ALIKE && high <= 1 + ALIKE) return 'about the same'
  if (low > 1) return 'worse'
  return high < 1 ? 'better' : 'no difference shown'
}
