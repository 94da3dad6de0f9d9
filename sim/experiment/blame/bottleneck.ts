import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { BottleneckName } from '../../documents/index.ts'
import { type Ms, OUTCOME } from '../../serving/index.ts'
import { percentile, type RowColumns, supports } from '../../stats/index.ts'
import type { ObservedRun } from '../comparison/observed-run.ts'
import type { SimulationInput } from '../system/simulation-input.ts'
import type { Blame } from './blame.ts'
import { type ServiceBound, serviceBound } from './service-bound.ts'
import { WAIT_CAUSES } from './wait-causes.ts'

/** Where the latency of a request goes, in the order in which it passes these parts. */
export const LATENCY_PARTS = ['send', ...WAIT_CAUSES, 'overhead', 'service'] as const
type LatencyPart = (typeof LATENCY_PARTS)[number]
type PartTimes = Record<LatencyPart, Ms>

/** Percentiles whose requests are examined: the highest that each run supports. */
const LEVELS = [0.99, 0.95, 0.5] as const

export interface Bottleneck {
  readonly level: number
  /** latency at that percentile; the requests at or above it are the tail */
  readonly latencyMs: Ms
  readonly requests: number
  /** mean over the tail; they add up to its mean latency */
  readonly parts: Readonly<PartTimes>
  readonly largest: LatencyPart
  /** index of the pool with most of the largest part */
  readonly pool: number
  /** what the batches of that pool are bound by; null where their work is not described */
  readonly bound: ServiceBound | null
}

/** Further replications draw other numbers of requests. */
const MARGIN = 0.9

interface Served {
  readonly latency: Ms
  readonly class: number
  readonly pool: number
  readonly parts: PartTimes
}

/** Where the time to the slowest first tokens of a class goes. */
export interface FirstTokens extends Pick<Bottleneck, 'level' | 'requests' | 'parts'> {
  readonly class: number
  /** time to first token at that percentile */
  readonly ttftMs: Ms
}

/** Of the slowest requests: where their time went. Null where no request was served. */
export function bottleneckOf(
  input: Pick<SimulationInput, 'scenario' | 'models'>,
  runs: readonly ObservedRun[],
  waits: Blame['waits'],
): Bottleneck | null {
  const { scenario } = input
  const each = runs.map(({ rows }, run) =>
    servedOf(rows.columns, 1000 * scenario.warmup_s, waits[run]!),
  )
  const served = each.flat()
  if (served.length === 0) return null
  const { level, latencyMs, tail, mean, parts } = slowest(each)
  const [first, ...others] = LATENCY_PARTS
  const largest = others.reduce((a: LatencyPart, b) => (parts[b] > parts[a] ? b : a), first)
  const pools = scenario.pools.map((_, i) =>
    mean(
      largest,
      tail.filter(({ pool }) => pool === i),
    ),
  )
  const pool = pools.indexOf(Math.max(...pools))
  const bound = serviceBound(scenario, pool, usualBatch(runs, pool))
  return { level, latencyMs, requests: tail.length, parts, largest, pool, bound }
}

/** Of each class that generates: where the time to its slowest first tokens goes. */
export function firstTokensOf(
  scenario: Scenario,
  runs: readonly ObservedRun[],
  waits: Blame['waits'],
): FirstTokens[] {
  const each = runs.map(({ rows }, run) =>
    firstOf(rows.columns, 1000 * scenario.warmup_s, waits[run]!),
  )
  return scenario.traffic.flatMap((_, number): FirstTokens[] => {
    const ofClass = each.map((served) => served.filter((request) => request.class === number))
    if (ofClass.every(({ length }) => length === 0)) return []
    const { level, latencyMs, tail, parts } = slowest(ofClass)
    return [{ class: number, level, ttftMs: latencyMs, requests: tail.length, parts }]
  })
}

