import { expect, test } from 'vitest'
import { furtherRuns, neededRuns } from './verdicts.ts'

test.each([
  [3, 7, 'about 4 more replays would tell'],
  [1, 3, 'about 2 more replays would tell'],
  [3, 1000, 'about 997 more replays would tell'],
])('after %i replays of %i, the further ones are counted', (present, needed, text) => {
  expect(furtherRuns(present, needed, 'replay')).toBe(text)
})

test('at least one further run is needed, also where the present ones should have told', () => {
  expect(furtherRuns(5, 3, 'replay')).toBe('about 1 more replay would tell')
  expect(furtherRuns(5, 5, 'round')).toBe('about 1 more round would tell')
})

test('more than 1,000 runs are no advice, nor is a number that does not exist', () => {
  const text =
    'more than 1,000 replays would be needed: choose longer service times or a quieter machine'
  for (const needed of [1001, Number.POSITIVE_INFINITY, neededRuns([2, 2], 2, 0)]) {
    expect(furtherRuns(3, needed, 'replay')).toBe(text)
  }
})
