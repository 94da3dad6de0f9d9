import type { Estimate, WhatIf, WhatIfPercentile } from '../../../sim/documents/index.ts'

type Known = Estimate & { readonly value: number }

/** A percentile with a ratio on both sides. */
export type RatioRow = Omit<WhatIfPercentile, 'predicted' | 'measured'> & {
  readonly predicted: Known
  readonly measured: Known
}

/** The percentiles that a chart of ratios can show. */
export function ratioRows(whatIf: WhatIf | null | undefined): RatioRow[] {
  return (whatIf?.percentiles ?? []).flatMap((row) => {
    const { predicted, measured } = row
    return known(predicted) && known(measured) ? [{ ...row, predicted, measured }] : []
  })
}

function known(estimate: Estimate): estimate is Known {
  return estimate.value !== null
}
