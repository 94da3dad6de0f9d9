import { parseObjective } from '../../scenarios/index.ts'
import type {
  Comparison,
  Estimate,
  Host,
  PercentileComparison,
  PoolResult,
  ReplayError,
  Result,
  Verdict,
  WhatIf,
} from '../../sim/documents/index.ts'
import { median, type ReportInput, worlds, worst } from '../charts/frame.ts'
import {
  count,
  estimateText,
  figure,
  NONE,
  percentileName,
  type Quantity,
  signedPercent,
  time,
} from '../format.ts'

/** The documents in words and table cells, for pages and terminals. */

export interface Headline {
  readonly verdict: Verdict | null
  readonly reason: string
}

const CHECKS = [
  { key: 'structure', name: 'structure' },
  { key: 'what_if', name: 'what-if' },
  { key: 'prediction', name: 'prediction' },
  { key: 'noise_floor', name: 'noise floor (A/A)' },
  { key: 'memory', name: 'memory' },
  { key: 'audit', name: 'audit' },
] as const

/** Each check of a comparison, with its verdict and reason. */
export function checksOf({ checks }: Comparison) {
  return CHECKS.flatMap(({ key, name }) => {
    const check = checks[key]
    return check === null ? [] : [{ key, name, ...check }]
  })
}

/** The verdict of the comparison, or else of the objectives, and the reason. */
export function headline(input: ReportInput): Headline {
  const { comparison } = input
  if (comparison) {
    return { verdict: comparison.verdict, reason: decisiveReason(comparison) }
  }
  const verdicts = objectiveLines(input).map((line) => line.verdict)
  const verdict = worst(verdicts)
  if (verdict === null) {
    return { verdict, reason: 'No objective is stated and nothing was compared' }
  }
  const some = verdicts.filter((v) => v === verdict).length
  const what = { PASS: 'met', FAIL: 'missed', UNDECIDED: 'undecided' }[verdict]
  return { verdict, reason: `${some} of ${verdicts.length} objectives ${what}` }
}

/**
 * The first check that decided, and the names of others that would have. If all passed, it is the
 * what-if, if there was one: the only check that a wrong work model cannot pass.
 */
function decisiveReason(comparison: Comparison): string {
  const { verdict } = comparison
  const decisive = checksOf(comparison).filter((check) => check.verdict === verdict)
  const passed = verdict === 'PASS'
  const whatIf = decisive.find(({ key }) => key === 'what_if')
  const first = passed && whatIf ? whatIf : decisive[0]
  if (!first) return 'all checks'
  const also = decisive.slice(1).map(({ name }) => name)
  const others = passed || also.length === 0 ? '' : `; also ${also.join(', ')}`
  return `${first.name}: ${first.reason}${others}`
}

export interface ObjectiveLine {
  readonly world: Result['world']
  readonly verdict: Verdict
  /** "interactive: p(99) latency_ms < 10" */
  readonly objective: string
  /** "9.3 [9.1, 9.5] ms, 0.93 of the limit" */
  readonly found: string
}

/** Every objective on each side. */
export function objectiveLines(input: ReportInput): ObjectiveLine[] {
  return worlds(input).flatMap(({ name, result }) =>
    result.objectives.map((line) => ({
      world: name,
      verdict: line.verdict,
      objective: `${line.class}: ${line.text}`,
      found: found(line.text, line.estimate),
    })),
  )
}

function found(text: string, estimate: Estimate): string {
  const objective = parseObjective(text)
  if (estimate.value === null) return estimate.reason ?? 'not supported by the sample'
  const undecided = estimate.reason === undefined ? '' : `; ${estimate.reason}`
  if (!objective || objective.kind === 'goodput') {
    return `${estimateText(estimate, 'share')}${undecided}`
  }
  const ratio = estimate.value / objective.limitMs
  const share = `${figure(ratio)} ${ratio > 1 ? 'times' : 'of'} the limit`
  return `${estimateText(estimate, 'time')}, ${share}${undecided}`
}

/** "Example CPU · 2 cores · 16 GiB · …" */
export function hostText(host: Host): string {
  return [
    host.cpu,
    `${host.cores} cores`,
    `${figure(host.memory_gib)} GiB`,
    host.platform,
    `Node ${host.node}`,
    `ONNX Runtime ${host.onnxruntime}`,
    ...(host.adapter === null ? [] : [host.adapter]),
  ].join(' · ')
}

