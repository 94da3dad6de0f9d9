import { expect, test } from 'vitest'
import { canonicalJson, hashOf } from './canonical.ts'

test('the order of keys does not change the text; the order of lists does', () => {
  expect(canonicalJson({ b: [1, { d: null, c: 'x' }], a: true })).toBe(
    '{"a":true,"b":[1,{"c":"x","d":null}]}',
  )
  expect(hashOf({ a: 1, b: 2 })).toBe(hashOf({ b: 2, a: 1 }))
  expect(hashOf([1, 2])).not.toBe(hashOf([2, 1]))
})

test('undefined properties are ignored', () => {
  expect(hashOf({ a: 1, b: undefined })).toBe(hashOf({ a: 1 }))
})

test('the text is JSON with the same content', () => {
  const value = { 'ä "q"': [0.1, -0, 1e21], z: { '': '\n' } }
  expect(JSON.parse(canonicalJson(value))).toEqual({ 'ä "q"': [0.1, 0, 1e21], z: { '': '\n' } })
})

test('hashes are the first 16 hex digits of SHA-256', () => {
  // printf '{}' | sha256sum
  expect(hashOf({})).toBe('44136fa355b3678a')
})

test('numbers that JSON cannot represent are a programming error', () => {
  expect(() => canonicalJson({ a: Number.NaN })).toThrow('canonical JSON has no NaN')
})
