import { alignColumns } from '../../reports/index.ts'
import { EXIT, type ExitCode } from '../../scenarios/index.ts'
import { query } from '../jobs/sweep/query.ts'
import { print } from './output.ts'

function cell(value: unknown): string {
  if (value === null || value === undefined) return '–'
  if (typeof value === 'number') return String(Number(value.toPrecision(6)))
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

export async function perform(
  signal: AbortSignal,
  directory: string,
  sql: string,
  options: { readonly json?: boolean },
): Promise<ExitCode> {
  const { columns, rows } = await query(directory, sql, { signal })
  const records = rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]])))
  const cells = rows.map((row) => row.map(cell))
  print(options, records, alignColumns([[...columns], ...cells]))
  return EXIT.ok
}
