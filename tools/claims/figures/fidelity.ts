import { z } from 'zod'
import { percentileLabel } from '../../../sim/stats/intervals/percentile.ts'
import type { FidelityReport } from '../../fidelity/fidelity-report.ts'
import { count, errors, errorsOf, middle, tally, verdicts } from './parts.ts'

/** What README and the top of the page state of the fidelity suite. */
export const fidelityFigures = z.strictObject({
  /** requests in all replays */
  requests: count,
  /** simulations of recorded replays; `errors`: the worst replay of each case */
  structure: z.strictObject({
    verdicts,
    errors,
    /** two replays of the same requests: the median scenario, at its noisiest percentile */
    floor: z.number(),
  }),
  /** predictions of replays that were not seen */
  prediction: z.strictObject({
    cases: count,
    /** cases whose median error is no larger than the difference of two replays */
    close: count,
    inside: count,
    of: count,
    levels: z.array(
      z.strictObject({
        p: z.number(),
        /** over loads, of the median error of single replays */
        errors,
        /** difference of two replays of the same requests, median over loads */
        floor: z.number(),
      }),
    ),
  }),
  /** predictions of what a change does; one error for each change */
  changes: z.strictObject({
    verdicts,
    levels: z.array(z.strictObject({ p: z.number(), errors, floor: z.number() })),
  }),
  mutants: z.strictObject({
    found: count,
    of: count,
    /** checks in which the true simulator is taken for wrong */
    accused: count,
    checks: count,
  }),
})
export type FidelityFigures = z.infer<typeof fidelityFigures>

const LEVELS_OF_CHANGES = [0.5, 0.95]

export function figuresOfFidelity(report: FidelityReport): FidelityFigures {
  const { cases, changes, prediction, mutants, rows } = report
  const cells = cases.flatMap(({ name, percentiles }) =>
    percentiles
      .filter(({ verdicts: { structure } }) => structure !== null)
      .map((percentile) => ({ at: `${name}, ${percentileLabel(percentile.p)}`, percentile })),
  )
  const noisiest = cases.flatMap(({ percentiles }) => {
    const floors = percentiles
      .filter(({ verdicts: { structure } }) => structure !== null)
      .flatMap(({ noise_floor }) => noise_floor.median ?? [])
    return floors.length === 0 ? [] : [Math.max(...floors)]
  })
  const levels = [...new Set(prediction.rows.map(({ p }) => p))]
  const [none, ...wrong] = mutants
  return {
    requests: rows,
    structure: {
      verdicts: tally(cells.map(({ percentile }) => percentile.verdicts.structure!)),
      errors: errorsOf(
        cells.map(({ at, percentile }) => {
          const each = percentile.structure.map(({ error_relative: error }) => ({ at, error }))
          return { at, error: errorsOf(each).worst }
        }),
      ),
      floor: middle(noisiest),
    },
    prediction: {
      cases: prediction.rows.length,
      close: prediction.rows.filter(({ medianError, floor }) => medianError <= floor).length,
      inside: prediction.rows.reduce((sum, { inside }) => sum + inside, 0),
      of: prediction.rows.reduce((sum, { replays }) => sum + replays, 0),
      levels: levels.map((p) => {
        const at = prediction.rows.filter((row) => row.p === p)
        return {
          p,
          errors: errorsOf(at.map(({ name, medianError }) => ({ at: name, error: medianError }))),
          floor: middle(at.map(({ floor }) => floor)),
        }
      }),
    },
    changes: {
      verdicts: tally(changes.map(({ check }) => check.verdict)),
      levels: LEVELS_OF_CHANGES.flatMap((p) => {
        const at = changes.flatMap(({ name, percentiles }) =>
          percentiles.filter((percentile) => percentile.p === p).map((row) => ({ name, row })),
        )
        // a short suite has too few requests for p95
        if (at.length === 0) return []
        const errors = errorsOf(
          at.map(({ name, row }) => ({ at: name, error: row.error_relative })),
        )
        return [{ p, errors, floor: middle(at.flatMap(({ row }) => row.noise_floor.median ?? [])) }]
      }),
    },
    mutants: {
      found: wrong.filter(({ finder }) => finder !== null).length,
      of: wrong.length,
      accused: none!.found,
      checks: none!.ran,
    },
  }
}
