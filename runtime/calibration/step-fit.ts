import { median } from 'simple-statistics'
import type { Ms } from '../../sim/serving/index.ts'
import { leastSquares } from '../../sim/stats/index.ts'
import {
  type MeasuredSteps,
  rowsOf,
  rowWeights,
  type StepAmounts,
  stepTerms,
  timeOf,
} from '../../sim/world/index.ts'

/** A step that was timed. */
export interface TimedStep extends StepAmounts {
  readonly ms: Ms
}

export interface StepFit {
  readonly steps: MeasuredSteps
  /** of each shape, by how much it is off where the others predict it, as a share */
  readonly errors: readonly number[]
}

const TERM_NAMES = ['contextMs', 'longestMs', 'pastMs', 'pairMs'] as const
/** Rows of a table are at least so many times those before, where they are many. */
const APART = 1.15

/** Parts into which shapes are divided, each of which the others predict. */
const PARTS = 5

/**
 * Fits a table by computed tokens and the terms of the law to medians of shapes, by least squares
 * of relative errors. No term is negative: one that would be is left out. Slow spells of the
 * machine are left out by the medians: they belong to its speed.
 */
export function fitSteps(timed: readonly TimedStep[]): StepFit {
  const shapes = medians(timed)
  const errors = shapes.map((shape, i) => {
    const others = shapes.filter((_, j) => j % PARTS !== i % PARTS)
    return timeOf(fitted(others), shape) / shape.ms - 1
  })
  return { steps: fitted(shapes), errors }
}

/** One for each shape. */
function medians(timed: readonly TimedStep[]): TimedStep[] {
  const byShape = new Map<string, TimedStep[]>()
  for (const step of timed) {
    const { decodes, longest, promptTokens, promptPast } = step
    const key = [decodes, longest, promptTokens, promptPast].join(' ')
    byShape.set(key, [...(byShape.get(key) ?? []), step])
  }
  return [...byShape.values()].map((steps) => ({
    ...steps[0]!,
    ms: median(steps.map(({ ms }) => ms)),
  }))
}

function fitted(shapes: readonly TimedStep[]): MeasuredSteps {
  const rows = tableRows(shapes.map(rowsOf))
  let names = TERM_NAMES.filter((name) => shapes.some((shape) => stepTerms(shape)[name] > 0))
  for (;;) {
    const equations = shapes.map((shape) => {
      const terms = stepTerms(shape)
      const all = [...rowWeights(rows, rowsOf(shape)), ...names.map((name) => terms[name])]
      return all.map((term) => term / shape.ms)
    })
    const scales = equations[0]!.map(
      (_, i) => Math.hypot(...equations.map((each) => each[i]!)) || 1,
    )
    const fit = leastSquares(equations.map((each) => each.map((term, i) => term / scales[i]!)))
    const found = fit?.coefficients(shapes.map(() => 1)).map((value, i) => value / scales[i]!)
    const values = found?.slice(rows.length) ?? []
    const least = Math.min(0, ...values)
    if (found !== undefined && least >= 0) {
      const ofTerms = Object.fromEntries(names.map((name, i) => [name, values[i]!]))
      const ms = found.slice(0, rows.length).map((each) => Math.max(0, each))
      return { ...NO_TERMS, ...ofTerms, rows, ms }
    }
    if (names.length === 0) throw new Error('Expected steps of which a table can be made')
    // of terms that depend on each other the last one, which matters to few shapes
    const left = found === undefined ? names.length - 1 : values.indexOf(least)
    names = names.filter((_, i) => i !== left)
  }
}

const NO_TERMS = { contextMs: 0, longestMs: 0, pastMs: 0, pairMs: 0 } as const

/** Of all rows that occur, those of a table: each of a few, and fewer of many. */
function tableRows(all: readonly number[]): number[] {
  const distinct = [...new Set(all)].sort((a, b) => a - b)
  const most = distinct.at(-1)!
  const rows: number[] = []
  for (const row of distinct) {
    const last = rows.at(-1)
    if (last === undefined || (row >= APART * last && most >= APART * row)) rows.push(row)
  }
  return most > rows.at(-1)! ? [...rows, most] : rows
}
