import { expect, test } from 'vitest'
import { madeUpProfile } from '../../test/profiles.ts'
import { scenarioOf, TINY } from '../../test/scenarios.ts'
import { occasionWarnings } from './occasions.ts'

const [model] = madeUpProfile(scenarioOf(TINY)).models

test('models of one occasion are comparable, and declared work has none', () => {
  expect(occasionWarnings([model!, { ...model!, label: 'other' }, null])).toEqual([])
})

test('models of different occasions are named with them', () => {
  const later = { ...model!, label: 'other', occasion: 'later' }
  const [text, ...more] = occasionWarnings([model!, later])
  expect(more).toEqual([])
  expect(text).toContain(`${model!.label} (${model!.occasion}), other (later)`)
})
