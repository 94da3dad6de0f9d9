import { OUTCOME, REFUSAL } from '../sim/serving/index.ts'
import type { RowColumns } from '../sim/stats/index.ts'
import { apart, asking, double, limited, routed, shared, single } from './audited-systems.ts'
import {
  type Batch,
  copy,
  keyOf,
  move,
  pairOf,
  type Seed,
  sentAt,
  timed,
  WHOLE,
  write,
} from './row-surgery.ts'

/** Rows as a control plane would leave them that decides wrongly. */
export function decisionSeeds(): Seed[] {
  return [
    {
      rule: 'executor',
      what: 'two batches at a time',
      system: double,
      spoil(c) {
        const [one, next] = pairOf(c, (a, b) => a.executor !== b.executor && b.dispatched < a.done)
        write(c, next.keys, 'executor', one.executor)
        return [...one.keys, ...next.keys]
      },
    },
    {
      rule: 'executor',
      what: 'not the one that was free longest',
      system: double,
      spoil(c) {
        const [one, next] = pairOf(c, (a, b) => a.executor !== b.executor && b.dispatched > a.done)
        write(c, next.keys, 'executor', one.executor)
        return next.keys
      },
    },
    {
      rule: 'executor',
      what: 'one of another pool',
      system: routed,
      spoil(c) {
        const [{ keys }] = pairOf(c, (batch) => batch.executor < 3)
        write(c, keys, 'executor', 3)
        return keys
      },
    },
    {
      rule: 'order',
      what: 'two who waited change places',
      system: single,
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
      rule: 'fairness',
      what: 'one tenant is served more than its share',
      system: shared,
      spoil(c) {
        // requests of one tenant, while both wait on
        const waits = (number: number, at: number) =>
          c.class.some(
            (own, key) => own === number && c.sent[key]! < at - 5 && c.dispatched[key]! > at + 5,
          )
        const [{ keys }] = pairOf(
          c,
          (a) =>
            a.keys.every((key) => c.class[key] === 0) &&
            waits(0, a.dispatched) &&
            waits(1, a.dispatched),
        )
        write(c, keys, 'length', 500)
        return keys
      },
    },
    {
      rule: 'preferred-size',
      what: 'one is left behind',
      system: single,
      spoil(c) {
        const [one, next] = pairOf(c, (a, b) => a.keys.length > 2 && b.keys.length < 6)
        move(c, one.keys.at(-1)!, one, next)
        return one.keys.slice(0, -1)
      },
    },
    {
      rule: 'delay',
      what: 'a batch before its window closes',
      system: single,
      spoil(c) {
        const [{ keys, dispatched }] = pairOf(c, (batch) => timed(c, batch))
        write(c, keys, 'dispatched', (dispatched + sentAt(c, keys)) / 2)
        return keys
      },
    },
    {
      rule: 'idle',
      what: 'a batch later than it could go',
      system: double,
      spoil(c) {
        const [{ keys, dispatched }] = pairOf(c, (batch) => batch.keys.length === 1)
        write(c, keys, 'dispatched', dispatched + 1e-9)
        return keys
      },
    },
    {
      rule: 'routing',
      what: 'another queue than the next in turn',
      system: routed,
      spoil(c) {
        const key = keyOf(c, (k) => c.queue[k]! === 1 && c.outcome[k] === OUTCOME.shed)
        c.queue[key] = 2
        return [key]
      },
    },
    {
      rule: 'routing',
      what: 'another pool than the next in turn',
      system: routed,
      spoil(c) {
        const key = keyOf(c, (k) => c.queue[k]! === 1 && c.outcome[k] === OUTCOME.shed)
        c.queue[key] = 3
        c.pool[key] = 1
        return [key]
      },
    },
    {
      rule: 'routing',
      what: 'another pool of its model than the next in turn',
      system: asking,
      spoil(c) {
        const key = keyOf(c, (k) => c.pool[k] === 0)
        c.queue[key] = c.pool[key] = 1
        return [key]
      },
    },
    {
      rule: 'models',
      what: 'a pool of another model',
      system: asking,
      spoil(c) {
        const key = keyOf(c, (k) => c.pool[k] === 0)
        c.queue[key] = c.pool[key] = 2
        return [key]
      },
    },
    {
      rule: 'routing',
      what: 'a part where it would go if it were whole',
      system: apart,
      spoil(c) {
        // of a least loaded queue that has the part before it
        const key = keyOf(c, (k) => c.part[k] === 1 && c.queue[k] !== 2)
        c.queue[key] = 2
        return [key]
      },
    },
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

/** Time-outs, bounds and patience that were not kept to. */
export function limitSeeds(): Seed[] {
  const of = (c: RowColumns, outcome: number) => keyOf(c, (k) => c.outcome[k] === outcome)
  return [
    {
      rule: 'queue-timeout',
      what: 'timed out too early',
      system: limited,
      spoil(c) {
        const key = of(c, OUTCOME.timedOut)
        c.done[key]! -= 1e-6
        return [key]
      },
    },
    {
      rule: 'queue-timeout',
      what: 'waits on after its time',
      system: limited,
      spoil(c) {
        const key = of(c, OUTCOME.timedOut)
        c.done[key]! += 20
        return [key]
      },
    },
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
    {
      rule: 'bounds',
      what: 'shed by a queue with room',
      system: limited,
      spoil(c) {
        const key = of(c, OUTCOME.timedOut)
        c.outcome[key] = OUTCOME.shed
        c.refusal[key] = REFUSAL.queue
        c.done[key] = c.sent[key]!
        return [key]
      },
    },
    {
      rule: 'bounds',
      what: 'let into a full queue',
      system: limited,
      spoil(c) {
        const key = of(c, OUTCOME.shed)
        c.outcome[key] = OUTCOME.timedOut
        c.refusal[key] = REFUSAL.none
        c.done[key] = c.sent[key]! + 12
        return [key]
      },
    },
    {
      rule: 'patience',
      what: 'abandoned in time',
      system: single,
      spoil(c) {
        const key = of(c, OUTCOME.served)
        c.outcome[key] = OUTCOME.abandoned
        return [key]
      },
    },
    {
      rule: 'patience',
      what: 'a client that leaves at another time',
      system: single,
      spoil(c) {
        const key = of(c, OUTCOME.served)
        c.leaves[key]! += 1e-6
        return [key]
      },
    },
    {
      rule: 'patience',
      what: 'served too late',
      system: single,
      spoil(c) {
        const key = of(c, OUTCOME.abandoned)
        c.outcome[key] = OUTCOME.served
        return [key]
      },
    },
  ]
}
