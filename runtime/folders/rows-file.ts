import type { ColumnData } from 'hyparquet'
import type { ColumnSource } from 'hyparquet-writer'
import * as z from 'zod'
import { EXIT, Failure } from '../../scenarios/index.ts'
import type { ObservedRun } from '../../sim/experiment/index.ts'
import { ROW_COLUMNS, type RowColumn, Rows } from '../../sim/stats/index.ts'
import { expectDecodable } from '../parquet/expect-decodable.ts'
import { readBytes } from './documents.ts'
import { writeWhole } from './write-whole.ts'

/** About thirty years, ms. */
const LONGEST_MS = 1e12

const TIMERS_KEY = 'spillway.timers'
const MOVES_KEY = 'spillway.moves'
const DEATHS_KEY = 'spillway.deaths'
const CHANGES_KEY = 'spillway.changes'
const EJECTIONS_KEY = 'spillway.ejections'
const CONTROL_KEY = 'spillway.control'
const SETTINGS_KEY = 'spillway.settings'

/** Largest file of rows: ten times the size of a run of 5,000,000 requests. */
const MOST_BYTES = 2 ** 31

const time = z.number().min(-LONGEST_MS).max(LONGEST_MS)

const timersSchema = z.array(z.tuple([time, time]))

const deathsSchema = z.array(z.number().int().min(0))

const changesSchema = z.array(
  z.strictObject({
    at: time,
    executor: z.number().int().min(0),
    state: z.enum(['up', 'draining', 'down', 'starting', 'stopped']),
  }),
)

const settingsSchema = z.array(
  z.strictObject({ at: time, tuner: z.number().int().min(0), to: z.number() }),
)

const ejectionsSchema = z.array(
  z.strictObject({
    at: time,
    executor: z.number().int().min(0),
    // JSON has null for Infinity, which is the time of a probe
    until: time.nullable().transform((until) => until ?? Number.POSITIVE_INFINITY),
    reason: z.enum(['consecutive', 'success-rate', 'failure-percentage', 'probe']).nullable(),
    panics: z.boolean(),
  }),
)

const controlSchema = z.array(z.strictObject({ at: time, ms: z.array(time.positive()) }))

const movesSchema = z.array(
  z.strictObject({
    executor: z.number().int().min(0),
    kind: z.enum(['load', 'unload']),
    asked: time,
    started: time,
    ended: time,
    done: time,
    ok: z.boolean(),
  }),
)

const prefixSchema = z.array(z.int32().min(0))

/** Prefixes of prompts, a JSON list; only if any are known. */
const PREFIXES = 'hash_ids'

export async function writeRows(path: string, run: ObservedRun): Promise<void> {
  await writeWhole(path, await rowsBytes(run, async () => {}))
}

/** The raw rows of a run as Parquet: a row for each request, times in ms. */
export async function rowsBytes(
  {
    rows,
    timers,
    moves = [],
    deaths = [],
    changes = [],
    ejections = [],
    control = [],
    settings,
  }: ObservedRun,
  /** awaited after each group of rows; it may throw */
  pause: () => Promise<void>,
): Promise<Uint8Array> {
  const columnData: ColumnSource[] = Object.entries(rows.columns).map(([name, column]) =>
    column instanceof Float64Array
      ? { name, data: column, type: 'DOUBLE' as const, nullable: false }
      : { name, data: Int32Array.from(column), type: 'INT32' as const, nullable: false },
  )
  if (rows.prefixes.size > 0) {
    const data = Array.from({ length: rows.count }, (_, key) => {
      const prefix = rows.prefixes.get(key)
      return prefix ? JSON.stringify(Array.from(prefix)) : null
    })
    columnData.push({ name: PREFIXES, data, type: 'STRING', nullable: true })
  }
  const { ByteWriter, parquetWrite } = await import('hyparquet-writer')
  const kvMetadata = [
    { key: TIMERS_KEY, value: JSON.stringify(timers) },
    { key: MOVES_KEY, value: JSON.stringify(moves) },
    { key: DEATHS_KEY, value: JSON.stringify(deaths) },
    { key: CHANGES_KEY, value: JSON.stringify(changes) },
    { key: EJECTIONS_KEY, value: JSON.stringify(ejections) },
    { key: CONTROL_KEY, value: JSON.stringify(control) },
    ...(settings ? [{ key: SETTINGS_KEY, value: JSON.stringify(settings) }] : []),
  ]
  // it flushes after each row group
  const writer = Object.assign(new ByteWriter(), { flush: pause })
  await parquetWrite({ writer, columnData, kvMetadata })
  return writer.getBytes()
}

