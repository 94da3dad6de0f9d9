import { OUTCOME, REFUSAL } from '../sim/serving/index.ts'
import type { RowColumns } from '../sim/stats/index.ts'
import { apart, asking, double, limited, routed, shared, single } from './audited-systems.ts'
import {
  keyOf,
  leftBehind,
  letIn,
  oneBatch,
  oneRequest,
  pairOf,
  placesChanged,
  type Seed,
  shedFor,
  tooEarly,
  write,
} from './row-surgery.ts'

/** Rows of a control plane with wrong decisions. */
export function decisionSeeds(): Seed[] {
  const ofFirst = (c: RowColumns, key: number) => c.pool[key] === 0
  const shedInTurn = (c: RowColumns, key: number) =>
    c.queue[key] === 1 && c.outcome[key] === OUTCOME.shed
  const to = (queue: number, pool: number) => (c: RowColumns, key: number) => {
    c.queue[key] = queue
    c.pool[key] = pool
  }
  return [
    {
      rule: 'executor',
      what: 'two batches at a time',
      system: double,
      spoil(c) {
        const [first, next] = pairOf(
          c,
          (a, b) => a.executor !== b.executor && b.dispatched < a.done,
        )
        write(c, next.keys, 'executor', first.executor)
        return [...first.keys, ...next.keys]
      },
    },
    {
      rule: 'executor',
      what: 'not the longest free executor',
      system: double,
      spoil(c) {
        const [first, next] = pairOf(
          c,
          (a, b) => a.executor !== b.executor && b.dispatched > a.done,
        )
        write(c, next.keys, 'executor', first.executor)
        return next.keys
      },
    },
    oneBatch(
      { rule: 'executor', what: 'an executor of another pool', system: routed },
      (_, { executor }) => executor < 3,
      (c, { keys }) => write(c, keys, 'executor', 3),
    ),
    placesChanged('order', single),
    {
      rule: 'fairness',
      what: 'one tenant is served more than its share',
      system: shared,
      spoil(c) {
        // requests of one tenant, while both tenants wait
        const waits = (number: number, at: number) =>
          c.class.some(
            (tenant, key) =>
              tenant === number && c.sent[key]! < at - 5 && c.dispatched[key]! > at + 5,
          )
        const [{ keys }] = pairOf(
          c,
          (a) =>
            a.keys.every((key) => c.class[key] === 0) &&
            waits(0, a.dispatched) &&
            waits(1, a.dispatched),
        )
        write(c, keys, 'inputTokens', 500)
        return keys
      },
    },
    leftBehind('preferred-size', single),
    tooEarly('delay', single),
    oneBatch(
      { rule: 'idle', what: 'a batch later than it could go', system: double },
      (_, { keys }) => keys.length === 1,
      (c, { keys, dispatched }) => write(c, keys, 'dispatched', dispatched + 1e-9),
    ),
    oneRequest(
      { rule: 'routing', what: 'not the next queue', system: routed },
      shedInTurn,
      to(2, 0),
    ),
    oneRequest(
      { rule: 'routing', what: 'not the next pool', system: routed },
      shedInTurn,
      to(3, 1),
    ),
    oneRequest(
      { rule: 'routing', what: 'not the next pool of its model', system: asking },
      ofFirst,
      to(1, 1),
    ),
    oneRequest(
      { rule: 'models', what: 'a pool of another model', system: asking },
      ofFirst,
      to(2, 2),
    ),
    // the least loaded queue, although it has the part before
    oneRequest(
      { rule: 'routing', what: 'a part in the queue for an undivided request', system: apart },
      (c, key) => c.part[key] === 1 && c.queue[key] !== 2,
      to(2, 0),
    ),
    {
      rule: 'fan-out',
      what: 'two parts in one queue',
      system: apart,
      spoil(c) {
        const key = keyOf(c, (k) => c.part[k] === 1)
        c.queue[key] = c.queue[key - 1]!
        return [key - 1, key]
      },
    },
  ]
}

/** Violated time-outs, bounds and client timeouts. */
export function limitSeeds(): Seed[] {
  const seed = (
    [rule, what]: readonly [string, string],
    outcome: number,
    change: (c: RowColumns, key: number) => unknown,
  ) => {
    const system = rule === 'client-timeout' ? single : limited
    return oneRequest({ rule, what, system }, (c, key) => c.outcome[key] === outcome, change)
  }
  const { served, shed, timedOut, abandoned } = OUTCOME
  const become = (outcome: number) => (c: RowColumns, key: number) => (c.outcome[key] = outcome)
  return [
    seed(['queue-timeout', 'timed out too early'], timedOut, (c, key) => (c.done[key]! -= 1e-6)),
    seed(['queue-timeout', 'waits after its time-out'], timedOut, (c, key) => (c.done[key]! += 20)),
    {
      rule: 'queue-timeout',
      what: 'dispatched after its time',
      system: limited,
      spoil(c) {
        const [{ keys, done }] = pairOf(c, (batch) => batch.keys.length === 2)
        const late = c.sent[keys[0]!]! + 12
        write(c, keys, 'dispatched', late)
        write(c, keys, 'started', late)
        write(c, keys, 'ended', Math.max(late, done))
        write(c, keys, 'done', Math.max(late, done))
        return [keys[0]!]
      },
    },
    seed(['bounds', 'shed by a queue with room'], timedOut, shedFor(REFUSAL.queue)),
    seed(['bounds', 'admitted to a full queue'], shed, letIn),
    seed(['client-timeout', 'abandoned in time'], served, become(abandoned)),
    seed(['client-timeout', 'a client that leaves at another time'], served, (c, key) => {
      c.leaves[key]! += 1e-6
    }),
    seed(['client-timeout', 'served too late'], abandoned, become(served)),
  ]
}
