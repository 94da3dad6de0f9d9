import { expect, test } from 'vitest'
import type { ModelProfile } from '../../sim/world/index.ts'
import { madeUpProfile } from '../../test/profiles.ts'
import { scenarioOf, TINY, TINY_DECODER } from '../../test/scenarios.ts'
import { rendered } from '../terminal.ts'
import { profileText } from './profile-text.ts'

const textOf = (scenario: string, changed: Partial<ModelProfile> = {}) => {
  const { models, ...profile } = madeUpProfile(scenarioOf(scenario))
  return rendered(profileText({ ...profile, models: [{ ...models[0]!, ...changed }] }))
}

test('a profile states times of batches by size, and of steps by sequences and contexts', () => {
  const ofBatches = textOf(TINY)
  expect(ofBatches).toContain(
    '  work        batch 1 x length 1: 1.01 ms; batch 4 x length 1: 1.91 ms\n',
  )
  expect(ofBatches).toContain(
    'each batch size and length is predicted from the others within 0.0 %',
  )
  const ofSteps = textOf(TINY_DECODER)
  expect(ofSteps).not.toMatch(/batch|length/)
  expect(ofSteps).toContain(
    '  steps       1 sequence x context 1: 1.01 ms; 4 sequences x context 512: 7.02 ms\n' +
      '              measured up to 4 sequences x context 512; with prompts up to 513 tokens in a step\n' +
      '              steps by sequences, context or prompt tokens are predicted from the others within 2.0 %\n',
  )
})

test('a profile states that no step shows how well others are interpolated', () => {
  const { steps } = madeUpProfile(scenarioOf(TINY_DECODER)).models[0]!
  const text = textOf(TINY_DECODER, { steps: { ...steps!, heldOut: [] } })
  expect(text).toContain('no shape between these shows how well times are interpolated')
})

test('a profile states that steps of one replica were measured, unless several rehearsed', () => {
  const { fields } = madeUpProfile(scenarioOf(TINY_DECODER)).models[0]!
  const [{ executors, ...field }] = fields as [(typeof fields)[number]]
  const of = (count: number) => {
    return [{ ...field, executors: Array.from({ length: count }, () => executors[0]!) }]
  }
  expect(textOf(TINY_DECODER, { fields: of(1) })).toMatch(/ speed .*, of one replica alone\n/)
  expect(textOf(TINY_DECODER, { fields: of(2) })).not.toContain('alone')
  expect(textOf(TINY, { fields: of(1) })).not.toContain('alone')
})
