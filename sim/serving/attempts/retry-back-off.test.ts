import { expect, test } from 'vitest'
import { retryBackOff, retryJitter } from './retry-back-off.ts'

/** Envoy, docs/root/configuration/http/http_filters/router_filter.rst, x-envoy-max-retries. */

const DEFAULTS = { baseIntervalMs: 25, maxIntervalMs: 250 }
const almost = 1 - 2 ** -33

test.each([
  [1, 25],
  [2, 75],
  [3, 175],
  [4, 250],
  [20, 250],
])('"the first retry will be delayed randomly by 0-24ms, the 2nd by 0-74ms, …": %d', (n, end) => {
  expect(retryBackOff(DEFAULTS, n, 0)).toBe(0)
  expect(retryBackOff(DEFAULTS, n, 0.5)).toBe(end / 2)
  expect(retryBackOff(DEFAULTS, n, almost)).toBeLessThan(end)
  expect(retryBackOff(DEFAULTS, n, almost)).toBeGreaterThan(end - 0.001)
})

test('a base of 0 sends every retry at once', () => {
  expect(retryBackOff({ baseIntervalMs: 0, maxIntervalMs: 0 }, 3, almost)).toBe(0)
})

test('draws are uniform, and the same for the same attempt', () => {
  const draws = Array.from({ length: 10_000 }, (_, key) => retryJitter(key))
  const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length
  expect(Math.abs(mean - 0.5)).toBeLessThan(4 / Math.sqrt(12 * draws.length))
  expect(retryJitter(17)).toBe(draws[17])
  expect(retryJitter(18)).not.toBe(draws[17])
})
