import { z } from 'zod'
import {
  type Cell,
  cellName,
  cellsOf,
  limitOf,
  predictionBar,
  ratioBar,
  ratioCells,
  STRUCTURE_BAR,
} from '../../generation-fidelity/cells.ts'
import type { GenerationReport } from '../../generation-fidelity/report.ts'
import { count, type ErrorAt, errors, errorsOf, tally, verdicts } from './parts.ts'

/** Errors of (case, time, percentile) cells, and how many are within their bar. */
const cells = z.strictObject({
  verdicts,
  within: count,
  /** null where no case has enough requests for any percentile: a smoke run on a busy machine */
  errors: errors.nullable(),
})

/** What the page on the fidelity of generation states. */
export const generationFidelityFigures = z.strictObject({
  /** requests and tokens in all replays */
  requests: count,
  tokens: count,
  /** mean errors over replays; a bar of 2 % */
  structure: cells,
  /** median errors over replays; bars of 5 % and of 10 % for TTFT, or the A/A difference */
  prediction: cells,
  /** of ratios; a bar of 10 % or the A/A difference */
  changes: cells,
  mutants: z.strictObject({ found: count, of: count, accused: count, checks: count }),
})
export type GenerationFidelityFigures = z.infer<typeof generationFidelityFigures>

export function figuresOfGeneration(report: GenerationReport): GenerationFidelityFigures {
  const all = cellsOf(report.cases)
  const predicted = all.filter(({ rehearsed }) => rehearsed)
  const ratios = ratioCells(report.changes)
  const [none, ...wrong] = report.mutants
  const at = (cell: Pick<Cell, 'case' | 'time'>, p: number, error: number) => {
    return { at: cellName(cell, p), error }
  }
  return {
    requests: report.rows,
    tokens: report.tokens,
    structure: {
      verdicts: tally(all.flatMap(({ row }) => row.verdicts.structure ?? [])),
      within: all.filter(({ structure }) => Math.abs(structure) <= STRUCTURE_BAR).length,
      errors: errorsIfAny(all.map((cell) => at(cell, cell.row.p, cell.structure))),
    },
    prediction: {
      verdicts: tally(predicted.flatMap(({ row }) => row.verdicts.prediction ?? [])),
      within: predicted.filter((cell) => {
        return Math.abs(cell.prediction) <= limitOf(predictionBar(cell))
      }).length,
      errors: errorsIfAny(predicted.map((cell) => at(cell, cell.row.p, cell.prediction))),
    },
    changes: {
      verdicts: tally(ratios.flatMap(({ row }) => row.verdict ?? [])),
      within: ratios.filter((cell) => {
        return Math.abs(cell.row.error_relative) <= limitOf(ratioBar(cell))
      }).length,
      errors: errorsIfAny(ratios.map((cell) => at(cell, cell.row.p, cell.row.error_relative))),
    },
    mutants: {
      found: wrong.filter(({ finder }) => finder !== null).length,
      of: wrong.length,
      accused: none!.found,
      checks: none!.ran,
    },
  }
}

const errorsIfAny = (all: readonly ErrorAt[]) => (all.length === 0 ? null : errorsOf(all))
