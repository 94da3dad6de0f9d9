import { expect, test } from 'vitest'
import { type MeasuredSteps, measuredLaw } from './measured-steps.ts'

const TABLE = { rows: [0, 10], ms: [1, 3] } as const
const TERMS = { contextMs: 0.01, longestMs: 0, pastMs: 0.1, pairMs: 0.001 } as const

const APART: MeasuredSteps = { runs: 'apart', sequenceMs: 2, ...TABLE, ...TERMS }

test('sequences with runs of their own take a time each, by their own contexts', () => {
  const { stepMs, growthMs } = measuredLaw(APART)
  const batch = { decodes: 3, context: 60, longest: 40, prefills: 0, prefillTokens: 0 }
  expect(stepMs(batch)).toBeCloseTo(1 + 3 * 2 + 0.01 * (60 + 3), 12)
  // each context has a token more
  const after = { ...batch, context: 63, longest: 41 }
  expect(stepMs(after) - stepMs(batch)).toBeCloseTo(growthMs(batch), 12)
})

test('prompts with runs of their own take a time each, and no pairs of one with another', () => {
  const { stepMs } = measuredLaw(APART)
  const none = { decodes: 0, context: 0, longest: 0 }
  const one = { ...none, prefills: 1, prefillTokens: 5, promptPast: 20 }
  expect(stepMs(one)).toBeCloseTo(2 + 2 + 0.1 * 20 + 0.001 * 5 * 25, 12)
  const two = { ...none, prefills: 2, prefillTokens: 10, promptPast: 40 }
  expect(stepMs(two)).toBeCloseTo(3 + 2 * 2 + 0.1 * 40 + 2 * 0.001 * 5 * 25, 12)
})

test('sequences that run together are padded to the longest context', () => {
  const law = measuredLaw({ ...APART, runs: 'together', sequenceMs: 0, longestMs: 0.02 })
  const batch = { decodes: 3, context: 60, longest: 40, prefills: 0, prefillTokens: 0 }
  // a prompt that is absent has one token
  expect(law.stepMs(batch)).toBeCloseTo(1 + 2 * 0.4 + 3 * 0.01 * 41 + 0.02 * 41, 12)
})
