import { expect, test } from 'vitest'
import { messageOf } from './fixtures.test-helper.ts'
import { JsonNode, NANOSECONDS, onlyItem, SECONDS } from './json-node.ts'

const document = new JsonNode({ requests: [{ end: 1.5, none: null }, 7] })
const requests = document.field('requests')

test('a value has its path', () => {
  expect(document.path).toBe('')
  expect(requests.item(0).field('end').path).toBe('requests[0].end')
  expect(new JsonNode([[3]]).item(0).item(0).path).toBe('[0][0]')
})

test('what a map inherits is absent', () => {
  expect(document.field('toString').absent).toBe(true)
  expect(document.field('__proto__').absent).toBe(true)
})

test('what is absent has no values either, and gives way to another', () => {
  const none = requests.item(0).field('none')
  expect(none.field('a').field('b').absent).toBe(true)
  expect(none.msOrNaN(SECONDS)).toBeNaN()
  expect(none.tokensOrNaN()).toBeNaN()
  expect(none.or(requests)).toBe(requests)
  expect(requests.or(none)).toBe(requests)
})

test('a time is in ms, in its range, or refused', () => {
  expect(requests.item(0).field('end').ms(SECONDS)).toBe(1500)
  expect(new JsonNode(0).ms(NANOSECONDS)).toBe(0)
  expect(messageOf(() => new JsonNode(1e12, 'at').ms(SECONDS))).toBe(
    'at: expected a number of seconds from 0 to 100000000000, got 1000000000000',
  )
})

test('only one item is the only one', () => {
  expect(onlyItem(new JsonNode([7]), 'load').value).toBe(7)
  expect(messageOf(() => onlyItem(requests, 'load'))).toContain(
    'requests: expected one load, got 2',
  )
})
