import { median } from 'simple-statistics'
import { largest } from '../../reports/charts/frame.ts'
import { fixed } from '../../reports/format.ts'
import type { PublishedRow } from './published.ts'
import { type ServerModel, type SweepOptions, type SweepPoint, sweepPoint } from './server-model.ts'

/** Limits of the median relative error. */
export const BARS = { throughputRps: 0.1, queueMs: 0.2, p99Ms: 0.2 } as const
export type Judged = keyof typeof BARS
export const JUDGED = Object.keys(BARS) as Judged[]
export const NAMES: Readonly<Record<Judged, string>> = {
  throughputRps: 'throughput',
  queueMs: 'queue time',
  p99Ms: 'p99',
}

/** A published row and its simulation. */
export interface Pair {
  readonly published: PublishedRow
  readonly simulated: SweepPoint
}

/** Each of these rows with its simulation by a model. */
export function pairsOf(
  model: ServerModel,
  rows: readonly PublishedRow[],
  options: SweepOptions,
): Pair[] {
  return rows.map((published) => ({
    published,
    simulated: sweepPoint(model, published.users, options),
  }))
}

/** The heads of the columns for judged figures, with their limits. */
export const judgedHeads = () =>
  JUDGED.map((of) => `${NAMES[of]} (bar ${fixed(100 * BARS[of], 0)} %)`)

/** Signed and relative: simulated − published. */
export function errorOf({ published, simulated }: Pair, of: Judged): number {
  return simulated[of] / published[of] - 1
}

export interface ErrorSummary {
  readonly of: Judged
  readonly median: number
  /** signed median: a common direction of the errors */
  readonly bias: number
  readonly worst: { readonly users: number; readonly error: number }
  readonly met: boolean
}

export function summarise(pairs: readonly Pair[], of: Judged): ErrorSummary {
  const errors = pairs.map((pair) => ({ users: pair.published.users, error: errorOf(pair, of) }))
  const middle = median(errors.map(({ error }) => Math.abs(error)))
  const worst = largest(errors, ({ error }) => Math.abs(error))!
  const bias = median(errors.map(({ error }) => error))
  return { of, median: middle, bias, worst, met: middle <= BARS[of] }
}
