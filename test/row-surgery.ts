import { OUTCOME, REFUSAL } from '../sim/serving/index.ts'
import type { RowColumns } from '../sim/stats/index.ts'
import type { SmallSystem } from './small-system.ts'

/** Breaks a rule in correct rows; returns the rows that a violation of the rule must name. */
export interface Seed {
  readonly rule: string
  readonly what: string
  readonly system: SmallSystem
  readonly spoil: (c: RowColumns) => readonly number[]
}

/** A batch as recorded in raw rows. */
export interface Batch {
  readonly keys: readonly number[]
  readonly dispatched: number
  readonly done: number
  readonly executor: number
}

/** Batches in order of dispatch. */
function batchesOf(c: RowColumns): Batch[] {
  const members = new Map<number, number[]>()
  for (const [key, batch] of c.batch.entries()) {
    if (batch >= 0) members.set(batch, [...(members.get(batch) ?? []), key])
  }
  return [...members.values()]
    .map((keys) => ({
      keys,
      dispatched: c.dispatched[keys[0]!]!,
      done: c.done[keys[0]!]!,
      executor: c.executor[keys[0]!]!,
    }))
    .sort((a, b) => a.dispatched - b.dispatched || a.keys[0]! - b.keys[0]!)
}

/**
 * Consecutive batches in the order of dispatch that pass a test, first from the middle of the run.
 */
export function pairOf(
  c: RowColumns,
  fits: (batch: Batch, next: Batch) => boolean,
): [Batch, Batch] {
  const batches = batchesOf(c)
  for (let i = batches.length >> 1; i + 1 < batches.length; i++) {
    if (fits(batches[i]!, batches[i + 1]!)) return [batches[i]!, batches[i + 1]!]
  }
  throw new Error('Expected two batches that fit')
}

export function keyOf(c: RowColumns, fits: (key: number) => boolean): number {
  const key = [...c.at.keys()].findIndex((k) => k > 50 && fits(k))
  if (key < 0) throw new Error('Expected a request that fits')
  return key
}

/** Values that a request has from its batch. */
const WHOLE = [
  ...(['dispatched', 'started', 'ended', 'done', 'executor', 'batch'] as const),
  ...(['batchSize', 'padded', 'outcome'] as const),
]

/** Copies values from one request to another in some columns. */
function copy(c: RowColumns, from: number, to: number, columns: readonly (keyof RowColumns)[]) {
  for (const name of columns) c[name][to] = c[name][from]!
}

export function write(
  c: RowColumns,
  keys: readonly number[],
  name: keyof RowColumns,
  value: number,
) {
  for (const key of keys) c[name][key] = value
}

/** Moves a request from one batch to another, and updates both. */
export function move(c: RowColumns, key: number, from: Batch, to: Batch): number[] {
  copy(c, to.keys[0]!, key, WHOLE)
  write(
    c,
    from.keys.filter((k) => k !== key),
    'batchSize',
    from.keys.length - 1,
  )
  const grown = [...to.keys, key].sort((a, b) => a - b)
  write(c, grown, 'batchSize', grown.length)
  return grown
}

const sentAt = (c: RowColumns, keys: readonly number[]) => Math.max(...keys.map((k) => c.sent[k]!))
export const servedIn = (c: RowColumns, key: number) => c.outcome[key] === OUTCOME.served
/** Whether a timer dispatched a batch: no arrival and no end of a batch did. */
const timed = (c: RowColumns, { dispatched }: Batch) =>
  !c.sent.includes(dispatched) && !c.done.includes(dispatched)

type Broken = Omit<Seed, 'spoil'>
type OfRequest<T> = (c: RowColumns, key: number) => T

/** Changes one matching request. */
export function oneRequest(
  broken: Broken,
  fits: OfRequest<boolean>,
  change: OfRequest<unknown>,
): Seed {
  return {
    ...broken,
    spoil(c) {
      const key = keyOf(c, (k) => fits(c, k))
      change(c, key)
      return [key]
    },
  }
}

type OfBatch<T> = (c: RowColumns, batch: Batch) => T

/** Changes one matching batch. */
export function oneBatch(broken: Broken, fits: OfBatch<boolean>, change: OfBatch<unknown>): Seed {
  return {
    ...broken,
    spoil(c) {
      const [batch] = pairOf(c, (candidate) => fits(c, candidate))
      change(c, batch)
      return batch.keys
    },
  }
}

export const ofSeveral: OfBatch<boolean> = (_, { keys }) => keys.length > 1

/** A batch is dispatched without a request that fitted in. */
export function leftBehind(rule: string, system: SmallSystem): Seed {
  return {
    rule,
    what: 'a request is left behind',
    system,
    spoil(c) {
      const [first, next] = pairOf(c, (a, b) => a.keys.length > 2 && b.keys.length < 6)
      move(c, first.keys.at(-1)!, first, next)
      return first.keys.slice(0, -1)
    },
  }
}

/** A batch that a timer dispatched is dispatched earlier. */
export function tooEarly(rule: string, system: SmallSystem): Seed {
  const broken = { rule, what: 'a batch before it is due', system }
  return oneBatch(broken, timed, (c, { keys, dispatched }) =>
    write(c, keys, 'dispatched', (dispatched + sentAt(c, keys)) / 2),
  )
}

/** Exchanges the last request of a batch with one of the next batch. */
export function placesChanged(rule: string, system: SmallSystem): Seed {
  return {
    rule,
    what: 'two waiting requests exchanged',
    system,
    spoil(c) {
      const [first, next] = pairOf(c, (a, b) => c.sent[b.keys[0]!]! < a.dispatched)
      const earlier = first.keys.at(-1)!
      const later = next.keys[0]!
      const kept = WHOLE.map((name) => c[name][earlier]!)
      copy(c, later, earlier, WHOLE)
      WHOLE.forEach((name, i) => {
        c[name][later] = kept[i]!
      })
      return [earlier, later]
    },
  }
}

/** A request is shed for a reason. */
export const shedFor =
  (refusal: number): OfRequest<void> =>
  (c, key) => {
    c.batch[key] = -1
    c.outcome[key] = OUTCOME.shed
    c.refusal[key] = refusal
    c.done[key] = c.sent[key]!
  }

/** A request that was shed waits, and times out. */
export const letIn: OfRequest<void> = (c, key) => {
  c.outcome[key] = OUTCOME.timedOut
  c.refusal[key] = REFUSAL.none
  c.done[key] = c.sent[key]! + 12
}
