import { expect, test } from 'vitest'
import { isOpen } from './circuit-breaker.ts'

/** Envoy, api/envoy/config/cluster/v3/circuit_breaker.proto: both defaults are 1024. */

const DEFAULTS = { maxPendingRequests: 1024, maxRequests: 1024 }

test.each([
  [0, 0, false],
  [1023, 1023, false],
  [1024, 0, true],
  [0, 1024, true],
])('%d pending and %d at the replicas: a further request overflows: %s', (pending, at, open) => {
  expect(isOpen(DEFAULTS, pending, at)).toBe(open)
})
