import fc from 'fast-check'
import type { EjectionPlan } from '../sim/serving/index.ts'
import { systemUnder } from './random-system.ts'
import type { SmallSystem } from './small-system.ts'

type Plans = {
  readonly [P in EjectionPlan['policy']]: fc.Arbitrary<Extract<EjectionPlan, { policy: P }>>
}

const timeoutsCount = fc.constantFrom(true, true, false)

/** Configurations of every ejection policy, on the scale of small systems. */
const ejections: Plans = {
  'envoy-outlier': fc
    .record({
      timeoutsCount,
      consecutive5xx: fc.integer({ min: 1, max: 4 }),
      intervalMs: fc.constantFrom(7.03, 20.01),
      baseEjectionMs: fc.constantFrom(3.07, 15),
      maxEjectionMs: fc.constantFrom(15, 40),
      maxEjectionPercent: fc.constantFrom(10, 40, 100),
      alwaysEjectOne: fc.boolean(),
      enforcesConsecutive5xx: fc.constantFrom(true, true, false),
      successRate: fc.record({
        enforced: fc.boolean(),
        minimumHosts: fc.constantFrom(1, 2),
        requestVolume: fc.constantFrom(1, 3),
        stdevFactor: fc.constantFrom(0, 0.5, 1.9),
      }),
      failurePercentage: fc.record({
        enforced: fc.boolean(),
        minimumHosts: fc.constantFrom(1, 2),
        requestVolume: fc.constantFrom(1, 3),
        threshold: fc.constantFrom(30, 85),
      }),
      panicThresholdPercent: fc.constantFrom(0, 50, 80),
    })
    .map((settings) => ({ policy: 'envoy-outlier', ...settings })),
  'linkerd-accrual': fc
    .record({
      timeoutsCount,
      maxFailures: fc.integer({ min: 1, max: 4 }),
      minPenaltyMs: fc.constantFrom(2.03, 9.01),
      maxPenaltyMs: fc.constantFrom(10.07, 60.03),
      jitterRatio: fc.constantFrom(0, 0.5),
    })
    .map((settings) => ({ policy: 'linkerd-accrual', ...settings })),
}

export const ejectionPolicies = Object.keys(ejections) as EjectionPlan['policy'][]

/** Systems whose replicas have queues of their own, and are ejected by a policy. */
export function systemEjecting(policy: EjectionPlan['policy']): fc.Arbitrary<SmallSystem> {
  return fc
    .constantFrom('none', 'fixed', 'dynamic', 'aimd')
    .chain((batching) => fc.tuple(systemUnder(batching, 'fifo', 160), ejections[policy]))
    .map(([system, ejection]) => {
      const { plan } = system
      const pools = plan.pools.map((pool) => ({
        ...pool,
        replicas: pool.replicas + 1,
        perReplicaQueues: true,
        ejection,
      }))
      const classes = plan.classes.map((drawn) => ({ ...drawn, fanOut: 1 }))
      return { ...system, plan: { ...plan, pools, classes } }
    })
}
