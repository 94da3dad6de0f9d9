import { existsSync, readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { gunzipSync } from 'node:zlib'
import type { SweepPoint } from './server-model.ts'

/** Folder of the measurements and traces; they are not part of the repository. */
export const SHARED = pathToFileURL('../shared/data/')
const FILE = new URL('facts/triton_perf_analyzer.csv.gz', SHARED)

/** Public source of the same rows. */
export const SOURCE = 'NVIDIA/DeepLearningExamples@729963d, triton/**/README.md'

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
    p90Ms: number('p90_ms'),
    p95Ms: number('p95_ms'),
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
