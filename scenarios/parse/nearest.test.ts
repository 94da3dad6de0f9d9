import { describe, expect, test } from 'vitest'
import { editDistance, nearest, nearNames } from './nearest.ts'

describe('editDistance', () => {
  test('counts insertions, deletions, substitutions and swaps of neighbours as one each', () => {
    expect(editDistance('kitten', 'sitting')).toBe(3)
    expect(editDistance('polciy', 'policy')).toBe(1)
    expect(editDistance('', 'abc')).toBe(3)
    expect(editDistance('abc', 'abc')).toBe(0)
  })

  test('is symmetric', () => {
    for (const [a, b] of [
      ['replicas', 'replica'],
      ['batching', 'matching'],
      ['a', 'bcd'],
    ] as const) {
      expect(editDistance(a, b)).toBe(editDistance(b, a))
    }
  })
})

describe('nearest', () => {
  const keys = ['rate_rps', 'load', 'max_batch', 'max_delay_ms', 'preferred']

  test.each([
    ['rate', 'rate_rps'],
    ['maxBatch', 'max_batch'],
    ['max_delay_us', 'max_delay_ms'],
    ['prefered', 'preferred'],
    ['laod', 'load'],
  ])('takes %s for %s', (typed, meant) => {
    expect(nearest(typed, keys)).toBe(meant)
  })

  test('prefers a candidate that contains the whole text', () => {
    expect(nearest('gpu', ['cpu', 'webgpu'])).toBe('webgpu')
  })

  test('is silent if no candidate is near', () => {
    expect(nearest('quantum', keys)).toBeNull()
    expect(nearest('t', ['n'])).toBeNull()
    expect(nearest('', keys)).toBeNull()
    expect(nearest('x'.repeat(5000), keys)).toBeNull()
  })
})

test('of several near names, those that contain the text are meant, if there are any', () => {
  const names = ['h100-pcie', 'h100-sxm', 'h200-sxm']
  expect(nearNames('h100', names)).toEqual(['h100-pcie', 'h100-sxm'])
  expect(nearNames('H200_SXM', names)).toEqual(['h200-sxm'])
  expect(nearNames('h300-sxm', names)).toEqual(['h100-sxm', 'h200-sxm'])
  expect(nearNames('quantum', names)).toEqual([])
})

test('suggests nothing for hundreds of candidates, to bound the comparisons', () => {
  const names = Array.from({ length: 501 }, (_, i) => `name${i}`)
  expect(nearest('nme7', names.slice(1))).toBe('name7')
  expect(nearest('nme7', names)).toBeNull()
})
