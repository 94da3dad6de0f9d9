import { OUTCOME, REFUSAL } from '../sim/serving/index.ts'
import type { RowColumns } from '../sim/stats/index.ts'
import { copySeeds } from './audit-copy-seeds.ts'
import { decisionSeeds, limitSeeds } from './audit-decision-seeds.ts'
import { ejectionSeeds } from './audit-ejection-seeds.ts'
import { generationSeeds } from './audit-generation-seeds.ts'
import { memorySeeds } from './audit-memory-seeds.ts'
import { retrySeeds } from './audit-retry-seeds.ts'
import {
  adaptive,
  bucketed,
  corked,
  fixed,
  limited,
  metered,
  predicted,
  prioritised,
  single,
  slack,
  sliced,
  turning,
} from './audited-systems.ts'
import {
  type Batch,
  leftBehind,
  letIn,
  move,
  ofSeveral,
  oneBatch,
  oneRequest,
  pairOf,
  placesChanged,
  type Seed,
  servedIn,
  tooEarly,
  write,
} from './row-surgery.ts'

/** At least one for each rule of the audit. */
export const seeds: readonly Seed[] = [
  ...conservationSeeds(),
  ...batchSeeds(),
  ...decisionSeeds(),
  ...copySeeds(),
  ...retrySeeds(),
  ...ejectionSeeds(),
  ...limitSeeds(),
  ...generationSeeds(),
  ...memorySeeds(),
  ...policySeeds(),
  ...admissionSeeds(),
]

function conservationSeeds(): Seed[] {
  const changed = (what: string, change: (c: RowColumns, key: number) => unknown) =>
    oneRequest({ rule: 'conservation', what, system: single }, servedIn, change)
  return [
    changed('another length', (c, key) => c.inputTokens[key]!++),
    changed('another schedule', (c, key) => (c.at[key]! -= 1e-9)),
    changed('another class', (c, key) => c.class[key]!++),
    changed('a part of another request', (c, key) => c.sendId[key]!++),
    changed('another part', (c, key) => c.part[key]!++),
    changed('a call that was earlier', (c, key) => (c.firstScheduledAt[key]! -= 1e-9)),
    changed('a row that was never written', (c, key) => write(c, [key], 'sent', Number.NaN)),
    changed('handed over too early', (c, key) => (c.sent[key] = c.at[key]! - 1e-9)),
    changed('an outcome that there is not', (c, key) => (c.outcome[key] = 6)),
    changed('served in no batch', (c, key) => (c.batch[key] = -1)),
    changed('timed out in a batch', (c, key) => (c.outcome[key] = OUTCOME.timedOut)),
    changed('ended before it began', (c, key) => (c.ended[key] = c.started[key]! - 1e-9)),
    changed('known before it ended', (c, key) => (c.done[key] = c.ended[key]! - 1e-9)),
    changed('began before its dispatch', (c, key) => (c.started[key] = c.dispatched[key]! - 0.2)),
    changed('dispatched before it came', (c, key) => (c.dispatched[key] = c.sent[key]! - 1e-9)),
    changed('never ended', (c, key) => (c.done[key] = Number.NaN)),
    changed('a queue of no pool', (c, key) => (c.queue[key] = 7)),
    changed('another pool', (c, key) => (c.pool[key] = 1)),
    oneRequest(
      { rule: 'conservation', what: 'shed long after it came', system: limited },
      (c, key) => c.outcome[key] === OUTCOME.shed,
      (c, key) => (c.done[key]! += 1),
    ),
  ]
}

function batchSeeds(): Seed[] {
  const ofThree = (_: RowColumns, { keys }: Batch) => keys.length > 2
  const spoilt = (what: string, spoil: (c: RowColumns, key: number) => void): Seed => ({
    rule: 'batches',
    what,
    system: single,
    spoil(c) {
      const [{ keys }] = pairOf(c, (batch) => ofThree(c, batch))
      spoil(c, keys[1]!)
      return [keys[0]!, keys[1]!]
    },
  })
  return [
    spoilt('another time of dispatch', (c, key) => (c.dispatched[key]! += 1e-9)),
    spoilt('another time of beginning', (c, key) => (c.started[key]! += 1e-9)),
    spoilt('another time of ending', (c, key) => (c.ended[key]! -= 1e-9)),
    spoilt('another known end', (c, key) => (c.done[key]! += 1e-9)),
    spoilt('another executor', (c, key) => (c.executor[key] = 1)),
    spoilt('another padded length', (c, key) => (c.padded[key]! += 4)),
    spoilt('another size', (c, key) => (c.batchSize[key]! += 1)),
    spoilt('failed for one', (c, key) => (c.outcome[key] = OUTCOME.failed)),
    oneBatch(
      { rule: 'batches', what: 'a size other than its number of requests', system: single },
      ofThree,
      (c, { keys }) => write(c, keys, 'batchSize', keys.length + 1),
    ),
    oneBatch(
      {
        rule: 'time-slices',
        what: 'ended before its share of the card was enough',
        system: sliced,
      },
      (c, { keys: [first] }) => c.ended[first!]! - c.started[first!]! > 1,
      (c, { keys }) => write(c, keys, 'ended', c.ended[keys[0]!]! - 0.01),
    ),
    oneBatch(
      { rule: 'padding', what: 'one multiple more', system: single },
      ofThree,
      (c, { keys }) => write(c, keys, 'padded', c.padded[keys[0]!]! + 4),
    ),
    {
      rule: 'batch-size',
      what: 'one request more than allowed',
      system: single,
      spoil(c) {
        const [full, next] = pairOf(
          c,
          (a, b) => a.keys.length === 6 && b.keys.length > 1 && c.sent[b.keys[0]!]! < a.dispatched,
        )
        return move(c, next.keys[0]!, next, full)
      },
    },
    {
      rule: 'batch-size',
      what: 'a fixed batch that was not full',
      system: fixed,
      spoil(c) {
        const [first, next] = pairOf(c, () => true)
        move(c, first.keys[3]!, first, next)
        return first.keys.slice(0, 3)
      },
    },
  ]
}

/** Faults of policies that learn, or depend on more than the number of waiting requests. */
function policySeeds(): Seed[] {
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
      (c, { keys }) => (c.inputTokens[keys[0]!] = 99),
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
function isDropped(c: RowColumns, key: number): boolean {
  return c.outcome[key] === OUTCOME.timedOut && !c.sent.includes(c.done[key]!)
}

/** Rows of an admission control that refuses wrong requests, or for wrong reasons. */
function admissionSeeds(): Seed[] {
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
