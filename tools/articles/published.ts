import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

/** Folder of the measurements and traces; they are not part of the repository. */
export const SHARED = new URL('../../../shared/data/', import.meta.url)
const FILE = new URL('facts/triton_perf_analyzer.csv.gz', SHARED)

/** Public source of the same rows. */
export const SOURCE = 'NVIDIA/DeepLearningExamples@729963d, triton/**/README.md'

/**
 * A published row of perf_analyzer. Times are means over its requests in ms; percentiles are the
 * client's. The client's latency is the sum of these columns: client send, network (both
 * directions, and receiving and sending by the server), queue (from the batcher to the start of the
 * instance), and compute input, infer and output of the request's whole batch.
 */
export interface PublishedRow {
  readonly model: string
  readonly online: boolean
  /** GPU, backend and data set, from the table's heading */
  readonly heading: string
  /** inferences in each request of the client */
  readonly clientBatch: number
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
  readonly meanMs: number
}

/** Whether the measurements are available. */
export function havePublished(): boolean {
  return existsSync(FILE)
}

/** All rows with the columns that a simulation needs. */
export function publishedRows(): PublishedRow[] {
  const [head, ...lines] = gunzipSync(readFileSync(FILE)).toString('utf8').trim().split('\n')
  const names = cells(head!)
  return lines
    .map((line) => rowOf(new Map(cells(line).map((cell, i) => [names[i]!, cell]))))
    .filter((row) => Number.isFinite(row.computeMs) && row.computeMs > 0)
}

function rowOf(columns: ReadonlyMap<string, string>): PublishedRow {
  const number = (name: string) => {
    const text = columns.get(name) ?? ''
    return text === '' ? Number.NaN : Number(text)
  }
  // rows of ResNet50 have no client batch: the client sends single images
  const clientBatch = number('client_batch') || 1
  return {
    model: columns.get('model')!,
    online: columns.get('scenario') === 'online',
    heading: columns.get('heading')!.replace(/^(Online|Offline): /, ''),
    clientBatch,
    users: number('concurrency'),
    throughputRps: number('inf_per_s') / clientBatch,
    networkMs: number('network_ms'),
    queueMs: number('queue_ms'),
    computeMs: number('compute_in_ms') + number('compute_infer_ms') + number('compute_out_ms'),
    p50Ms: number('p50_ms'),
    p99Ms: number('p99_ms'),
    meanMs: number('avg_ms'),
  }
}

/** The cells of a line; cells with commas are quoted. */
function cells(line: string): string[] {
  return [...line.matchAll(/(?:"([^"]*)"|([^,]*))(?:,|$)/g)].map(([, quoted, bare]) =>
    (quoted ?? bare ?? '').trim(),
  )
}
