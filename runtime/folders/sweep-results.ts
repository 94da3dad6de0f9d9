import type { ColumnSource } from 'hyparquet-writer'
import type { Estimate, SweepManifest, SweepRow } from '../../sim/documents/index.ts'

/** The table of a sweep as Parquet: a row for each configuration, figures flattened to columns. */

export const RESULTS_FILE = 'results.parquet'

type Cell = string | number | null
type Cells = ReadonlyMap<string, Cell>
type ColumnType = 'INT32' | 'DOUBLE' | 'STRING'

/** Rows that are in memory at a time. */
const GROUP_ROWS = 1000

/** Rows of a table; each call starts at its beginning. */
export type SweepRows = () => AsyncIterable<SweepRow>

/**
 * The file, piece by piece. Rows are read twice: columns are known once all rows were seen, as a
 * sweep can change the classes and pools of its scenario.
 */
export async function* resultsPieces(
  plan: SweepManifest,
  rows: SweepRows,
): AsyncGenerator<Uint8Array> {
  const { ByteWriter, ParquetWriter, schemaFromColumnData } = await import('hyparquet-writer')
  const types = columnTypes(plan)
  for await (const row of rows()) {
    for (const [name, value] of cellsOf(plan.paths, types, row)) {
      if (!types.has(name)) types.set(name, typeof value === 'string' ? 'STRING' : 'DOUBLE')
    }
  }
  const columns = (group: readonly Cells[]): ColumnSource[] =>
    [...types].map(([name, type]) => ({
      name,
      type,
      nullable: type !== 'INT32',
      data: group.map((cells) => cells.get(name) ?? null).map(typed(type)),
    }))
  const writer = new ByteWriter()
  const schema = schemaFromColumnData({ columnData: columns([]) })
  const parquet = new ParquetWriter({ writer, schema })
  const piece = () => {
    const bytes = writer.getBytes().slice()
    writer.index = 0
    return bytes
  }
  let group: Cells[] = []
  const write = () => parquet.write({ columnData: columns(group), rowGroupSize: GROUP_ROWS })
  for await (const row of rows()) {
    group.push(cellsOf(plan.paths, types, row))
    if (group.length < GROUP_ROWS) continue
    await write()
    group = []
    yield piece()
  }
  if (group.length > 0) await write()
  parquet.finish()
  yield piece()
}

/** In a table that was not written by spillway, a path may have the name of another column. */
const typed = (type: ColumnType) => (value: Cell) => {
  if (value === null || type === 'STRING') return value === null ? null : String(value)
  return typeof value === 'number' ? value : null
}

/** The columns that every table has. Values of a path are numbers if all of them are. */
function columnTypes({ paths, grid, points }: SweepManifest): Map<string, ColumnType> {
  const numeric = (i: number) => {
    const values = grid?.[i] ?? points!.map((row) => row[i]!)
    return values.every((text) => text.trim() !== '' && Number.isFinite(Number(text)))
  }
  return new Map<string, ColumnType>([
    ['configuration', 'INT32'],
    ...paths.map((path, i) => [path, numeric(i) ? 'DOUBLE' : 'STRING'] as const),
    ['status', 'STRING'],
    ['reason', 'STRING'],
    ['scenario', 'STRING'],
    ['verdict', 'STRING'],
    ['stability', 'STRING'],
    ['extrapolated', 'STRING'],
    ['transferred', 'STRING'],
    ['uncalibrated', 'STRING'],
    ['replications', 'DOUBLE'],
    ['capacity_rps', 'DOUBLE'],
    ['load', 'DOUBLE'],
    ['usd_per_hour', 'DOUBLE'],
    ...['usd_per_million', 'usd_per_million_tokens'].flatMap((name) =>
      ofEstimate(name).map((column) => [column, 'DOUBLE'] as const),
    ),
  ])
}

const ofEstimate = (name: string) => [name, `${name}_low`, `${name}_high`] as const

/** The cells of a row by column. */
function cellsOf(
  paths: readonly string[],
  types: ReadonlyMap<string, ColumnType>,
  row: SweepRow,
): Cells {
  const { configuration, values, status, reason, scenario, figures } = row
  const cells = new Map<string, Cell>([['configuration', configuration]])
  for (const [i, path] of paths.entries()) {
    cells.set(path, types.get(path) === 'DOUBLE' ? Number(values[i]) : values[i]!)
  }
  for (const [name, value] of Object.entries({ status, reason, scenario })) cells.set(name, value)
  if (figures === null) return cells
  const { verdict, replications, capacity_rps, load, stability, cost } = figures
  const { extrapolated, transferred, uncalibrated } = figures
  cells.set('stability', stability.state)
  const joined = (texts: readonly string[]) => (texts.length === 0 ? null : texts.join('; '))
  cells.set('extrapolated', joined(extrapolated))
  cells.set('transferred', joined(transferred ?? []))
  cells.set('uncalibrated', joined(uncalibrated))
  for (const [name, value] of Object.entries({ verdict, replications, capacity_rps, load })) {
    cells.set(name, value)
  }
  const add = (name: string, { value, low, high }: Estimate) => {
    const [middle, least, most] = ofEstimate(name)
    cells.set(middle, value).set(least, low).set(most, high)
  }
  if (cost !== null) {
    cells.set('usd_per_hour', cost.usd_per_hour)
    add('usd_per_million', cost.usd_per_million)
    if (cost.usd_per_million_tokens !== null) {
      add('usd_per_million_tokens', cost.usd_per_million_tokens)
    }
  }
  for (const [
    i,
    { estimate, verdict: judged, class: name, text },
  ] of figures.objectives.entries()) {
    cells.set(`objective_${i + 1}`, `${name}: ${text}`)
    cells.set(`objective_${i + 1}_verdict`, judged)
    add(`objective_${i + 1}_value`, estimate)
  }
  for (const { name, arrived, latency, latency_all, goodput_share } of figures.classes) {
    cells.set(`${name}.arrived`, arrived)
    add(`${name}.mean_ms`, latency.mean)
    for (const [key, estimate] of Object.entries(latency.percentiles)) {
      add(`${name}.${key}_ms`, estimate)
    }
    for (const [key, estimate] of Object.entries(latency_all)) {
      add(`${name}.all_${key}_ms`, estimate)
    }
    add(`${name}.goodput_share`, goodput_share)
  }
  for (const { name, replicas, utilisation, batch_mean, ...pool } of figures.pools) {
    cells.set(`${name}.replicas`, replicas)
    add(`${name}.utilisation`, utilisation)
    if (pool.capacity_utilisation !== undefined) {
      add(`${name}.capacity_utilisation`, pool.capacity_utilisation)
    }
    add(`${name}.batch_mean`, batch_mean)
    if (pool.power_w !== null) add(`${name}.power_w`, pool.power_w)
    if (pool.joule_per_request !== null) {
      add(`${name}.joule_per_request`, pool.joule_per_request)
    }
  }
  return cells
}
