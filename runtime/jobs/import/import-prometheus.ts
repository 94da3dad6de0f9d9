import {
  MOST_RESPONSE_BYTES,
  PrometheusProblem,
  parseWindow,
  readSavedResponses,
  type ServerKind,
  type ServerMetrics,
  seriesByName,
  serverMetrics,
  type TrafficEvidence,
  trafficEvidence,
} from '../../../scenarios/evidence/prometheus/index.ts'
import { EXIT, Failure, readUserFile, Unreadable } from '../../../scenarios/index.ts'
import type { Estimate, Evidence } from '../../../sim/documents/index.ts'
import { PERCENTILES, percentileKey } from '../../../sim/stats/index.ts'
import { build } from '../../version.ts'
import { type DocumentOptions, LIBRARY_CALL } from '../options.ts'
import { scrapedMetrics } from './prometheus-client.ts'
import { scrapedScenario } from './scraped-scenario.ts'

export interface ImportPrometheusOptions extends DocumentOptions {
  readonly server: ServerKind
  /** names of metrics of a `generic` server, by key */
  readonly metrics?: ReadonlyMap<string, string>
  /** labels that all series must have */
  readonly labels?: ReadonlyMap<string, string>
  /** of an address; a saved response has its window */
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly step_s?: number | undefined
  /** hosts that are asked beside loopback addresses */
  readonly allowedHosts?: readonly string[]
  /** environment variable with a bearer token */
  readonly tokenVariable?: string | undefined
}

/**
 * What the metrics of a server show of it and of its traffic: from the address of a Prometheus
 * server, or a file with a saved response. Throws `Failure`, also where counts of the same window
 * disagree.
 */
export async function importPrometheus(source: string, options: ImportPrometheusOptions) {
  const { command = LIBRARY_CALL } = options
  const found = await evidenceOf(source, options)
  if (found.rate.count < 1) {
    throw new Failure(`${shownSource(source)}: expected requests in the window, got none`)
  }
  const { scenario, values, warnings } = scrapedScenario(found)
  const { rate, counters, gauges, from_s, to_s } = found
  const arrived = Math.round(rate.count)
  const failed = Math.round(counters.failures.value ?? 0)
  const { running, waiting } = gauges
  const evidence: Evidence = {
    document: 'spillway-evidence',
    format: 1,
    ...build(),
    source_format: `prometheus-${options.server}`,
    files: [{ path: shownSource(source), records: arrived, bad: 0, others: 0 }],
    first_at: new Date(1000 * from_s).toISOString(),
    duration_s: to_s - from_s,
    requests: {
      ...{ arrived, answered: arrived - failed, failed },
      most_in_flight: running.largest === null ? null : running.largest + (waiting.largest ?? 0),
    },
    latencies: meanTimes(found),
    values: [...values],
    warnings: [...warnings],
    command,
  }
  return { evidence, scenario, trace: null }
}

/** Without a name and a password, which an address may have. */
function shownSource(source: string): string {
  if (!isAddress(source)) return source
  const { origin, pathname } = new URL(source)
  return `${origin}${pathname}`
}

export const isAddress = (source: string): boolean => /^https?:\/\//i.test(source)

async function evidenceOf(
  source: string,
  options: ImportPrometheusOptions,
): Promise<TrafficEvidence> {
  try {
    const server = serverMetrics(options.server, options.metrics)
    const { labels = new Map<string, string>(), step_s } = options
    if (!isAddress(source)) {
      const series = await savedSeries(source)
      return trafficEvidence({ server, series, labels, step_s })
    }
    const read = await scraped(source, server, options)
    const evidence = trafficEvidence({ server, series: read.series, labels, step_s: read.step_s })
    return { ...evidence, notes: [...read.notes, ...evidence.notes] }
  } catch (error) {
    if (!(error instanceof PrometheusProblem)) throw error
    throw new Failure(`${shownSource(source)}: ${error.message}`)
  }
}

function scraped(url: string, server: ServerMetrics, options: ImportPrometheusOptions) {
  const { from, to } = options
  if (from === undefined) {
    throw new Failure('--from: expected the begin of the window, such as -1h', EXIT.usage)
  }
  const window = parseWindow({ from, to, now_s: Date.now() / 1000 })
  return scrapedMetrics({ ...options, url, server, window })
}

async function savedSeries(path: string) {
  try {
    const bytes = await readUserFile(path, MOST_RESPONSE_BYTES)
    return seriesByName(readSavedResponses(bytes.toString('utf8')).series)
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    throw new Failure(`${path}: cannot read the metrics: ${error.message}`)
  }
}

const NO_PERCENTILES = 'buckets of a histogram are too wide for percentiles'

/** Means of the times that the server has measured. */
function meanTimes({ means }: TrafficEvidence): Evidence['latencies'] {
  const each = [
    ['latency', means.latency_s],
    ['ttft', means.first_token_s],
    ['tpot', means.inter_token_s],
  ] as const
  return each.flatMap(([time, { value, low, high, count }]) => {
    if (value === null) return []
    const of = (seconds: number | null) => (seconds === null ? null : 1000 * seconds)
    const none: Estimate = { value: null, low: null, high: null, n: count, reason: NO_PERCENTILES }
    const percentiles = Object.fromEntries(PERCENTILES.map((p) => [percentileKey(p), none]))
    return {
      ...{ time, from: 'received' as const },
      mean: { value: of(value), low: of(low), high: of(high), n: count },
      percentiles: percentiles as Evidence['latencies'][number]['percentiles'],
    }
  })
}
