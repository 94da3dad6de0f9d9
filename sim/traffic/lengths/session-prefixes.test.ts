import { expect, test } from 'vitest'
import { SessionPrefixes } from './session-prefixes.ts'

const of = (prefixes: SessionPrefixes, tokens: number, before: Int32Array | null = null) =>
  prefixes.of(tokens, before)

test('a turn begins with the turn before, and no two sessions share numbers', () => {
  const prefixes = new SessionPrefixes(0)
  const first = of(prefixes, 700)
  const ofAnotherSession = of(prefixes, 700)
  const second = of(prefixes, 1800, first)
  expect([...first]).toEqual([0, 1])
  expect([...ofAnotherSession]).toEqual([2, 3])
  expect([...second]).toEqual([0, 1, 4, 5])
})

test('the common prefix is shared by all, in whole numbers', () => {
  const prefixes = new SessionPrefixes(1100)
  const first = of(prefixes, 1600)
  expect([...first]).toEqual([0, 1, 2, 3])
  expect([...of(prefixes, 1600)]).toEqual([0, 1, 4, 5])
  expect([...of(prefixes, 400)]).toEqual([0])
  // a turn shorter than the common prefix has numbers of its own after it
  expect([...of(prefixes, 1600, of(prefixes, 400))]).toEqual([0, 6, 7, 8])
})
