import type { Work } from '../../scenarios/schema/schema.ts'
import { planOf, requestsOf, serve } from '../../test/small-system.ts'
import { ANY_CLASS, type ClassPlan, type PoolPlan } from './plan.ts'
import { OUTCOME } from './ports.ts'

/** Requests at rising times, and their keys. */
export interface Arrivals {
  readonly at: readonly number[]
  readonly classes?: readonly number[]
  readonly lengths?: readonly number[]
}

interface Pool extends Partial<PoolPlan> {
  /** constant service time of a batch, where no other work is given */
  readonly ms?: number
  readonly work?: Work
  readonly classes?: readonly Partial<ClassPlan>[]
}

/** Rows of a run of one pool. */
function rowsOf({ at, ...columns }: Arrivals, { ms = 1, work, classes = [{}], ...pool }: Pool) {
  const plan = planOf([pool], {
    classes: classes.map((partialClass) => ({ ...ANY_CLASS, ...partialClass })),
  })
  const requests = requestsOf(at, columns)
  return serve({ plan, requests, work: [work ?? { law: 'constant', ms }] }).rows.columns
}

/** Batches of a run by dispatch, as [dispatched, executor, the keys of their members]. */
export function batchesOf(arrivals: Arrivals, pool: Pool) {
  const columns = rowsOf(arrivals, pool)
  const members = new Map<number, number[]>()
  for (const [key, batch] of columns.batch.entries()) {
    if (batch >= 0) members.set(batch, [...(members.get(batch) ?? []), key])
  }
  return [...members.values()]
    .map((keys) => [columns.dispatched[keys[0]!]!, columns.executor[keys[0]!]!, keys] as const)
    .sort((a, b) => a[0] - b[0])
}

const NAMES = Object.fromEntries(Object.entries(OUTCOME).map(([name, code]) => [code, name]))

/** How the requests of a run ended and when, as [outcome, time]. */
export function endsOf(arrivals: Arrivals, pool: Pool) {
  const { outcome, done } = rowsOf(arrivals, pool)
  return Array.from(outcome, (code, key) => [NAMES[code]!, done[key]!] as const)
}
