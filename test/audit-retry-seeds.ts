import { OUTCOME, REFUSAL } from '../sim/serving/index.ts'
import type { RowColumns } from '../sim/stats/index.ts'
import { broken, limitedRetries, resent } from './retried-systems.ts'
import { keyOf, type Seed } from './row-surgery.ts'

const { retried, shed, served } = OUTCOME

const isFurther = (c: RowColumns, key: number) => c.copyOf[key]! >= 0
const isResent = (c: RowColumns, key: number) => c.outcome[key] === retried

/** Violated rules of retries by proxies, and of circuit breakers. */
export function retrySeeds(): Seed[] {
  const seed = (
    what: string,
    fits: (c: RowColumns, key: number) => boolean,
    change: (c: RowColumns, key: number) => unknown,
    system = resent,
  ): Seed => ({
    rule: 'retries',
    what,
    system,
    spoil(c) {
      const key = keyOf(c, (k) => fits(c, k))
      change(c, key)
      return [key]
    },
  })
  return [
    seed('sent again where it had failed', isFurther, (c, k) => {
      c.queue[k] = c.queue[c.copyOf[k]!]!
    }),
    seed('sent again before its back-off is over', isFurther, (c, k) => (c.sent[k]! -= 10)),
    seed('a retry of another request', isFurther, (c, k) => (c.sendId[k]! += 1)),
    seed('sent again after an answer', isResent, (c, k) => (c.outcome[k] = served)),
    seed(
      'given up with retries left',
      (c, k) => isResent(c, k) && !isFurther(c, k),
      (c, k) => (c.outcome[k] = shed),
    ),
    seed(
      'sent again, but not for a third time',
      (c, k) => c.outcome[k] === shed && isFurther(c, k),
      (c, k) => (c.outcome[k] = retried),
    ),
    seed(
      'sent again beyond the limit',
      (c, k) => c.outcome[k] === shed && !isFurther(c, k),
      (c, k) => (c.outcome[k] = retried),
      limitedRetries,
    ),
    {
      rule: 'circuit-breaker',
      what: 'refused below the threshold',
      system: broken,
      spoil(c) {
        const key = keyOf(c, (k) => c.outcome[k] === served && c.dispatched[k] === c.sent[k])
        for (const name of ['dispatched', 'started', 'ended'] as const) c[name][key] = Number.NaN
        for (const name of ['executor', 'batch'] as const) c[name][key] = -1
        c.batchSize[key] = 0
        c.done[key] = c.sent[key]!
        c.outcome[key] = shed
        c.refusal[key] = REFUSAL.overflow
        return [key]
      },
    },
    {
      rule: 'circuit-breaker',
      what: 'admitted at the threshold',
      system: broken,
      spoil(c) {
        const key = keyOf(c, (k) => c.refusal[k] === REFUSAL.overflow)
        c.refusal[key] = REFUSAL.none
        c.outcome[key] = OUTCOME.timedOut
        c.done[key] = c.sent[key]! + 1
        return [key]
      },
    },
  ]
}
