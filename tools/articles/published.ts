import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

/** Where the measurements and traces lie; they are not part of the repository. */
export const SHARED = new URL('../../../shared/data/', import.meta.url)
const FILE = new URL('facts/triton_perf_analyzer.csv.gz', SHARED)

/** Where anyone finds the same rows. */
export const SOURCE = 'NVIDIA/DeepLearningExamples@729963d, triton/**/README.md'

/**
 * A published row of perf_analyzer. Times are means over its requests in ms, percentiles those of
 * the client. What the columns mean: the client's latency is client send + network (the way both
 * ways, and the server's receiving and sending) + queue (from the batcher taking a request over
 * until its instance begins) + compute input, infer and output, all of the request's whole batch.
 */
export interface PublishedRow {
  readonly model: string
  readonly online: boolean
  /** GPU, backend and data set, as the table is headed */
  readonly heading: string
  /** inferences in each request of the client */
  readonly clientBatch: number
  /** requests that the client keeps under way */
  readonly users: number
  /** requests/s */
  readonly throughputRps: number
  readonly networkMs: number
  readonly queueMs: number
  /** input, infer and output: how long a batch is with its instance */
  readonly computeMs: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly meanMs: number
}

/** Whether the measurements are here. */
export function havePublished(): boolean {
  return existsSync(FILE)
}

/** All rows that have the columns which a simulation needs. */
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
  // the rows of ResNet50 have no batch of the client: it sends single images
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

/** The cells of a line; those with commas in them stand in quotes. */
function cells(line: string): string[] {
  return [...line.matchAll(/(?:"([^"]*)"|([^,]*))(?:,|$)/g)].map(([, quoted, bare]) =>
    (quoted ?? bare ?? '').trim(),
  )
}
