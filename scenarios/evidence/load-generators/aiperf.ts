import { describeValue } from '../../parse/describe-value.ts'
import { type LineFormat, RecordProblem, type RequestRecord } from '../request-record.ts'
import { type FileUnit, JsonNode, NANOSECONDS, SECONDS } from './json-node.ts'
import { sentRequest } from './sent-request.ts'

/**
 * The records of AIPerf: MetricRecordInfo of src/aiperf/common/models/record_export_models.py
 * (commit 745695d) with MetricRecordMetadata of src/aiperf/common/metric_records_wire.py (commit
 * 017c63d), which leave out what has its default. Until 2025 both were in models/record_models.py.
 */
export const aiperf: LineFormat = {
  kind: 'lines',
  name: 'aiperf',
  title: 'AIPerf, profile_export.jsonl',
  latencyFrom: 'sent',
  looksLike: (beginning) =>
    /^\s*\{\s*"metadata"\s*:\s*\{/.test(beginning) && beginning.includes('"request_start_ns"'),
  reader: () => recordOf,
}

/** Tags of MetricTimeUnit, in src/aiperf/common/enums; seconds were "s" at first. */
const UNITS: ReadonlyMap<unknown, FileUnit> = new Map([
  ['ns', NANOSECONDS],
  ['us', { name: 'microseconds', ms: 1e-3 }],
  ['ms', { name: 'milliseconds', ms: 1 }],
  ['sec', SECONDS],
  ['s', SECONDS],
])

function recordOf(line: string): RequestRecord | null {
  const text = line.trim()
  if (text === '') return null
  const record = new JsonNode(parsed(text))
  const metadata = record.field('metadata')
  // warm-up is another load, before the one that is measured
  if (metadata.field('benchmark_phase').value === 'warmup') return null
  const metrics = record.field('metrics')
  const length = (name: string, other: string) =>
    metrics.field(name).or(metrics.field(other)).field('value').tokensOrNaN()
  const sentMs = metadata.field('request_start_ns').ms(NANOSECONDS)
  return sentRequest(record, {
    scheduledMs: scheduledMs(metadata),
    sentMs,
    firstTokenMs: sentMs + latencyMs(metrics.field('time_to_first_token')),
    endMs: metadata.field('request_end_ns').ms(NANOSECONDS),
    inputTokens: length('input_sequence_length', 'error_isl'),
    outputTokens: length('output_sequence_length', 'output_token_count'),
    ok: record.field('error').absent && metadata.field('was_cancelled').value !== true,
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new RecordProblem(`expected a JSON object, got ${describeValue(text)}`)
  }
}

/**
 * When the rate limiter let the request go (src/aiperf/credit/issuer.py). That is as planned,
 * unless a limit of concurrency held it back before: that part of its wait is in no file.
 */
function scheduledMs(metadata: JsonNode): number {
  const { value: offsetNs } = metadata.field('clock_offset_ns')
  // of a worker on another host, whose clock is not that of the rate limiter
  if (Math.abs(Number(offsetNs ?? 0)) > MAX_CLOCK_OFFSET_NS) return Number.NaN
  return metadata.field('credit_issued_ns').msOrNaN(NANOSECONDS)
}

/** Between processes of one host, it is the time of a message. */
const MAX_CLOCK_OFFSET_NS = 10e6

function latencyMs(metric: JsonNode): number {
  if (metric.absent) return Number.NaN
  const unit = metric.field('unit')
  const known = UNITS.get(unit.value)
  if (known === undefined) throw unit.refused([...UNITS.keys()].join(', '))
  return metric.field('value').ms(known)
}
