import { expect, test } from 'vitest'
import { Histories } from './histories.ts'

const of = (histories: Histories, tokens: number, before: Int32Array | null = null) =>
  histories.of(tokens, before)

test('a turn begins with the turn before, and no two sessions share numbers', () => {
  const histories = new Histories(0)
  const first = of(histories, 700)
  const ofAnotherSession = of(histories, 700)
  const second = of(histories, 1800, first)
  expect([...first]).toEqual([0, 1])
  expect([...ofAnotherSession]).toEqual([2, 3])
  expect([...second]).toEqual([0, 1, 4, 5])
})

test('the common prefix is shared by all, in whole numbers', () => {
  const histories = new Histories(1100)
  const first = of(histories, 1600)
  expect([...first]).toEqual([0, 1, 2, 3])
  expect([...of(histories, 1600)]).toEqual([0, 1, 4, 5])
  expect([...of(histories, 400)]).toEqual([0])
  // a turn shorter than the common prefix has numbers of its own after it
  expect([...of(histories, 1600, of(histories, 400))]).toEqual([0, 6, 7, 8])
})
