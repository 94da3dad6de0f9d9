import { expect, test } from 'vitest'
import { endText } from './plan-tornado.ts'

test('ends that differ by some percent have labels that differ', () => {
  const texts = (values: readonly number[], goodput: boolean) =>
    values.map((value) => endText(value, goodput))
  expect(texts([104, 105.5, 112.8, 98.7], false)).toEqual(['104 ms', '106 ms', '113 ms', '98.7 ms'])
  expect(texts([10_400, 11_280], false)).toEqual(['10.4 s', '11.3 s'])
  expect(texts([0.985, 0.996, 1], true)).toEqual(['98.5 %', '99.6 %', '100 %'])
})
