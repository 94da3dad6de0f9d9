import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '../failure.ts'
import { isVisible } from '../load/file-access.ts'
import { pathFrom, Unreadable } from '../load/user-file.ts'
import { describeValue } from '../parse/describe-value.ts'
import type { Arrivals } from '../schema/schema.ts'
import { LineError, linesOf } from './trace-lines.ts'
import { numberOf } from './trace-time.ts'

type ServegenArrivals = Extract<Arrivals, { process: 'servegen' }>

/** Traffic of one client from one time on. */
export interface ClientRow {
  /** s, in the time of the file */
  readonly at_s: number
  /** requests/s; 0 while the client is silent */
  readonly rate_rps: number
  /** distribution of the gaps between requests; null while the client is silent */
  readonly family: 'Gamma' | 'Weibull' | null
  readonly shape: number
}

/** Rates of one client, in order of time; each applies until the next. */
export type RecordedClient = readonly ClientRow[]

const FIELDS = 6
const CLIENT_FILE = /^chunk-(\d+)-trace\.csv(\.gz)?$/
const MOST_CLIENTS = 100_000

/**
 * Reads the clients of ServeGen (Xiang et al., NSDI 2026): a folder with a file for each client,
 * `chunk-N-trace.csv`, or one such file. Rows have no header: time (s), rate (1/s), CV, family
 * (Gamma or Weibull), shape, scale. As in ServeGen's generator, the family and the shape give the
 * distribution of gaps, and the rate gives their mean. CV and scale, moments of the same gaps, are
 * checked but not used. Throws `Failure` with `file:line: problem`, also if the rows end before the
 * run.
 */
export async function readServegen(
  arrivals: ServegenArrivals,
  directory: string,
  durationS: number,
  onProgress?: () => void,
): Promise<readonly RecordedClient[]> {
  const path = pathFrom(directory, arrivals.file)
  const clients: RecordedClient[] = []
  const until = arrivals.from_s + durationS
  for (const file of await clientFiles(path)) {
    const rows = await readClient(file, onProgress)
    const end = endOf(rows)
    if (end < until) {
      throw new Failure(`${file}: expected rows until ${until} s, got the last until ${end} s`)
    }
    clients.push(rows)
  }
  const active = clients.some((rows) => sends(rows, arrivals.from_s, until))
  if (!active) {
    throw new Failure(
      `${path}: expected a client that sends from ${arrivals.from_s} to ${until} s, got none`,
    )
  }
  return clients
}

async function clientFiles(path: string): Promise<string[]> {
  const names = await visibleNames(path)
  if (names === 'no folder') return [path]
  if (names === 'none') {
    const hint = '; the clients can be downloaded from https://github.com/alibaba/ServeGen'
    throw new Failure(`${path}: cannot read the clients: no such file or folder${hint}`)
  }
  const numbered = names.flatMap((name) => {
    const number = CLIENT_FILE.exec(name)?.[1]
    return number === undefined ? [] : [{ name, number: Number(number) }]
  })
  if (numbered.length === 0 || numbered.length > MOST_CLIENTS) {
    const text = `expected files chunk-N-trace.csv, 1 to ${MOST_CLIENTS}`
    throw new Failure(`${path}: ${text}, got ${numbered.length}`)
  }
  // in the order of their numbers, independent of the file system
  return numbered.sort((a, b) => a.number - b.number).map(({ name }) => join(path, name))
}

/** Names in a folder; `no folder` where reading the path as a file reports its other problems. */
async function visibleNames(path: string): Promise<string[] | 'no folder' | 'none'> {
  if (!isVisible(path)) return 'none'
  try {
    return (await readdir(path)).filter((name) => isVisible(join(path, name)))
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'none' : 'no folder'
  }
}

async function readClient(file: string, onProgress?: () => void): Promise<RecordedClient> {
  const rows: ClientRow[] = []
  const at = (line: number, text: string) => new Failure(`${file}:${line}: ${text}`)
  try {
    for await (const { texts, first } of linesOf(file, onProgress)) {
      for (const [i, text] of texts.entries()) {
        if (text.trim() === '') continue
        const row = rowOf(text, rows.at(-1)?.at_s ?? null)
        if (typeof row === 'string') throw at(first + i, row)
        rows.push(row)
      }
    }
  } catch (error) {
    if (error instanceof LineError) throw at(error.line, error.message)
    if (!(error instanceof Unreadable)) throw error
    throw new Failure(`${file}: cannot read the clients: ${error.message}`)
  }
  if (rows.length === 0) throw new Failure(`${file}: expected rows, got none`)
  return rows
}

/** Outside these limits nearly all gaps would be 0, or all would be equal. */
const LEAST_SHAPE = 0.01
const LARGEST_SHAPE = 1e6

/** A row, or its problem. */
function rowOf(text: string, before: number | null): ClientRow | string {
  const fields = text.split(',').map((field) => field.trim())
  if (fields.length !== FIELDS) {
    return `expected time, rate, CV, family, shape and scale, got ${fields.length} fields`
  }
  const wrong = (i: number, what: string) => `expected ${what}, got ${describeValue(fields[i])}`
  const numbers = fields.map((field) => numberOf(field))
  const [at_s, rate_rps, cv, , shape, scale] = numbers as Six
  const family = fields[3]!
  if (!(at_s >= 0)) return wrong(0, 'a time in s, 0 or more')
  if (before !== null && at_s <= before) return `expected a time after ${before}, got ${at_s}`
  if (!(rate_rps >= 0)) return wrong(1, 'a rate of 0 or more')
  if (rate_rps === 0) return { at_s, rate_rps, family: null, shape: 0 }
  if (family !== 'Gamma' && family !== 'Weibull') return wrong(3, 'the family Gamma or Weibull')
  if (!(cv >= 0)) return wrong(2, 'a CV of 0 or more')
  if (!(shape >= LEAST_SHAPE && shape <= LARGEST_SHAPE)) {
    return wrong(4, `a shape from ${LEAST_SHAPE} to ${LARGEST_SHAPE}`)
  }
  if (!(scale > 0)) return wrong(5, 'a scale above 0')
  return { at_s, rate_rps, family, shape }
}

type Six = [number, number, number, number, number, number]

/** The last row applies as long as the row before it; a single row applies for ever. */
function endOf(rows: RecordedClient): number {
  const [before, last] = [rows.at(-2), rows.at(-1)!]
  return before === undefined ? Number.POSITIVE_INFINITY : 2 * last.at_s - before.at_s
}

function sends(rows: RecordedClient, from: number, until: number): boolean {
  return rows.some(({ at_s, rate_rps }, i) => {
    const end = rows[i + 1]?.at_s ?? Number.POSITIVE_INFINITY
    return rate_rps > 0 && at_s < until && end > from
  })
}