/** The slowest requests of all runs, and what their latency consists of. */
function slowest(each: readonly (readonly Served[])[]) {
  const served = each.flat()
  const latencies = Float64Array.from(served, ({ latency }) => latency).sort()
  const fewest = MARGIN * Math.min(...each.map(({ length }) => length))
  const level = LEVELS.find((p) => supports(fewest, p)) ?? LEVELS.at(-1)!
  const latencyMs = percentile(latencies, level)
  const tail = served.filter(({ latency }) => latency >= latencyMs)
  const mean = (part: LatencyPart, of = tail) =>
    of.reduce((sum, { parts }) => sum + parts[part], 0) / tail.length
  const parts = Object.fromEntries(LATENCY_PARTS.map((part) => [part, mean(part)])) as PartTimes
  return { level, latencyMs, tail, mean, parts }
}

/** Requests with a first token, up to that. */
function firstOf(rows: RowColumns, warmupMs: Ms, waits: Blame['waits'][number]): Served[] {
  const served: Served[] = []
  for (const [key, { first }] of waits) {
    const [at, sent, firstToken] = [rows.at[key]!, rows.sent[key]!, rows.firstToken[key]!]
    const isServed = rows.outcome[key] === OUTCOME.served && rows.outputTokens[key]! > 0
    if (at < warmupMs || !isServed || Number.isNaN(firstToken)) continue
    const waited = WAIT_CAUSES.reduce((sum, cause) => sum + first[cause], 0)
    const service = Math.max(0, firstToken - sent - waited)
    const parts = { send: sent - at, ...first, overhead: 0, service }
    const [number, pool] = [rows.class[key]!, rows.pool[key]!]
    served.push({ latency: firstToken - at, class: number, pool, parts })
  }
  return served
}

function servedOf(rows: RowColumns, warmupMs: Ms, waits: Blame['waits'][number]): Served[] {
  const served: Served[] = []
  for (const [key, at] of rows.at.entries()) {
    if (at < warmupMs || rows.outcome[key] !== OUTCOME.served || rows.batch[key]! < 0) continue
    const [sent, dispatched, done] = [rows.sent[key]!, rows.dispatched[key]!, rows.done[key]!]
    const service = rows.ended[key]! - rows.started[key]!
    const waited = waits.get(key)
    if (waited === undefined || Number.isNaN(service)) continue
    const { inside, first: _, ...waitTimes } = waited
    const overhead = done - dispatched - service
    const ofItself = Math.max(0, service - inside)
    const parts = { send: sent - at, ...waitTimes, overhead, service: ofItself }
    const [number, pool] = [rows.class[key]!, rows.pool[key]!]
    served.push({ latency: done - at, class: number, pool, parts })
  }
  return served
}

/** Mean size and padded length of the batches of a pool. */
function usualBatch(runs: readonly ObservedRun[], pool: number) {
  let [batches, sizes, lengths] = [0, 0, 0]
  for (const { rows } of runs) {
    const c = rows.columns
    for (const [key, size] of c.batchSize.entries()) {
      if (c.pool[key] !== pool || c.batch[key]! < 0 || size < 1) continue
      // every member counts as its share of the batch
      batches += 1 / size
      sizes += 1
      lengths += c.padded[key]! / size
    }
  }
  if (batches === 0) return { size: 1, length: 1 }
  return {
    size: Math.max(1, Math.round(sizes / batches)),
    length: Math.max(1, Math.round(lengths / batches)),
  }
}

const NAMES: Readonly<Record<Exclude<LatencyPart, 'send' | 'service'>, BottleneckName>> = {
  other_requests: 'queue',
  batch_wait: 'batch-wait',
  memory: 'memory',
  model_load: 'model-load',
  lost_replicas: 'lost-replicas',
  cold_start: 'cold-start',
  engine_admission: 'engine-admission',
  other_prompts: 'other-prompts',
  other_decodes: 'other-decodes',
  overhead: 'overhead',
}

/** The name of a bottleneck. */
export function bottleneckName(
  { link }: Pick<Scenario, 'link'>,
  { largest, bound }: Pick<Bottleneck, 'largest' | 'bound'>,
): BottleneckName {
  if (largest === 'send') return link === undefined ? 'send-delay' : 'link'
  return largest === 'service' ? (bound ?? 'service') : NAMES[largest]
}
