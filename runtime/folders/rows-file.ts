import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { ColumnSource } from 'hyparquet-writer'
import * as z from 'zod'
import { EXIT, Failure } from '../../scenarios/index.ts'
import type { ObservedRun } from '../../sim/experiment/index.ts'
import { ROW_COLUMNS, type RowColumn, Rows } from '../../sim/stats/index.ts'
import { decode } from '../parquet/decoder.ts'
import type { DecodedPart, ParquetHead, ParquetValues } from '../parquet/parquet-process.ts'
import { writeWhole } from './write-whole.ts'

/** About thirty years, ms. */
const LONGEST_MS = 1e12

const TIMERS_KEY = 'spillway.timers'
const MOVES_KEY = 'spillway.moves'
const DEATHS_KEY = 'spillway.deaths'
const PROBLEMS_KEY = 'spillway.problems'
const CONNECTIONS_KEY = 'spillway.connections'
const CHANGES_KEY = 'spillway.changes'
const EJECTIONS_KEY = 'spillway.ejections'
const CONTROL_KEY = 'spillway.control'
const SETTINGS_KEY = 'spillway.settings'
const PROBES_KEY = 'spillway.probes'

/** Largest file of rows: ten times the size of a run of 5,000,000 requests. */
const MOST_BYTES = 2 ** 31

const time = z.number().min(-LONGEST_MS).max(LONGEST_MS)

const timersSchema = z.array(z.tuple([time, time]))

const deathsSchema = z.array(z.number().int().min(0))

const problemsSchema = z.record(z.string().max(100), z.number().int().min(1))

const connectionsSchema = z.number().int().min(1)

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

const probesSchema = z.array(
  z.strictObject({
    at: time,
    batches: z.array(
      z.strictObject({
        executor: z.number().int().min(0),
        size: z.number().int().min(1),
        length: z.number().int().min(0),
        idleMs: time.min(0),
        gap: time.min(0),
        ms: time.positive(),
      }),
    ),
  }),
)

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
    problems,
    connections,
    changes = [],
    ejections = [],
    control = [],
    settings,
    probes,
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
    ...(problems ? [{ key: PROBLEMS_KEY, value: JSON.stringify(problems) }] : []),
    ...(connections ? [{ key: CONNECTIONS_KEY, value: `${connections}` }] : []),
    { key: CHANGES_KEY, value: JSON.stringify(changes) },
    { key: EJECTIONS_KEY, value: JSON.stringify(ejections) },
    { key: CONTROL_KEY, value: JSON.stringify(control) },
    ...(settings ? [{ key: SETTINGS_KEY, value: JSON.stringify(settings) }] : []),
    ...(probes ? [{ key: PROBES_KEY, value: JSON.stringify(probes) }] : []),
  ]
  // it flushes after each row group
  const writer = Object.assign(new ByteWriter(), { flush: pause })
  await parquetWrite({ writer, columnData, kvMetadata })
  return writer.getBytes()
}

/** Reads a file of `writeRows`. Throws `Failure` if the file is of another kind or version. */
export async function readRows(path: string): Promise<ObservedRun> {
  const bytes = await stat(path).then(
    ({ size }) => size,
    () => 0,
  )
  const wanted = [...Object.keys(ROW_COLUMNS), PREFIXES]
  const file = { path: resolve(path), name: path, columns: wanted, mostBytes: MOST_BYTES }
  const reading = new RowsReading(path)
  try {
    const problem = await decode(
      { kind: 'read', ...file },
      { name: path, bytes, onPart: (part) => reading.take(part) },
    )
    if (problem !== null) throw new Error(problem)
    return reading.run()
  } catch (error) {
    if (error instanceof Failure) throw error
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message
    throw new Failure(
      `${path}: not the rows of a run (${reason.split('\n').slice(0, 2).join(' ')})`,
      EXIT.invalidInput,
    )
  }
}

/** A run as its parts come from the process that decodes it. */
class RowsReading {
  readonly #path: string
  #rows = Rows.allocate(0)
  #texts: ReadonlyMap<string, string> = new Map()

  constructor(path: string) {
    this.#path = path
  }

  take(part: DecodedPart): void {
    if (part?.kind === 'head') this.#begin(part)
    if (part?.kind === 'values') this.#set(part)
  }

  #begin({ rows, columns, texts }: ParquetHead): void {
    if (!texts.has(TIMERS_KEY)) throw new Error('it was not written by spillway')
    this.#rows = Rows.allocate(rows)
    this.#texts = texts
    const lacking = Object.keys(this.#rows.columns).filter((name) => !columns.includes(name))
    if (lacking.length === 0) return
    const text = `${this.#path}: has no column ${lacking.join(', ')}; written by an earlier version`
    throw new Failure(`${text}, replay again`, EXIT.invalidInput)
  }

  #set({ column, first, values }: ParquetValues): void {
    const { columns, prefixes } = this.#rows
    if (column !== PREFIXES) {
      columns[column as RowColumn].set(values as ArrayLike<number>, first)
      return
    }
    for (const [i, text] of Array.from(values as ArrayLike<string | null>).entries()) {
      if (!text) continue
      const prefix = Int32Array.from(prefixSchema.parse(JSON.parse(text)))
      prefixes.set(first + i, prefix)
    }
  }

  run(): ObservedRun {
    const list = (key: string) => JSON.parse(this.#texts.get(key) ?? '[]')
    const settings = this.#texts.get(SETTINGS_KEY)
    const probes = this.#texts.get(PROBES_KEY)
    const problems = this.#texts.get(PROBLEMS_KEY)
    const connections = this.#texts.get(CONNECTIONS_KEY)
    return {
      rows: this.#rows,
      timers: timersSchema.parse(list(TIMERS_KEY)),
      moves: movesSchema.parse(list(MOVES_KEY)),
      deaths: deathsSchema.parse(list(DEATHS_KEY)),
      changes: changesSchema.parse(list(CHANGES_KEY)),
      ejections: ejectionsSchema.parse(list(EJECTIONS_KEY)),
      control: controlSchema.parse(list(CONTROL_KEY)),
      ...(problems && { problems: problemsSchema.parse(JSON.parse(problems)) }),
      ...(connections && { connections: connectionsSchema.parse(JSON.parse(connections)) }),
      ...(settings && { settings: settingsSchema.parse(JSON.parse(settings)) }),
      ...(probes && { probes: probesSchema.parse(JSON.parse(probes)) }),
    }
  }
}
