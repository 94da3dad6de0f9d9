import { OUTCOME } from '../sim/serving/index.ts'
import type { RowColumns } from '../sim/stats/index.ts'
import { adaptive, bucketed, corked, slack } from './audited-systems.ts'
import { leftBehind, ofSeveral, oneBatch, oneRequest, type Seed, tooEarly } from './row-surgery.ts'

/** Faults of policies that learn, or depend on more than the number of waiting requests. */
export function policySeeds(): Seed[] {
  return [
    leftBehind('adaptive-size', adaptive),
    tooEarly('adaptive-size', adaptive),
    leftBehind('corked', corked),
    leftBehind('slack', slack),
    tooEarly('slack', slack),
    tooEarly('buckets', bucketed),
    oneBatch(
      { rule: 'buckets', what: 'one of another bucket', system: bucketed },
      ofSeveral,
      (c, { keys }) => (c.length[keys[0]!] = 99),
    ),
    oneRequest(
      { rule: 'corked', what: 'dropped too early', system: corked },
      isDropped,
      (c, key) => (c.done[key] = (c.sent[key]! + c.done[key]!) / 2),
    ),
    oneRequest(
      { rule: 'corked', what: 'dropped too late', system: corked },
      isDropped,
      (c, key) => (c.done[key]! += 5),
    ),
  ]
}

/** Dropped by a timer: a request dropped at an arrival does not tell when it was due. */
const isDropped = (c: RowColumns, key: number) =>
  c.outcome[key] === OUTCOME.timedOut && !c.sent.includes(c.done[key]!)
