import type { Routing } from '../../../scenarios/schema/schema.ts'
import { endpointPicker } from './policies/endpoint-picker.ts'
import { latencyTarget } from './policies/latency-target.ts'
import { leastLoaded } from './policies/least-loaded.ts'
import { leastWork } from './policies/least-work.ts'
import { lengthThreshold } from './policies/length-threshold.ts'
import { locality } from './policies/locality.ts'
import { p2c } from './policies/p2c.ts'
import { peakEwma } from './policies/peak-ewma.ts'
import { prefixAffinity } from './policies/prefix-affinity.ts'
import { random } from './policies/random.ts'
import { roundRobin } from './policies/round-robin.ts'
import { sessionAffinity } from './policies/session-affinity.ts'
import { spillOver } from './policies/spill-over.ts'
import { weighted } from './policies/weighted.ts'
import type { PlanOf } from './routing-plan.ts'
import type { RoutingPolicy } from './routing-policy.ts'

type Policies = { readonly [P in Routing]: RoutingPolicy<PlanOf<P>> }

/**
 * Every routing policy, used among pools and, where queues are per replica, within one. The
 * compiler finds a policy of the schema that is missing here.
 */
export const routingPolicies: Policies = Object.freeze({
  'round-robin': roundRobin,
  'least-loaded': leastLoaded,
  random,
  weighted,
  'least-work': leastWork,
  p2c,
  'peak-ewma': peakEwma,
  'latency-target': latencyTarget,
  'length-threshold': lengthThreshold,
  'session-affinity': sessionAffinity,
  'spill-over': spillOver,
  'prefix-affinity': prefixAffinity,
  'endpoint-picker': endpointPicker,
  locality,
})
