import { notCountedTexts, type WhatIf } from '../sim/documents/index.ts'
import { plural, threeDigits } from './format.ts'

/** What differs between the sides; a comparison of a scenario with itself is called A/A. */
export const changesText = ({ changes }: Pick<WhatIf, 'changes'>): readonly string[] =>
  changes.length === 0 ? ['A/A: no change'] : changes

/** The rounds that do not count, a sentence for each reason. */
export const notCountedRounds = ({ not_counted }: Pick<WhatIf, 'not_counted'>): string[] =>
  notCountedTexts(
    'round',
    not_counted.map(({ round, ...why }) => ({ number: round, ...why })),
  )

/** How a change was measured: "15 blocks of alternating slices of 1 s in 3 rounds". */
export function measuredText({
  rounds: played,
  not_counted,
  blocks,
  slice_ms,
}: Pick<WhatIf, 'rounds' | 'not_counted' | 'blocks' | 'slice_ms'>): string {
  const rounds = played - not_counted.length || played
  if (slice_ms === null) return `${plural(rounds, 'round')} of alternating whole replays`
  const slices = `alternating slices of ${threeDigits(slice_ms / 1000)} s`
  return `${plural(blocks, 'block')} of ${slices} in ${plural(rounds, 'round')}`
}
