import { expect, test } from 'vitest'
import { scenarioOf } from '../../../test/scenarios.ts'
import { retryLimitWarnings } from './proxy-retries.ts'

const warned = (circuit_breakers: object | undefined, overflow: number | null) => {
  const scenario = scenarioOf({
    pools: [
      {
        ...{ name: 'a', model: 'm', replicas: 2, queue: { mode: 'per-replica' } },
        ...{ retry_policy: {}, ...(circuit_breakers && { circuit_breakers }) },
      },
    ],
  })
  const sent = { sent: 9, sent_share: { value: 0.1, low: 0.1, high: 0.1, n: 90 }, succeeded: 9 }
  return retryLimitWarnings(scenario, [
    overflow === null ? {} : { proxy_retries: { ...sent, overflow } },
  ])
}

test('a limit of retries that was not chosen is said where it lost requests', () => {
  const said = [
    'pool a: 1,333 requests were lost for want of a retry: 3 retries at a time, the default of ' +
      'Envoy, were all that its proxy allows; circuit_breakers.max_retries raises that',
  ]
  expect(warned(undefined, 1333)).toEqual(said)
  expect(warned({ max_requests: 50 }, 1333)).toEqual(said)
  expect(warned(undefined, 0)).toEqual([])
  expect(warned(undefined, null)).toEqual([])
  // chosen
  expect(warned({ max_retries: 5 }, 20)).toEqual([])
  expect(warned({ retry_budget: { policy: 'finagle' } }, 20)).toEqual([])
})
