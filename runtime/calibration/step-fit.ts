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

/** Shapes that were left out together, and by how much those predict them that were not. */
export interface HeldOutSteps {
  /** what they have in common: sequences that decode, tokens of a context, or tokens of prompts */
  readonly by: keyof typeof AXES
  /** the least and the most of it */
  readonly from: number
  readonly to: number
  /** predicted / measured − 1, of each shape */
  readonly errors: readonly number[]
}

export interface StepFit {
  readonly steps: MeasuredSteps
  readonly heldOut: readonly HeldOutSteps[]
}

const TERM_NAMES = ['sequenceMs', 'contextMs', 'longestMs', 'pastMs', 'pairMs'] as const
/** Rows of a table are at least so many times those before, where they are many. */
const APART = 1.15

/** A group for each halving of the most, as it is the end that stays. */
const halvings = (value: number, most: number) => Math.floor(Math.log2(most / value))

/**
 * What shapes are left out by: neighbours of a shape have about as much of one of these, and are
 * left out with it.
 */
const AXES = {
  decodes: { amountOf: ({ decodes }: StepAmounts) => decodes, groupOf: (value: number) => value },
  context: {
    amountOf: ({ decodes, longest, promptTokens, promptPast }: StepAmounts) =>
      decodes > 0 ? longest : promptPast + promptTokens,
    groupOf: halvings,
  },
  prompt: { amountOf: ({ promptTokens }: StepAmounts) => promptTokens, groupOf: halvings },
} as const

/**
 * Fits a table by computed tokens and the terms of the law to medians of shapes, by least squares
 * of relative errors. No term is negative: one that would be is left out. Slow spells of the
 * machine are left out by the medians: they belong to its speed.
 *
 * Errors are those of shapes that are held out with all that are near them in one way. The least
 * and the most of each axis stay, as they could only be extrapolated: simulated steps with more
 * than was measured are extrapolated, too, and no error of them is known. So do steps without any
 * sequence that decodes, or without a prompt, which are steps of another kind.
 */
export function fitSteps(timed: readonly TimedStep[], runs: MeasuredSteps['runs']): StepFit {
  const shapes = medians(timed)
  const axes = Object.keys(AXES) as (keyof typeof AXES)[]
  const heldOut = axes.flatMap((by) => heldOutBy(by, shapes, runs))
  return { steps: fitted(shapes, runs), heldOut }
}

/** One group of an axis after the other, but the first and the last. */
function heldOutBy(
  by: keyof typeof AXES,
  shapes: readonly TimedStep[],
  runs: MeasuredSteps['runs'],
): HeldOutSteps[] {
  const { amountOf, groupOf } = AXES[by]
  const most = Math.max(...shapes.map(amountOf))
  const groups = new Map<number, TimedStep[]>()
  const rising = shapes.toSorted((a, b) => amountOf(a) - amountOf(b))
  for (const shape of rising.filter((each) => amountOf(each) > 0)) {
    const group = groupOf(amountOf(shape), most)
    groups.set(group, [...(groups.get(group) ?? []), shape])
  }
  return [...groups.values()].slice(1, -1).flatMap((own) => {
    const others = shapes.filter((shape) => !own.includes(shape))
    const law = fitted(others, runs)
    return {
      ...{ by, from: amountOf(own[0]!), to: amountOf(own.at(-1)!) },
      errors: own.map((shape) => timeOf(law, shape) / shape.ms - 1),
    }
  })
}

/** One for each shape. */
export function medians(timed: readonly TimedStep[]): TimedStep[] {
  const byShape = new Map<string, TimedStep[]>()
  for (const step of timed) {
    const { decodes, longest, prompts, promptTokens, promptPast } = step
    const key = [decodes, longest, prompts, promptTokens, promptPast].join(' ')
    byShape.set(key, [...(byShape.get(key) ?? []), step])
  }
  return [...byShape.values()].map((steps) => ({
    ...steps[0]!,
    ms: median(steps.map(({ ms }) => ms)),
  }))
}

function fitted(shapes: readonly TimedStep[], runs: MeasuredSteps['runs']): MeasuredSteps {
  const amounts = shapes.map((shape) => {
    return { ms: shape.ms, row: rowsOf(shape, runs), terms: stepTerms(shape, runs) }
  })
  const rows = tableRows(amounts.map(({ row }) => row))
  let names = TERM_NAMES.filter((name) => amounts.some(({ terms }) => terms[name] > 0))
  for (;;) {
    const equations = amounts.map(({ ms, row, terms }) => {
      const all = [...rowWeights(rows, row), ...names.map((name) => terms[name])]
      return all.map((term) => term / ms)
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
      return { ...NO_TERMS, ...ofTerms, runs, rows, ms }
    }
    if (names.length === 0) throw new Error('Expected steps of which a table can be made')
    // of terms that depend on each other the last one, which matters to few shapes
    const left = found === undefined ? names.length - 1 : values.indexOf(least)
    names = names.filter((_, i) => i !== left)
  }
}

const NO_TERMS = { sequenceMs: 0, contextMs: 0, longestMs: 0, pastMs: 0, pairMs: 0 } as const

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
