import {
  EXIT,
  Failure,
  NotGuessed,
  type RecordFormat,
  readRequests,
  type StatedTable,
  tableColumns,
  tableFormat,
} from '../../../scenarios/index.ts'
import { throwIfAborted } from '../../process/interruption.ts'
import { type DocumentOptions, LIBRARY_CALL } from '../options.ts'
import { type Imported, importedLog } from './imported-log.ts'

export interface ImportRequestsOptions extends DocumentOptions {
  /** default: the one that the files look like */
  readonly format?: RecordFormat | undefined
  /** of CSV and JSON Lines with a row for each request, in place of a format */
  readonly table?: StatedTable | undefined
  /** names a key of `table` as the user would set it; default: `columns.time` */
  readonly key?: (name: string) => string
  /** what an unreadable record leads to; default: an error */
  readonly badRows?: 'error' | 'skip'
}

/**
 * What files of requests show of a server and its traffic, as a scenario and the evidence for each
 * of its values. Throws `Failure` where the files are none that are known.
 */
export async function importRequests(
  paths: readonly string[],
  options: ImportRequestsOptions = {},
): Promise<Imported> {
  const { badRows = 'error', signal, onProgress, command = LIBRARY_CALL } = options
  const read = (format: RecordFormat | undefined) =>
    readRequests(paths, {
      format,
      badRows,
      onProgress: (file, bytes, total) => {
        onProgress?.(`reading ${file}`, bytes, total)
        throwIfAborted(signal)
      },
    })
  const known = options.table === undefined ? await read(options.format) : null
  if (known !== null) return importedFrom(known, command)
  const { columns, said } = await tableOf(paths[0]!, options)
  const table = await read(columns)
  return importedFrom(table!, command, [said])
}

function importedFrom(
  { log, files, format }: NonNullable<Awaited<ReturnType<typeof readRequests>>>,
  command: string,
  notes: readonly string[] = [],
): Imported {
  const { name, latencyFrom, timeStepMs = 0 } = format
  return importedLog({
    ...{ files, log, format: name, timeStepMs, notes, command },
    latencyFrom: latencyFrom === 'received' ? 'received' : 'sent',
  })
}

/** A table of any program, as stated, or as its names show; `said`: what was guessed. */
async function tableOf(
  path: string,
  { table: stated, key = (name) => name }: ImportRequestsOptions,
) {
  try {
    const table = await tableColumns(path, stated ?? { columns: {} }, key)
    return { columns: tableFormat(table), said: table.said }
  } catch (error) {
    if (!(error instanceof NotGuessed)) throw error
    const problems = error.problems.map((text) => `${path}: ${text}`)
    if (stated !== undefined) throw new Failure(problems, error.exitCode)
    throw new Failure([`${path}: ${OTHER_FORMAT}`, ...problems], EXIT.invalidInput)
  }
}

const OTHER_FORMAT =
  'expected the file of a load generator, an access log, or a table with times and latencies, got another format; `spillway trace fit` takes arrivals alone'
