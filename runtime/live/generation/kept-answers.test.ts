import { expect, test } from 'vitest'
import { KeptAnswers } from './kept-answers.ts'

test.each([0, 1, 1 << 14, 100_000])(
  '%i answers are kept in the order in which they came',
  (count) => {
    const kept = new KeptAnswers()
    for (let i = 0; i < count; i++) kept.add(i % 7, { token: i, margin: i / 4 })
    const all = Array.from({ length: count }, (_, i) => i)
    expect(kept.columns).toEqual({
      keys: Uint32Array.from(all, (i) => i % 7),
      tokens: Int32Array.from(all),
      margins: Float32Array.from(all, (i) => i / 4),
    })
  },
)
