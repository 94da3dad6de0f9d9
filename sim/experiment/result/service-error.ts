import { median } from 'simple-statistics'
import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { Assumptions } from '../../documents/index.ts'
import {
  isMeasured,
  type ModelProfile,
  measuredTable,
  tabulatedWork,
  type WorkTable,
} from '../../world/index.ts'
import { declaredOf, fittedOf, type Transfer, transferOf } from '../transfer/transfer.ts'

type ServiceError = NonNullable<Assumptions['batch_times'][number]['error']>

/**
 * The error that the service times of a pool state of themselves: that of a fit or of its transfer,
 * or that of interpolation in a table; null where nothing states one.
 */
export function serviceError(
  {
    scenario,
    models,
  }: { readonly scenario: Scenario; readonly models: readonly (ModelProfile | null)[] },
  pool: number,
): ServiceError | null {
  const work = declaredOf(scenario, pool)
  const transfer = transferOf(scenario, pool)
  if (transfer !== null) return transferError(transfer)
  const fitted = work === null ? undefined : fittedOf(work)
  if (fitted?.error !== undefined) {
    return { of: 'fit', median: fitted.error, worst: fitted.worst ?? null }
  }
  if (work !== null && !isMeasured(work)) return null
  const table = work === null ? models[pool]?.work : measuredTable(work)
  return table === undefined ? null : interpolationError(table)
}

/** What transfers of this kind have shown, in place of what the fit states; null where none has. */
function transferError({ width }: Transfer): ServiceError | null {
  if (width === null) return null
  const { low, high, median: middle } = width
  return { of: 'transfer', median: middle, worst: Math.max(-low, high) }
}

/**
 * Leaves out each inner size and each inner length of a table in turn, and compares its times with
 * those between its neighbours; null where there is none to leave out. Times within the whole table
 * lie closer together than that, so their error is smaller.
 */
export function interpolationError(table: WorkTable): ServiceError | null {
  const { sizes, lengths, ms } = table
  const errors: number[] = []
  const compare = (rest: WorkTable, rows: readonly number[], columns: readonly number[]) => {
    const { mean } = tabulatedWork(rest)
    for (const i of rows) {
      for (const j of columns) {
        errors.push(Math.abs(mean(sizes[i]!, lengths[j]!) / ms[i]![j]! - 1))
      }
    }
  }
  const [rows, columns] = [[...sizes.keys()], [...lengths.keys()]]
  const others = (left: number) => (_: unknown, i: number) => i !== left
  for (const i of rows.slice(1, -1)) {
    const keep = others(i)
    compare({ ...table, sizes: sizes.filter(keep), ms: ms.filter(keep) }, [i], columns)
  }
  for (const j of columns.slice(1, -1)) {
    const keep = others(j)
    const cut = ms.map((row) => row.filter(keep))
    compare({ ...table, lengths: lengths.filter(keep), ms: cut }, rows, [j])
  }
  if (errors.length === 0) return null
  return { of: 'interpolation', median: median(errors), worst: Math.max(...errors) }
}
