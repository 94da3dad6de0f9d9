import type { Sweep, SweepRow } from '../../../sim/documents/index.ts'
import { endOf, figureOf } from '../../../sim/documents/index.ts'
import { cut, exactText, plural } from '../../format.ts'
import { shortPaths } from '../../tables/sweep-rows.ts'
import { type Layer, narrow } from '../frame.ts'
import { limitLevel, pixel } from '../plot.ts'
import { LIGHT } from '../theme.ts'

/** What the charts of a sweep share. */

export type Ended = ReturnType<typeof endOf>

/** Colours of verdicts; configurations that fail recede. */
const VERDICT_COLORS: Readonly<Record<Ended, string>> = {
  PASS: LIGHT.simulated,
  not_judged: LIGHT.simulated,
  UNDECIDED: LIGHT.batchWait,
  FAIL: LIGHT.sendDelay,
  invalid: LIGHT.grid,
  out_of_memory: LIGHT.grid,
}

const VERDICT_NAMES: readonly (readonly [Ended, string])[] = [
  ['PASS', 'holds'],
  ['UNDECIDED', 'undecided'],
  ['FAIL', 'fails'],
]

/** A row with the latency that charts show, ms. */
export interface Point {
  readonly row: SweepRow
  readonly end: Ended
  readonly color: string
  readonly ms: number | null
  readonly low: number
  readonly high: number
}

/** The ends of an interval that are drawn: a wide one must not flatten the rest. */
const FARTHEST = 10

export function pointsOf({ rows, figure }: Sweep): Point[] {
  return rows.map((row) => {
    const estimate = figureOf(row, figure)
    const end = endOf(row)
    const ms = estimate?.value ?? null
    const low = Math.max(estimate?.low ?? ms ?? 0, (ms ?? 0) / FARTHEST)
    const high = Math.min(estimate?.high ?? ms ?? 0, (ms ?? 0) * FARTHEST)
    return { row, end, color: VERDICT_COLORS[end], ms, low, high }
  })
}

/** The range of a log axis of latencies; null where none is known. */
export function latencyRange(
  points: readonly Point[],
  limitMs: number | null,
): readonly [number, number] | null {
  const finite = points.filter(({ ms }) => ms !== null && ms > 0)
  if (finite.length === 0) return null
  const ends = [
    ...finite.flatMap(({ ms, low, high }) => [low > 0 ? low : ms!, high]),
    ...(limitMs === null ? [] : [limitMs]),
  ]
  return [Math.min(...ends) / 1.15, Math.max(...ends) * 1.25]
}

/** The limit, dashed, with its name. */
export function limitLayers(
  { figure }: Sweep,
  domain: readonly [number, number],
  height: number,
): Layer[] {
  if (figure.limit_ms === null) return []
  const y = pixel(figure.limit_ms, domain, height, true)
  return limitLevel(y, `limit ${exactText(figure.limit_ms, 'time')}`)
}

/** "overload · 8 configurations, 10 replications each": the start of a subtitle. */
export function sweepSubject({ scenario, configurations, replications, rows }: Sweep): string {
  const best = rows.length < configurations ? `, the best ${rows.length} drawn` : ''
  return `${scenario.name} · ${plural(configurations, 'configuration')}${best}, ${plural(replications, 'replication')} each`
}

/** A key of the verdicts that the rows have. */
export function verdictKey(points: readonly Point[]): { name: string; color: string }[] {
  return VERDICT_NAMES.filter(([end]) => points.some((point) => point.end === end)).map(
    ([end, name]) => ({ name, color: VERDICT_COLORS[end] }),
  )
}

/** Names of the swept values, short. */
export const pathNames = ({ paths }: Sweep): string[] => shortPaths(paths)

/** Values of an axis with labels that fit: all, or every second, third … */
export function thinned(labelsOf: readonly string[], width: number): number[] {
  const longest = Math.max(...labelsOf.map((text) => text.length))
  const most = Math.max(2, Math.floor(width / (7.5 * longest + 10)))
  const step = Math.ceil(labelsOf.length / most)
  return labelsOf.flatMap((_, i) => (i % step === 0 ? [i] : []))
}

/** Labels of positions 0, 1, …, as an expression of Vega; long ones are cut. */
export const labelExpression = (texts: readonly string[], width: number) => {
  const longest = narrow(width) ? 10 : 16
  return `${JSON.stringify(texts.map((text) => cut(text, longest)))}[datum.value]`
}
