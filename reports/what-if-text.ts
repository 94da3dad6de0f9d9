import type { WhatIf } from '../sim/documents/index.ts'
import { plural, threeDigits } from './format.ts'

/** How a change was measured: "15 blocks of alternating slices of 1 s in 3 rounds". */
export function measuredText({
  rounds,
  blocks,
  slice_ms,
}: Pick<WhatIf, 'rounds' | 'blocks' | 'slice_ms'>): string {
  if (slice_ms === null) return `${plural(rounds, 'round')} of alternating whole replays`
  const slices = `alternating slices of ${threeDigits(slice_ms / 1000)} s`
  return `${plural(blocks, 'block')} of ${slices} in ${plural(rounds, 'round')}`
}
