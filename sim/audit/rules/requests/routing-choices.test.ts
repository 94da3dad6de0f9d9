import { expect, test } from 'vitest'
import { routingPolicies } from '../../../serving/routing/routing.ts'
import { expectations } from './routing-choices.ts'

test('of every router rows show the choices, but for those of predictions', () => {
  const hidden = Object.keys(routingPolicies).filter((policy) => !(policy in expectations))
  expect(hidden).toEqual(['least-work', 'latency-target'])
})
