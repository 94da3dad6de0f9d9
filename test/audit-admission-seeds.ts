import { OUTCOME, REFUSAL } from '../sim/serving/index.ts'
import type { RowColumns } from '../sim/stats/index.ts'
import { metered, predicted, prioritised, turning } from './audited-systems.ts'
import { type Batch, copy, keyOf, pairOf, type Seed, WHOLE } from './row-surgery.ts'

/** Rows as an admission would leave them that refuses others, or for other reasons. */
export function admissionSeeds(): Seed[] {
  const shedFor = (c: RowColumns, refusal: number) => (key: number) => c.refusal[key] === refusal
  /** one refused for a reason that is made another one */
  const reasoned = (seed: Omit<Seed, 'spoil'>, was: number, is: number, of = 0): Seed => ({
    ...seed,
    spoil(c) {
      const key = keyOf(c, (own) => shedFor(c, was)(own) && c.class[own]! >= of)
      c.refusal[key] = is
      return [key]
    },
  })
  const { priority, deadline, concurrency, queue, tokens } = REFUSAL
  return [
    reasoned(
      { rule: 'priority-shedding', what: 'below its limit', system: prioritised },
      concurrency,
      priority,
    ),
    reasoned(
      { rule: 'priority-shedding', what: 'let pass at its limit', system: prioritised },
      priority,
      concurrency,
    ),
    reasoned(
      { rule: 'concurrency', what: 'below the limit', system: metered },
      tokens,
      concurrency,
    ),
    reasoned(
      { rule: 'concurrency', what: 'let pass at the limit', system: metered },
      concurrency,
      tokens,
    ),
    reasoned(
      { rule: 'deadline-shedding', what: 'one without a deadline', system: predicted },
      queue,
      deadline,
      1,
    ),
    reasoned(
      { rule: 'deadline-shedding', what: 'let pass who ends too late', system: predicted },
      deadline,
      queue,
    ),
    reasoned(
      { rule: 'token-bucket', what: 'shed by a bucket that there is not', system: prioritised },
      concurrency,
      tokens,
    ),
    {
      rule: 'token-bucket',
      what: 'let in without a token',
      system: metered,
      spoil(c) {
        const key = keyOf(c, shedFor(c, tokens))
        c.refusal[key] = REFUSAL.none
        c.outcome[key] = OUTCOME.timedOut
        c.done[key] = c.sent[key]! + 12
        return [key]
      },
    },
    {
      rule: 'conservation',
      what: 'shed for no reason',
      system: metered,
      spoil(c) {
        const key = keyOf(c, shedFor(c, tokens))
        c.refusal[key] = REFUSAL.none
        return [key]
      },
    },
    {
      rule: 'adaptive-lifo',
      what: 'two who waited change places',
      system: turning,
      spoil(c) {
        const waited = (a: Batch, b: Batch) => c.sent[b.keys[0]!]! < a.dispatched
        const [one, next] = pairOf(c, waited)
        const earlier = one.keys.at(-1)!
        const later = next.keys[0]!
        const kept = WHOLE.map((name) => c[name][earlier]!)
        copy(c, later, earlier, WHOLE)
        WHOLE.forEach((name, i) => {
          c[name][later] = kept[i]!
        })
        return [earlier, later]
      },
    },
    {
      rule: 'queue-timeout',
      what: 'in overload, leaves before the target',
      system: turning,
      spoil(c) {
        const short = (key: number) => c.done[key]! - c.sent[key]! < 7
        const key = keyOf(c, (own) => c.outcome[own] === OUTCOME.timedOut && short(own))
        c.done[key]! -= 1e-6
        return [key]
      },
    },
  ]
}
