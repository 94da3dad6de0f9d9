import { expect, test } from 'vitest'
import { factorWithin, lawOf, type UncertainInput } from '../../../scenarios/schema/uncertain.ts'
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

test('a number that is stated anew is another one, also within the same ends', () => {
  const of = (value: number) => input('models.m.work.base_ms', value, '± 10 %')
  const law = { law: 'uniform', low: 10, high: 14 } as const
  const within = (value: number) => ({ ...of(value), law })
  const { places } = commonInputs([[within(12)], [within(12.4)], [within(12)]])
  expect(places).toEqual([[0], [1], [0]])
})

test('inputs of a single system are as they are', () => {
  const own = [input('a', 1, '± 1 %'), input('b', 1, '± 1 %')]
  expect(commonInputs([own])).toEqual({ inputs: own, places: [[0, 1]] })
})

const speed = (name: string, of: Partial<UncertainInput>): UncertainInput => ({
  ...{ name, model: null, value: 1, whole: false, law: factorWithin(0.1) },
  ...of,
})

test('a part of a profile is one under any name, and of another precision it is another', () => {
  const part = (name: string, key: string, of: 'speed' | 'idle' = 'speed') =>
    speed(name, { source: 'profile', measured: { key, part: of } })
  const alone = part('speed of net', 'fp32')
  const beside = part('speed of net in pool a', 'fp32')
  const int8 = part('speed of net', 'int8')
  const idle = part('idle cost of net', 'fp32', 'idle')
  const { inputs, places } = commonInputs([[alone], [beside, idle], [int8]])
  expect(inputs).toEqual([alone, idle, int8])
  expect(places).toEqual([[0], [0, 1], [2]])
  // measured anew, it has another width
  const anew = { ...alone, law: factorWithin(0.05) }
  expect(commonInputs([[alone], [anew]]).places).toEqual([[0], [1]])
})

test('speeds of the same width are one where they are of the same times', () => {
  const of = (times: string) => speed('speed of m', { model: 'm', source: 'benchmark', times })
  const { places } = commonInputs([[of('a table')], [of('another')], [of('a table')]])
  expect(places).toEqual([[0], [1], [0]])
})

test('laws are one input where they are the same laws', () => {
  const of = (laws: readonly string[]) =>
    speed('laws of m', { source: 'fit', laws: [[], ...laws.map((law) => [law])] })
  const { places } = commonInputs([[of(['a=1'])], [of(['a=2'])], [of(['a=1'])]])
  expect(places).toEqual([[0], [1], [0]])
})
