import fc from 'fast-check'
import type { ClassPlan } from '../sim/serving/index.ts'

const endless = fc.constant(Number.POSITIVE_INFINITY)

const classPlan: fc.Arbitrary<ClassPlan> = fc.record({
  patienceMs: fc.oneof(endless, fc.constantFrom(4, 30)),
  drawnPatience: fc.constantFrom(
    null,
    null,
    { distribution: 'exponential' as const, mean: 8 },
    { distribution: 'uniform' as const, min: 2, max: 30 },
  ),
  fanOut: fc.integer({ min: 1, max: 3 }),
  cancels: fc.boolean(),
  priority: fc.integer({ min: 1, max: 3 }),
  deadlineMs: fc.oneof(endless, fc.constantFrom(5, 40)),
  tenant: fc.constantFrom('a', 'b'),
  weight: fc.constant(1),
  sharedPrefixTokens: fc.constant(0),
  carriesContext: fc.constant(false),
  queueTimeoutMs: fc.oneof(endless, fc.constantFrom(3, 8)),
})

/** So many classes; a tenant has one weight. */
export const classPlans = (count: number) =>
  fc
    .tuple(fc.array(classPlan, { minLength: count, maxLength: count }), fc.constantFrom(1, 2.5))
    .map(([classes, weight]) =>
      classes.map((own) => (own.tenant === 'b' ? { ...own, weight } : own)),
    )
