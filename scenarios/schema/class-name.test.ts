import { expect, test } from 'vitest'
import { className } from './class-name.ts'
import { name } from './schema-values.ts'

test.each([
  ['/pay', 'pay'],
  ['GET /v1/items?id=3', 'GET-v1-items-id-3'],
  ['', 'class'],
  ['☃', 'class'],
  ['constructor', 'constructor-2'],
  ['x'.repeat(200), 'x'.repeat(90)],
])('the class of %j is %s', (value, expected) => {
  expect(className(value, [])).toBe(expected)
  expect(name.safeParse(expected).success).toBe(true)
})

test('values that differ in other signs only have different names', () => {
  expect(className('/pay', ['pay', 'pay-2'])).toBe('pay-3')
})
