import { expect } from 'vitest'
import { OUTCOME } from '../sim/serving/index.ts'
import type { Counts, Rows } from '../sim/stats/index.ts'

/** Clocks of two threads agree so well, ms. */
const CLOCK_SLACK_MS = 0.1

/** One request of a live run. */
export type Row = Readonly<Record<keyof Rows['columns'], number>>

export function rowList({ columns, count }: Rows): Row[] {
  const entries = Object.entries(columns)
  return Array.from(
    { length: count },
    (_, i) => Object.fromEntries(entries.map(([name, column]) => [name, column[i]])) as Row,
  )
}

export const served = (rows: readonly Row[]) => rows.filter(({ batch }) => batch >= 0)

/** What holds for every request on a live clock, whatever the speed of the machine. */
export function expectRowsInOrder(rows: readonly Row[], maxBatch: number): void {
  expect(served(rows).length).toBeGreaterThan(0)
  for (const row of rows) expect(row.sent).toBeGreaterThanOrEqual(row.at)
  for (const row of served(rows)) {
    expect(row.dispatched).toBeGreaterThanOrEqual(row.sent)
    expect(row.started).toBeGreaterThanOrEqual(row.dispatched - CLOCK_SLACK_MS)
    expect(row.ended).toBeGreaterThan(row.started)
    expect(row.done).toBeGreaterThanOrEqual(row.ended)
    expect(row.batchSize).toBeLessThanOrEqual(maxBatch)
  }
}

/** Rows by batch; every batch is as large as its members say, and one at a time on its executor. */
export function batchesIn(rows: readonly Row[]): Row[][] {
  const batches = new Map<number, Row[]>()
  for (const row of served(rows)) {
    batches.set(row.batch, [...(batches.get(row.batch) ?? []), row])
  }
  const doneAt = new Map<number, number>()
  const inOrder = [...batches.values()].sort(([a], [b]) => a!.dispatched - b!.dispatched)
  for (const members of inOrder) {
    const { batchSize, executor, dispatched, done } = members[0]!
    expect(members).toHaveLength(batchSize)
    expect(dispatched).toBeGreaterThanOrEqual(doneAt.get(executor) ?? 0)
    doneAt.set(executor, done)
  }
  return inOrder
}

/** Rows counted by how they ended. */
export function countsOf(rows: readonly Row[]): Counts {
  const of = (outcome: number) => rows.filter((row) => row.outcome === outcome).length
  return {
    arrived: rows.length,
    served: of(OUTCOME.served),
    shed: of(OUTCOME.shed),
    timed_out: of(OUTCOME.timedOut),
    abandoned: of(OUTCOME.abandoned),
    failed: of(OUTCOME.failed),
    in_flight: 0,
  }
}

/** The most requests that waited at once; a refused one never did. */
export function longestQueue(rows: readonly Row[]): number {
  const waited = rows.filter(({ outcome }) => outcome !== OUTCOME.shed)
  const events = waited.flatMap((row) => [
    { time: row.sent, change: 1 },
    { time: row.batch < 0 ? row.done : row.dispatched, change: -1 },
  ])
  // at one instant those who go make room for those who come
  events.sort((a, b) => a.time - b.time || a.change - b.change)
  let waiting = 0
  return events.reduce((most, { change }) => Math.max(most, (waiting += change)), 0)
}

/** Counts of several replays in one. */
export function sumOf(all: readonly Counts[]): Counts {
  const keys = Object.keys(all[0]!) as (keyof Counts)[]
  const sum = (key: keyof Counts) => all.reduce((total, counts) => total + counts[key], 0)
  return Object.fromEntries(keys.map((key) => [key, sum(key)])) as Counts
}