export interface Cell {
  readonly text: string
  /** why the cell has no figure */
  readonly reason?: string
}

/** The capacity of a pool; a dash if it is unknown, which `unknownCapacities` explains. */
export function capacityText({ capacity_rps: rps }: PoolResult): string {
  return rps === null ? NONE : `${figure(rps)} req/s`
}

/** The pools without a known capacity, and the reason; null if there are none. */
export function unknownCapacities({ pools }: Result): string | null {
  const names = pools.flatMap(({ name, capacity_rps: rps }) => (rps === null ? [name] : []))
  if (names.length === 0) return null
  return `capacity of ${names.join(', ')}, and so load: not known, as models come and go`
}

/** A time with its interval, or a dash with the reason. */
export function timeCell(estimate: Estimate): Cell {
  return cellOf(estimate, 'time')
}

function cellOf(estimate: Estimate, quantity: Quantity): Cell {
  if (estimate.value !== null) return { text: estimateText(estimate, quantity) }
  return { text: NONE, reason: estimate.reason ?? 'not supported by the sample' }
}

export interface ComparisonRow {
  readonly percentile: string
  readonly n: string
  readonly simulated: Cell
  readonly measured: Cell
  /** worst over replays, signed */
  readonly structure: Cell
  /** median over replays, signed */
  readonly prediction: Cell
  /** median difference of two replays */
  readonly noise: Cell
  /** of structure and of prediction: the worst over replays */
  readonly verdicts: readonly [Verdict | null, Verdict | null]
}

export function comparisonRows({ percentiles }: Comparison): ComparisonRow[] {
  return percentiles.map((row) => {
    const { structure, prediction, verdicts } = row
    const far = structure.reduce<ReplayError | null>(
      (most, error) =>
        most && Math.abs(most.error_relative) >= Math.abs(error.error_relative) ? most : error,
      null,
    )
    const middle = median(prediction.map((error) => error.error_relative))
    return {
      percentile: percentileName(row.p),
      n: count(row.n),
      simulated: timeCell(row.simulated),
      measured: timeCell(row.measured),
      structure: errorCell(far?.error_relative ?? null, row),
      prediction: errorCell(middle, row),
      noise: noiseCell(row),
      verdicts: [verdicts.structure, verdicts.prediction],
    }
  })
}

function errorCell(error: number | null, row: PercentileComparison): Cell {
  if (error !== null) return { text: signedPercent(error) }
  const reason = row.measured.reason ?? row.simulated.reason ?? 'nothing to compare'
  return { text: NONE, reason }
}

function noiseCell({
  noise_floor,
  measured,
}: Pick<PercentileComparison, 'noise_floor' | 'measured'>): Cell {
  const { median: middle } = noise_floor
  if (middle !== null) return { text: `±${signedPercent(middle).replace(/^\+/, '')}` }
  return { text: NONE, reason: measured.reason ?? 'needs two replays' }
}

export interface WhatIfRow {
  readonly percentile: string
  readonly n: string
  /** mean over the rounds, before and after the change */
  readonly a: string
  readonly b: string
  readonly predicted: Cell
  readonly measured: Cell
  /** of the predicted ratio, signed */
  readonly error: Cell
  /** median difference of two replays before the change */
  readonly noise: Cell
  readonly verdict: Verdict | null
}

export function whatIfRows({ percentiles }: WhatIf): WhatIfRow[] {
  return percentiles.map((row) => ({
    percentile: percentileName(row.p),
    n: count(row.n),
    a: meanTime(row.each.map(({ a }) => a)),
    b: meanTime(row.each.map(({ b }) => b)),
    predicted: cellOf(row.predicted, 'plain'),
    measured: cellOf(row.measured, 'plain'),
    error: { text: signedPercent(row.error_relative) },
    noise: noiseCell(row),
    verdict: row.verdict,
  }))
}

/** Mean of times in ms, to the digits that their range supports. */
function meanTime(times: readonly number[]): string {
  if (times.length === 0) return NONE
  const mean = times.reduce((sum, ms) => sum + ms, 0) / times.length
  return time(mean, times.length < 2 ? null : (Math.max(...times) - Math.min(...times)) / 2)
}
