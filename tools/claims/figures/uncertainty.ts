import { z } from 'zod'
import type { Interval } from '../../../sim/stats/index.ts'
import type { CoverageRow } from '../../uncertainty-study/coverage.ts'
import { count } from './parts.ts'

/** How often intervals hold what is true of machines whose inputs are not known. */

const coverage = z.strictObject({ value: z.number(), low: z.number(), high: z.number() })
type Coverage = z.infer<typeof coverage>
const ofFigures = z.strictObject({
  p50: coverage,
  p95: coverage,
  p99: coverage,
  headroom: coverage,
  cost: coverage,
})
type OfFigures = z.infer<typeof ofFigures>

export const uncertaintyFigures = z.strictObject({
  /** truths that percentiles and cost of each planner are tried on */
  truths: count,
  rows: z.array(
    z.strictObject({
      machine: z.string(),
      /** what planners left out; null where they know what is not known */
      leftOut: z.string().nullable(),
      planners: count,
      wider: ofFigures,
      draws: ofFigures,
      meanDraws: z.number(),
      /** how often the headroom that is answered passes */
      promised: coverage.nullable(),
    }),
  ),
})
export type UncertaintyFigures = z.infer<typeof uncertaintyFigures>
type Row = UncertaintyFigures['rows'][number]

/** Accepted coverage of a 95 % interval, and what one without a source may cover at most. */
const [LEAST, MOST] = [0.93, 0.97]
const MOST_WITHOUT = 0.9
/** Traffic that passes has the whole interval below the limit, of which 2.5 % are above. */
const LEAST_PROMISED = 0.95

export function figuresOfCoverage(
  rows: readonly CoverageRow[],
  truths: number,
): UncertaintyFigures {
  return {
    truths,
    rows: rows.map(({ wider, draws, promised, ...row }) => ({
      ...row,
      wider: byFigure(wider),
      draws: byFigure(draws),
      promised: promised && closed(promised),
    })),
  }
}

/** A share that has both ends: all of them, where a single planner shows none. */
const closed = ({ value, low, high }: Interval): Coverage => ({
  value,
  low: low ?? 0,
  high: high ?? 1,
})

function byFigure(each: readonly Interval[]): OfFigures {
  const [p50, p95, p99, headroom, cost] = each.map(closed)
  return { p50: p50!, p95: p95!, p99: p99!, headroom: headroom!, cost: cost! }
}

/** What is surely outside what is promised, each as a sentence. */
export function missedCoverage({ rows }: UncertaintyFigures): string[] {
  return rows.flatMap((row) => (row.leftOut === null ? missedOf(row) : missedWithout(row)))
}

/** Planners from which on a share itself has to be within the bounds, and not only its interval. */
const MANY = 500
/** Of one truth a planner: the interval of 500 is as wide as the bounds are. */
const OF_ONE_TRUTH: readonly string[] = ['headroom']

function isNominal([name, { value, low, high }]: readonly [string, Coverage], planners: number) {
  const isExact = planners >= MANY && !OF_ONE_TRUTH.includes(name)
  return isExact ? value >= LEAST && value <= MOST : high >= LEAST && low <= MOST
}

function missedOf({ machine, planners, wider, promised }: Row): string[] {
  const figures = Object.entries(wider).filter((figure) => !isNominal(figure, planners))
  const sentences = figures.map(([name, { value }]) => {
    return `${machine}: ${name} is covered in ${percent(value)} %`
  })
  if (promised === null || promised.high >= LEAST_PROMISED) return sentences
  return [...sentences, `${machine}: the headroom passes in ${percent(promised.value)} %`]
}

function missedWithout({ machine, leftOut, wider }: Row): string[] {
  const some = Object.values(wider).some(({ high }) => high < MOST_WITHOUT)
  return some ? [] : [`${machine} without ${leftOut}: no figure is covered in less than 90 %`]
}

const percent = (share: number) => (100 * share).toFixed(1)

/** What the table shows in short. */
export function coverageSummary({ rows }: UncertaintyFigures) {
  const known = rows.filter(({ leftOut }) => leftOut === null)
  const without = rows.filter(({ leftOut }) => leftOut !== null)
  const valuesOf = (figures: OfFigures) => Object.values(figures).map(({ value }) => value)
  const rangeOf = (values: readonly number[]) => {
    return { least: Math.min(...values), most: Math.max(...values) }
  }
  const intervals = known.flatMap(({ planners, wider }) =>
    Object.entries(wider).map((figure) => isNominal(figure, planners)),
  )
  const promised = known.flatMap((row) => (row.promised === null ? [] : [row.promised.value]))
  return {
    machines: known.length,
    planners: Math.min(...known.map(({ planners }) => planners)),
    figures: intervals.length,
    nominal: intervals.filter((nominal) => nominal).length,
    wider: rangeOf(known.flatMap(({ wider }) => valuesOf(wider))),
    draws: rangeOf(known.flatMap(({ draws }) => valuesOf(draws))),
    controls: without.length,
    /** of each control its least covered figure, and of these the most */
    without: Math.max(...without.map(({ wider }) => Math.min(...valuesOf(wider)))),
    promised: promised.length === 0 ? null : Math.min(...promised),
  }
}
