import { existsSync, readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { gunzipSync } from 'node:zlib'

/** Folder of the measurements and traces; they are not part of the repository. */
export const SHARED = pathToFileURL('../shared/data/')

/** The lines of a file, packed or not; comments and empty lines are left out. */
export function linesOf(file: URL): string[] {
  const bytes = readFileSync(file)
  const text = (file.pathname.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
  return text.split(/\r?\n/).filter((line) => line !== '' && line[0] !== '#')
}

/** A row of a table, by the names of its columns. */
export type Row = Readonly<Record<string, string>>

/** A published table of comma-separated values. */
interface Table {
  readonly exists: boolean
  rows(): Row[]
}

/** A table in the folder of the measurements: `facts/NAME.csv`, or the same packed as `.gz`. */
export function sharedTable(name: string): Table {
  const file = new URL(name, SHARED)
  return {
    exists: existsSync(file),
    rows: () => {
      const [head, ...lines] = linesOf(file)
      const columns = cellsOf(head!)
      return lines.map((line) => {
        const cells = cellsOf(line)
        if (cells.length !== columns.length) {
          throw new Error(`${name}: expected ${head}, got ${line}`)
        }
        return Object.fromEntries(columns.map((column, i) => [column, cells[i]!]))
      })
    },
  }
}

/** The cells of a line; cells with commas are quoted. */
function cellsOf(line: string): string[] {
  if (!line.includes('"')) return line.split(',').map((cell) => cell.trim())
  return [...line.matchAll(/(?<=^|,)(?:"([^"]*)"|([^,]*))(?=,|$)/g)].map(([, quoted, bare]) =>
    (quoted ?? bare ?? '').trim(),
  )
}

/** The items of a list by a key, keys in the order of their first items. */
export function grouped<T>(list: Iterable<T>, keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of list) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return groups
}

const ROWS = sharedTable('facts/triton_perf_analyzer.csv.gz')

/** Public source of the same rows. */
export const SOURCE = 'NVIDIA/DeepLearningExamples@729963d, triton/**/README.md'

/**
 * The output of perf_analyzer for a number of concurrent requests. Times are means over its
 * requests in ms; percentiles are the client's. The client's latency is the sum of these columns:
 * client send, network (both directions, and receiving and sending by the server), queue (from the
 * batcher to the start of the instance), and compute of the request's whole batch.
 */
export interface SweepPoint {
  /** concurrent requests of the client */
  readonly users: number
  /** requests/s */
  readonly throughputRps: number
  readonly networkMs: number
  readonly queueMs: number
  /** input, infer and output: time of a batch in its instance */
  readonly computeMs: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** A published row of perf_analyzer. */
export interface PublishedRow extends SweepPoint {
  readonly model: string
  readonly online: boolean
  /** GPU, backend and data set, from the table's heading */
  readonly heading: string
  /** inferences in each request of the client */
  readonly clientBatch: number
  readonly meanMs: number
  readonly p90Ms: number
  readonly p95Ms: number
}

/** Throughput x mean latency over the number of users: 1 by Little's law. */
export const littleRatio = ({ throughputRps, meanMs, users }: PublishedRow) =>
  (throughputRps * meanMs) / 1000 / users

/** Whether the measurements are available. */
export const havePublished = () => ROWS.exists

/** All rows with the columns that a simulation needs. */
export function publishedRows(): PublishedRow[] {
  return ROWS.rows()
    .map(publishedRow)
    .filter((row) => Number.isFinite(row.computeMs) && row.computeMs > 0)
}

function publishedRow(row: Row): PublishedRow {
  const number = (name: string) => (row[name] === '' ? Number.NaN : Number(row[name]))
  // rows of ResNet50 have no client batch: the client sends single images
  const clientBatch = number('client_batch') || 1
  return {
    model: row.model!,
    online: row.scenario === 'online',
    heading: row.heading!.replace(/^(Online|Offline): /, ''),
    clientBatch,
    users: number('concurrency'),
    throughputRps: number('inf_per_s') / clientBatch,
    networkMs: number('network_ms'),
    queueMs: number('queue_ms'),
    computeMs: number('compute_in_ms') + number('compute_infer_ms') + number('compute_out_ms'),
    p50Ms: number('p50_ms'),
    p90Ms: number('p90_ms'),
    p95Ms: number('p95_ms'),
    p99Ms: number('p99_ms'),
    meanMs: number('avg_ms'),
  }
}
