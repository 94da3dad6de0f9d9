import { OUTCOME } from '../sim/serving/index.ts'
import type { RowColumns } from '../sim/stats/index.ts'
import type { SmallSystem } from './small-system.ts'

/** Breaks a rule in correct rows; returns rows that a violation of the rule must name. */
export interface Seed {
  readonly rule: string
  readonly what: string
  readonly system: SmallSystem
  readonly spoil: (c: RowColumns) => readonly number[]
}

/** A batch as raw rows tell it. */
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

/** Neighbours in the order of dispatch that pass a test; those in the middle of the run first. */
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
  const key = [...c.at.keys()].findIndex((one) => one > 50 && fits(one))
  if (key < 0) throw new Error('Expected a request that fits')
  return key
}

/** What a request has from its batch. */
export const WHOLE = [
  ...(['dispatched', 'started', 'ended', 'done', 'executor', 'batch'] as const),
  ...(['batchSize', 'padded', 'outcome'] as const),
]

/** Gives a request what another one has in some columns. */
export function copy(
  c: RowColumns,
  from: number,
  to: number,
  columns: readonly (keyof RowColumns)[],
) {
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

/** Moves a member from one batch into another, and says so in both. */
export function move(c: RowColumns, key: number, from: Batch, to: Batch): number[] {
  copy(c, to.keys[0]!, key, WHOLE)
  write(
    c,
    from.keys.filter((one) => one !== key),
    'batchSize',
    from.keys.length - 1,
  )
  const grown = [...to.keys, key].sort((a, b) => a - b)
  write(c, grown, 'batchSize', grown.length)
  return grown
}

export const sentAt = (c: RowColumns, keys: readonly number[]) =>
  Math.max(...keys.map((k) => c.sent[k]!))
export const servedIn = (c: RowColumns, key: number) => c.outcome[key] === OUTCOME.served
/** Whether a batch went on its timer: at no arrival, and no end of a batch. */
export const timed = (c: RowColumns, { dispatched }: Batch) =>
  !c.sent.includes(dispatched) && !c.done.includes(dispatched)