/** Reads a file of `writeRows`. Throws `Failure` if the file is of another kind or version. */
export async function readRows(path: string): Promise<ObservedRun> {
  await expectDecodable(path, [...Object.keys(ROW_COLUMNS), PREFIXES])
  const bytes = await readBytes(path, MOST_BYTES)
  try {
    return await parsed(path, new Uint8Array(bytes).buffer)
  } catch (error) {
    if (error instanceof Failure) throw error
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message
    throw new Failure(
      `${path}: not the rows of a run (${reason.split('\n').slice(0, 2).join(' ')})`,
      EXIT.invalidInput,
    )
  }
}

async function parsed(path: string, file: ArrayBuffer): Promise<ObservedRun> {
  const { parquetMetadata, parquetRead, parquetSchema } = await import('hyparquet')
  const metadata = parquetMetadata(file)
  const said = (name: string) => metadata.key_value_metadata?.find(({ key }) => key === name)?.value
  const timers = said(TIMERS_KEY)
  if (timers === undefined) throw new Error('it was not written by spillway')
  // times differ, so each row takes more than a byte
  if (!(metadata.num_rows <= file.byteLength)) {
    throw new Error(`expected ${metadata.num_rows} rows, got ${file.byteLength} bytes`)
  }
  const rows = Rows.allocate(Number(metadata.num_rows))
  const columns = Object.keys(rows.columns) as RowColumn[]
  const present = new Set(parquetSchema(metadata).children.map(({ element }) => element.name))
  const lacking = columns.filter((name) => !present.has(name))
  if (lacking.length > 0) {
    const text = `${path}: has no column ${lacking.join(', ')}; written by an earlier version`
    throw new Failure(`${text}, replay again`, EXIT.invalidInput)
  }
  const wanted = present.has(PREFIXES) ? [...columns, PREFIXES] : columns
  const onChunk = ({ columnName, columnData, rowStart }: ColumnData) => {
    if (columnName !== PREFIXES) {
      rows.columns[columnName as RowColumn].set(columnData as ArrayLike<number>, rowStart)
      return
    }
    for (const [i, text] of Array.from(columnData as ArrayLike<string | null>).entries()) {
      if (!text) continue
      const prefix = Int32Array.from(prefixSchema.parse(JSON.parse(text)))
      rows.prefixes.set(rowStart + i, prefix)
    }
  }
  // group by group: all groups decoded at once take several times the memory of the rows
  let rowStart = 0
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows)
    await parquetRead({ file, metadata, columns: wanted, rowStart, rowEnd, onChunk })
    rowStart = rowEnd
  }
  const list = (key: string) => JSON.parse(said(key) ?? '[]')
  const settings = said(SETTINGS_KEY)
  return {
    rows,
    timers: timersSchema.parse(JSON.parse(timers)),
    moves: movesSchema.parse(list(MOVES_KEY)),
    deaths: deathsSchema.parse(list(DEATHS_KEY)),
    changes: changesSchema.parse(list(CHANGES_KEY)),
    ejections: ejectionsSchema.parse(list(EJECTIONS_KEY)),
    control: controlSchema.parse(list(CONTROL_KEY)),
    ...(settings && { settings: settingsSchema.parse(JSON.parse(settings)) }),
  }
}
