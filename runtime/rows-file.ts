import { readFile } from 'node:fs/promises'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { EXIT, Failure } from '../scenarios/index.ts'
import type { ObservedRun } from '../sim/experiment/index.ts'
import { type RowColumn, Rows } from '../sim/stats/index.ts'
import { writeWhole } from './write-whole.ts'

const TIMERS_KEY = 'spillway.timers'

/** Writes the raw rows of a run as Parquet: a row for each request, times in ms. */
export async function writeRows(path: string, { rows, timers }: ObservedRun): Promise<void> {
  const columnData = Object.entries(rows.columns).map(([name, column]) => ({
    name,
    data: Array.from(column),
    type: column instanceof Float64Array ? ('DOUBLE' as const) : ('INT32' as const),
  }))
  const kvMetadata = [{ key: TIMERS_KEY, value: JSON.stringify(timers) }]
  await writeWhole(path, new Uint8Array(parquetWriteBuffer({ columnData, kvMetadata })))
}

/** Reads what `writeRows` wrote. */
export async function readRows(path: string): Promise<ObservedRun> {
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch (error) {
    throw new Failure(`${path}: cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
  const file = new Uint8Array(bytes).buffer
  try {
    const metadata = parquetMetadata(file)
    const timers = metadata.key_value_metadata?.find(({ key }) => key === TIMERS_KEY)?.value
    const objects = await parquetReadObjects({ file })
    const rows = Rows.allocate(objects.length)
    for (const [name, column] of Object.entries(rows.columns)) {
      objects.forEach((object, i) => {
        column[i] = Number(object[name as RowColumn])
      })
    }
    return { rows, timers: JSON.parse(timers ?? '[]') }
  } catch (error) {
    throw new Failure(
      `${path}: not the rows of a replay (${(error as Error).message})`,
      EXIT.invalidInput,
    )
  }
}
