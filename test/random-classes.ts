import fc from 'fast-check'
import type { ClassPlan } from '../sim/serving/index.ts'

const endless = fc.constant(Number.POSITIVE_INFINITY)

const classPlan: fc.Arbitrary<Omit<ClassPlan, 'pools'>> = fc.record({
  clientTimeoutMs: fc.oneof(endless, fc.constantFrom(4, 30)),
  drawnClientTimeout: fc.constantFrom(
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

/** The pools that a class names the model of, if any. */
const askedPools = fc.constantFrom(null, null, [0], [1], [0, 1])

/** `count` classes; a tenant has one weight. */
export const classPlans = (count: number) => {
  const ofEach = { minLength: count, maxLength: count }
  return fc
    .tuple(
      fc.array(classPlan, ofEach),
      fc.constantFrom(1, 2.5),
      fc.oneof(fc.constant([]), fc.array(askedPools, ofEach)),
    )
    .map(([classes, weight, pools]) =>
      classes.map((drawn, i) => ({
        ...drawn,
        pools: pools[i] ?? null,
        weight: drawn.tenant === 'b' ? weight : drawn.weight,
      })),
    )
}
