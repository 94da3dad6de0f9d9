import { expect, test } from 'vitest'
import { Shortages, shortageText } from './shortages.ts'

const noted = (...batches: readonly (readonly [number, number, number])[]) => {
  const shortages = new Shortages()
  for (const [executor, size, length] of batches) shortages.note(executor, size, length)
  return shortages.all
}

test('batches are counted for each executor, with the shape of fewest tokens', () => {
  expect(noted([0, 8, 100], [1, 16, 50], [0, 4, 120], [0, 6, 90])).toEqual([
    { executor: 0, batches: 3, size: 4, length: 120 },
    { executor: 1, batches: 1, size: 16, length: 50 },
  ])
})

test.each([
  [[], null],
  [[[0, 48, 128]], 'pool a: 1 batch ran out of memory, 48 x 128'],
  [
    [
      [0, 48, 128],
      [1, 32, 128],
      [0, 64, 128],
    ],
    'pool a: 3 batches ran out of memory, the smallest of them 32 x 128',
  ],
  [[[0, 48, 1]], 'pool a: 1 batch ran out of memory, 48'],
] as const)('a pool with the batches %j: %s', (batches, text) => {
  expect(shortageText('a', noted(...batches))).toBe(text)
})
