import type { Distribution, Estimate, Percentiles, Result } from '../../sim/documents/index.ts'
import { estimateText, NONE, type Quantity } from '../format.ts'
import { lostText } from './lost.ts'

export interface Cell {
  readonly text: string
  /** why the cell has no figure */
  readonly reason?: string
}

/** A figure with its interval, or a dash with the reason. */
export function cellOf(estimate: Estimate, quantity: Quantity): Cell {
  if (estimate.value !== null) return { text: estimateText(estimate, quantity) }
  return { text: NONE, reason: estimate.reason ?? 'not supported by the sample' }
}

/** Percentiles of times that a result has, for pages and terminals alike. */
export interface PercentileTable {
  readonly caption: string
  /** what a row is about, the mean, and the percentiles */
  readonly columns: readonly string[]
  readonly rows: (result: Result) => readonly PercentileRow[]
}

interface PercentileRow {
  readonly name: string
  readonly quantity: 'time' | 'plain'
  readonly mean: Estimate
  readonly percentiles: readonly Cell[]
}

type Level = keyof Percentiles

const LATENCY_LEVELS = ['p50', 'p90', 'p95', 'p99', 'p99_9'] as const satisfies readonly Level[]
const TOKEN_LEVELS = ['p50', 'p90', 'p95', 'p99'] as const satisfies readonly Level[]

const headOf = (level: Level) => level.replace('_', '.')

const TOKEN_TIMES = [
  { key: 'ttft', name: 'first token (TTFT)' },
  { key: 'tpot', name: 'each further (TPOT)' },
  { key: 'itl', name: 'gap between two (ITL)' },
] as const

function timesRow(name: string, of: Distribution, levels: readonly Level[]): PercentileRow {
  const percentiles = levels.map((level) => cellOf(of.percentiles[level], 'time'))
  return { name, quantity: 'time', mean: of.mean, percentiles }
}

/** Latencies of each class: of the served requests, which the titles say where many were lost. */
export function latencyTable(results: readonly Result[]): PercentileTable {
  const counts = results.flatMap(({ classes }) =>
    classes.map((trafficClass) => trafficClass.counts),
  )
  const lost = lostText(counts)
  const intervals = 'with 95 % intervals [low, high]'
  return {
    caption:
      lost === null
        ? `Latency ${intervals}`
        : `Latency of the served requests ${intervals}; ${lost}`,
    columns: [
      lost === null ? 'latency' : 'latency of the served',
      'mean',
      ...LATENCY_LEVELS.map(headOf),
    ],
    rows: ({ classes }) =>
      classes.map(({ name, latency }) => timesRow(name, latency, LATENCY_LEVELS)),
  }
}

/** Times of tokens of each class; no rows where nothing was generated. */
export const TOKENS: PercentileTable = {
  caption: 'Times of tokens with 95 % intervals [low, high]',
  columns: ['tokens', 'mean', ...TOKEN_LEVELS.map(headOf)],
  rows: ({ classes }) =>
    classes.flatMap(({ name: label, tokens }): PercentileRow[] => {
      if (tokens === null) return []
      const times = TOKEN_TIMES.map(({ key, name }) =>
        timesRow(`${label}, ${name}`, tokens[key], TOKEN_LEVELS),
      )
      const name = `${label}, preemptions per run`
      const percentiles = TOKEN_LEVELS.map(() => ({ text: NONE }))
      return [...times, { name, quantity: 'plain', mean: tokens.preemptions, percentiles }]
    }),
}

/** Why a figure is missing, for "web p99": "web: p99 needs 3,000 requests". */
export function missingText(name: string, reason: string): string {
  const [first = ''] = reason.split(' ')
  const rest = name.endsWith(` ${first}`) ? name.slice(0, -first.length - 1) : name
  return `${rest}: ${reason}`
}

/** The cells of rows with what they are: "web p99". */
export function namedCells(
  { columns }: PercentileTable,
  rows: readonly PercentileRow[],
): (readonly [name: string, cell: Cell])[] {
  const levels = columns.slice(2)
  return rows.flatMap(({ name, percentiles }) =>
    percentiles.map((cell, i) => [`${name} ${levels[i]}`, cell] as const),
  )
}
