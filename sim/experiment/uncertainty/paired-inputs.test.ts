import { expect, test } from 'vitest'
import { lawOf, type UncertainInput } from '../../../scenarios/schema/uncertain.ts'
import { pairedInputs } from './paired-inputs.ts'

function input(name: string, value: number, width: string): UncertainInput {
  const law = lawOf(width, value)
  if (typeof law === 'string') throw new Error(law)
  return { name, model: null, value, whole: false, law }
}

const rate = input('traffic.web.arrivals.rate_rps', 80, '± 5 %')
const service = input('models.m.work.ms', 12, '± 10 %')
const price = input('pools.a.price_usd_per_hour', 1.2, '± 0.1')

test('inputs of the same name and law are drawn once for both sides', () => {
  const paired = pairedInputs([rate, service], [service, rate])
  expect(paired.inputs).toEqual([service, rate])
  expect(paired.sides).toEqual(['both', 'both'])
  expect(paired.head).toEqual([0, 1])
  expect(paired.base).toEqual([1, 0])
})

test('an input of one side alone is drawn there alone', () => {
  const paired = pairedInputs([rate, price], [rate, service])
  expect(paired.inputs).toEqual([rate, service, price])
  expect(paired.sides).toEqual(['both', 'head', 'base'])
  expect(paired.base).toEqual([0, 2])
  expect(pairedInputs([], [service])).toMatchObject({ base: [], head: [0], sides: ['head'] })
})

test('another value or another width is another law, which is independent', () => {
  for (const changed of [input(service.name, 13, '± 10 %'), input(service.name, 12, '± 9 %')]) {
    const paired = pairedInputs([service], [changed])
    expect(paired.inputs).toEqual([changed, service])
    expect(paired.sides).toEqual(['head', 'base'])
  }
})

test('another stated value within the same range is another number', () => {
  const stated = { ...service, value: 12.5 }
  expect(pairedInputs([service], [stated])).toMatchObject({ sides: ['head', 'base'] })
})
