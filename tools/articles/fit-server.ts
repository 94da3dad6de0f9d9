import { type Move, patternSearch } from '../../sim/accelerator/index.ts'
import type { PublishedRow } from './published.ts'
import { type ServerModel, type SweepPoint, sweepPoint } from './server-model.ts'

/** Steps of the search: factors by which a parameter is changed, from coarse to fine. */
const FACTORS = [1.6, 1.25, 1.1, 1.04]
/** Smaller delays (ms) and scatter have no effect. */
const LEAST = 0.01
/** Figures settle within seconds of simulated time. */
const FIT = { replications: 1, durationS: 6 }

const FIGURES = [
  'throughputRps',
  'queueMs',
  'networkMs',
  'p99Ms',
] as const satisfies (keyof SweepPoint)[]

/** Sum of squared logarithmic errors over rows and figures. */
function misfit(model: ServerModel, rows: readonly PublishedRow[]): number {
  let sum = 0
  for (const row of rows) {
    const point = sweepPoint(model, row.users, FIT)
    for (const of of FIGURES) sum += Math.log(point[of] / row[of]) ** 2
  }
  return sum
}

/** Fits the link and the scatter of batches to the rows, by factors of the three parameters. */
export function fitServer(model: ServerModel, rows: readonly PublishedRow[]): ServerModel {
  const options = { moves: CHANGES, factors: FACTORS }
  return patternSearch(model, (changed) => misfit(changed, rows), options).best
}

const CHANGES: readonly Move<ServerModel>[] = [
  (model, by) => ({
    ...model,
    link: { ...model.link, perRequestMs: model.link.perRequestMs * by },
  }),
  (model, by) => ({
    ...model,
    link: { ...model.link, delayMs: Math.max(LEAST, model.link.delayMs * by) },
  }),
  (model, by) => ({ ...model, cv: Math.max(LEAST, model.cv * by) }),
]
