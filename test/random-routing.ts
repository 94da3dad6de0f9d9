import fc from 'fast-check'
import type { Routing } from '../scenarios/index.ts'
import type { RoutingPlan } from '../sim/serving/index.ts'

type Plans = { readonly [R in Routing]: fc.Arbitrary<Extract<RoutingPlan, { policy: R }>> }

const viewAgeMs = fc.constantFrom(0, 0, 3, 7.1)
const choices = fc.constantFrom(2, 2, 3)
const loads = fc.constantFrom(0.5, 1, 4)

/** Configurations of every routing policy: a new one must be added here. */
const routings: Plans = {
  'round-robin': fc.constant({ policy: 'round-robin' }),
  random: fc.constant({ policy: 'random' }),
  'least-work': fc.constant({ policy: 'least-work' }),
  'least-loaded': fc
    .record({
      ties: fc.constantFrom('random', 'rotating', 'first'),
      viewAgeMs,
      countOwnSends: fc.boolean(),
    })
    .map((settings) => ({ policy: 'least-loaded', ...settings })),
  weighted: fc
    .array(fc.integer({ min: 1, max: 5 }), { maxLength: 3 })
    .map((weights) => ({ policy: 'weighted', weights })),
  p2c: fc.record({ choices, viewAgeMs }).map((settings) => ({ policy: 'p2c', ...settings })),
  'peak-ewma': fc
    .record({
      choices,
      decayMs: fc.constantFrom(5, 10_000),
      defaultRttMs: fc.constantFrom(1, 30),
    })
    .map((settings) => ({ policy: 'peak-ewma', ...settings })),
  'latency-target': fc
    .record({
      targetsMs: fc.array(fc.constantFrom(3, 8, Number.POSITIVE_INFINITY), { maxLength: 3 }),
      prices: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }),
    })
    .map((settings) => ({ policy: 'latency-target', ...settings })),
  'length-threshold': fc
    .record({
      thresholdTokens: fc.constantFrom(10, 20),
      short: fc.constantFrom(0, 1),
      long: fc.constantFrom(0, 1),
    })
    .map((settings) => ({ policy: 'length-threshold', ...settings })),
  'session-affinity': fc
    .record({ maxLoadFactor: fc.constantFrom(1, 1.25, Number.POSITIVE_INFINITY), viewAgeMs })
    .map((settings) => ({ policy: 'session-affinity', ...settings })),
  'spill-over': fc
    .record({ maxLoad: loads, viewAgeMs })
    .map((settings) => ({ policy: 'spill-over', ...settings })),
  'prefix-affinity': fc
    .record({
      cacheThreshold: fc.constantFrom(0, 0.3, 0.9),
      balanceAbs: fc.constantFrom(0, 1, 64),
      balanceRel: fc.constantFrom(1, 1.5),
      lruBlocks: fc.constantFrom(3, 1000),
    })
    .map((settings) => ({ policy: 'prefix-affinity', ...settings })),
  'endpoint-picker': fc
    .record({
      scorers: fc.record({
        queue: fc.constantFrom(0, 2),
        running: fc.constantFrom(0, 1),
        kvCache: fc.constantFrom(0, 2),
        prefixCache: fc.constantFrom(0, 3),
        loadAware: fc.constantFrom(0, 1),
      }),
      picker: fc.constantFrom('max-score', 'weighted-random'),
      lruBlocks: fc.constantFrom(3, 1000),
      viewAgeMs,
    })
    .map((settings) => ({ policy: 'endpoint-picker', ...settings })),
  locality: fc
    .record({ maxLoad: loads, viewAgeMs })
    .map((settings) => ({ policy: 'locality', ...settings })),
}

/** Any policy, as a router among pools has it. */
export const anyRouting: fc.Arbitrary<RoutingPlan> = fc.oneof(...Object.values(routings))

/** Any policy that a scenario may use within a pool. */
export const anyQueueRouting: fc.Arbitrary<RoutingPlan> = anyRouting.filter(
  ({ policy }) =>
    !['weighted', 'latency-target', 'length-threshold', 'spill-over', 'locality'].includes(policy),
)

/** A configuration of each policy, always the same. */
export const routingPlans: readonly RoutingPlan[] = Object.values(routings).map(
  (plans) => fc.sample<RoutingPlan>(plans, { seed: 4, numRuns: 1 })[0]!,
)
