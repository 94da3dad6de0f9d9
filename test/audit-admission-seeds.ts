import { OUTCOME, REFUSAL } from '../sim/serving/index.ts'
import type { RowColumns } from '../sim/stats/index.ts'
import { metered, predicted, prioritised, turning } from './audited-systems.ts'
import { letIn, oneRequest, placesChanged, type Seed } from './row-surgery.ts'

/** Rows of an admission control that refuses wrong requests, or for wrong reasons. */
export function admissionSeeds(): Seed[] {
  const { none, priority, deadline, concurrency, queue, tokens } = REFUSAL
  const refused = (refusal: number) => (c: RowColumns, key: number) => c.refusal[key] === refusal
  /** changes the reason of one refusal */
  const reasoned = (broken: Omit<Seed, 'spoil'>, was: number, is: number) =>
    oneRequest(broken, refused(was), (c, key) => (c.refusal[key] = is))
  const byPriority = { rule: 'priority-shedding', system: prioritised }
  const byLimit = { rule: 'concurrency', system: metered }
  const byDeadline = { rule: 'deadline-shedding', system: predicted }
  const byTokens = { rule: 'token-bucket', system: metered }
  return [
    reasoned({ ...byPriority, what: 'below its limit' }, concurrency, priority),
    reasoned({ ...byPriority, what: 'admitted at its limit' }, priority, concurrency),
    reasoned({ ...byLimit, what: 'below the limit' }, tokens, concurrency),
    reasoned({ ...byLimit, what: 'admitted at the limit' }, concurrency, tokens),
    oneRequest(
      { ...byDeadline, what: 'one without a deadline' },
      (c, key) => c.refusal[key] === queue && c.class[key] === 1,
      (c, key) => (c.refusal[key] = deadline),
    ),
    reasoned({ ...byDeadline, what: 'admits a request that ends too late' }, deadline, queue),
    reasoned(
      { ...byTokens, what: 'shed by a missing bucket', system: prioritised },
      concurrency,
      tokens,
    ),
    oneRequest({ ...byTokens, what: 'admitted without a token' }, refused(tokens), letIn),
    reasoned({ rule: 'conservation', what: 'shed for no reason', system: metered }, tokens, none),
    placesChanged('adaptive-lifo', turning),
    oneRequest(
      { rule: 'queue-timeout', what: 'in overload, leaves before the target', system: turning },
      (c, key) => c.outcome[key] === OUTCOME.timedOut && c.done[key]! - c.sent[key]! < 7,
      (c, key) => (c.done[key]! -= 1e-6),
    ),
  ]
}
