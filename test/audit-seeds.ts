import { OUTCOME } from '../sim/serving/index.ts'
import type { RowColumns } from '../sim/stats/index.ts'
import { admissionSeeds } from './audit-admission-seeds.ts'
import { decisionSeeds, limitSeeds } from './audit-decision-seeds.ts'
import { generationSeeds } from './audit-generation-seeds.ts'
import { memorySeeds } from './audit-memory-seeds.ts'
import { policySeeds } from './audit-policy-seeds.ts'
import { fixed, limited, single } from './audited-systems.ts'
import {
  type Batch,
  move,
  oneBatch,
  oneRequest,
  pairOf,
  type Seed,
  servedIn,
  write,
} from './row-surgery.ts'

/** At least one for each rule of the audit. */
export const seeds: readonly Seed[] = [
  ...conservationSeeds(),
  ...batchSeeds(),
  ...decisionSeeds(),
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
    changed('another length', (c, key) => c.length[key]!++),
    changed('another schedule', (c, key) => (c.at[key]! -= 1e-9)),
    changed('another class', (c, key) => c.class[key]!++),
    changed('a part of another request', (c, key) => c.sending[key]!++),
    changed('another part', (c, key) => c.part[key]!++),
    changed('a call that was earlier', (c, key) => (c.since[key]! -= 1e-9)),
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
