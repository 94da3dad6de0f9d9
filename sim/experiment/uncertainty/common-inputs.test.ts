import { expect, test } from 'vitest'
import { lawOf, type UncertainInput } from '../../../scenarios/schema/uncertain.ts'
import { commonInputs } from './common-inputs.ts'

function input(name: string, value: number, width: string): UncertainInput {
  const law = lawOf(width, value)
  if (typeof law === 'string') throw new Error(law)
  return { name, model: null, value, whole: false, law }
}

test('inputs of the same name and law are one, and others are not', () => {
  const rate = input('traffic.web.arrivals.rate_rps', 80, '± 5 %')
  const price = input('pools.a.price_usd_per_hour', 2, '± 20 %')
  const dearer = input('pools.a.price_usd_per_hour', 3, '± 20 %')
  const surer = input('pools.a.price_usd_per_hour', 2, '± 10 %')
  const { inputs, places } = commonInputs([[rate, price], [dearer, rate], [], [surer], [price]])
  expect(inputs).toEqual([rate, price, dearer, surer])
  expect(places).toEqual([[0, 1], [2, 0], [], [3], [1]])
})

test('inputs of a single system are as they are', () => {
  const own = [input('a', 1, '± 1 %'), input('b', 1, '± 1 %')]
  expect(commonInputs([own])).toEqual({ inputs: own, places: [[0, 1]] })
})
