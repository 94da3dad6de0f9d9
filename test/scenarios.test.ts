import { expect, test } from 'vitest'
import { changed, scenarioOf, TINY } from './scenarios.ts'

test('a change that finds nothing to change fails', () => {
  expect(changed(TINY, ['seed: 5', 'seed: 6'])).toContain('seed: 6')
  expect(() => changed(TINY, ['seed: 5', 'seed: 6'], ['seed: 5', 'seed: 7'])).toThrow(
    'Expected seed: 5 in a scenario',
  )
})

test('a scenario of a test has what the test leaves out', () => {
  expect(scenarioOf({ duration_s: 3 })).toMatchObject({ duration_s: 3, pools: [{ model: 'm' }] })
  expect(scenarioOf(TINY).name).toBe('tiny')
})
