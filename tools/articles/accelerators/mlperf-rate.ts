import { parseScenario } from '../../../scenarios/index.ts'
import { runReplication, simulationInput } from '../../../sim/experiment/index.ts'
import { bisect, PERCENTILES } from '../../../sim/stats/index.ts'
import { type ServerRow, settingsOf, singleStreamMs } from './mlperf-rows.ts'

/** Where the fixed part of a batch comes from, and which queue the cards have. */
export const APPROACHES = {
  single: 'fixed part from the single-stream run, a queue for each card',
  shared: 'the same, one queue for all cards',
  none: 'no fixed part, a queue for each card',
  streams: 'the published inference streams as replicas of a card, each at its share of the speed',
} as const
export type Approach = keyof typeof APPROACHES

/** Requests of a run; the longest wait for a percentile is far shorter. */
const REQUESTS = 40_000
/** The search begins at this share of the capacity. */
const LOWEST = 0.7
/** Halvings of the search, to 0.5 % of the capacity. */
const STEPS = 6

/** The time of a batch of n on one card: baseMs + n × perItemMs. */
export interface BatchCurve {
  readonly baseMs: number
  readonly perItemMs: number
}

export interface CardModel {
  readonly curve: BatchCurve
  readonly batch: number
  readonly windowMs: number
  /** batches at a time, over all cards of the queue */
  readonly replicas: number
  /** cards of the queue */
  readonly cards: number
}

/**
 * The curve of a row: the offline batch N runs at the offline rate of a card, so base + N × item =
 * N / rate, and a batch of one takes the time of the single-stream run.
 */
export function curveOf(row: ServerRow, fixedPart: boolean): BatchCurve {
  const each = (1000 * row.cards) / row.offlineRps
  if (!fixedPart) return { baseMs: 0, perItemMs: each }
  const { offlineBatch } = settingsOf(row)
  const perItemMs = (each * offlineBatch - singleStreamMs(row)) / (offlineBatch - 1)
  return { baseMs: singleStreamMs(row) - perItemMs, perItemMs }
}

export function modelOf(row: ServerRow, approach: Approach): CardModel {
  const { batch, windowMs, streams } = settingsOf(row)
  const curve = curveOf(row, approach !== 'none')
  if (approach === 'shared') {
    return { curve, batch, windowMs, replicas: row.cards, cards: row.cards }
  }
  if (approach !== 'streams') return { curve, batch, windowMs, replicas: 1, cards: 1 }
  const { baseMs, perItemMs } = curve
  // the fixed part of one stream overlaps the work of the others
  const slower = { baseMs, perItemMs: perItemMs * streams }
  return { curve: slower, batch, windowMs, replicas: streams, cards: 1 }
}

/** Largest throughput of the queue, samples/s. */
export function capacityOf({ curve, batch, replicas }: CardModel): number {
  return (1000 * replicas * batch) / (curve.baseMs + batch * curve.perItemMs)
}

export interface Tail {
  readonly p50Ms: number
  readonly p99Ms: number
}

/** Latency with Poisson arrivals at this rate of the whole queue, samples/s. */
export function tailAt(model: CardModel, rateRps: number): Tail {
  const durationS = REQUESTS / rateRps
  const { curve, batch, windowMs, replicas } = model
  const text = `spillway: 1
name: mlperf
description: MLPerf server scenario
seed: 7
duration_s: ${durationS}
warmup_s: ${durationS / 10}
models:
  net: { work: { law: linear, base_ms: ${curve.baseMs}, per_item_ms: ${curve.perItemMs} } }
traffic:
  - class: samples
    arrivals: { process: poisson, rate_rps: ${rateRps} }
pools:
  - name: cards
    model: net
    replicas: ${replicas}
    batching: { policy: dynamic, max_batch: ${batch}, max_delay_ms: ${windowMs} }
`
  const { scenario } = parseScenario(text, { file: 'mlperf.yaml' })
  const { latency } = runReplication(simulationInput(scenario), 0).classes[0]!
  const [p50Ms, p99Ms] = ([0.5, 0.99] as const).map(
    (p) => latency.percentiles[PERCENTILES.indexOf(p)]!,
  )
  return { p50Ms: p50Ms!, p99Ms: p99Ms! }
}

/** The highest rate of all cards whose p99 is below the bound, samples/s. */
export function highestRate(row: ServerRow, model: CardModel): number {
  const most = capacityOf(model)
  const meets = (rate: number) => tailAt(model, rate).p99Ms < row.boundMs
  const [low] = bisect([LOWEST * most, most], STEPS, meets)
  return (low * row.cards) / model.cards
}
