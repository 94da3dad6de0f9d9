import { median } from 'simple-statistics'
import type { Ms } from '../../sim/serving/index.ts'
import { leastSquares } from '../../sim/stats/index.ts'
import {
  type MeasuredSteps,
  measuredSteps,
  type StepAmounts,
  stepTerms,
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

type TermName = keyof ReturnType<typeof stepTerms>
const TERM_NAMES: readonly TermName[] = ['contextMs', 'promptMs', 'promptTokenMs', 'promptPairMs']

/** Parts into which shapes are divided, each of which the others predict. */
const PARTS = 5

/**
 * Fits a table by the number of sequences and the terms of the law to medians of shapes, by least
 * squares of relative errors. No time is negative: a term that would be is left out. Slow spells of
 * the machine are left out by the medians: they belong to its speed.
 */
export function fitSteps(timed: readonly TimedStep[]): StepFit {
  const shapes = medians(timed)
  const errors = shapes.map((shape, i) => {
    const others = shapes.filter((_, j) => j % PARTS !== i % PARTS)
    return predicted(fitted(others), shape) / shape.ms - 1
  })
  return { steps: fitted(shapes), errors }
}

const predicted = (steps: MeasuredSteps, shape: StepAmounts): Ms =>
  measuredSteps(steps).stepMs({
    decodes: shape.decodes,
    prefills: shape.promptTokens > 0 ? 1 : 0,
    prefillTokens: shape.promptTokens,
    context: shape.decodes * (shape.longest - 1),
    // the law counts the token that the step computes
    longest: shape.longest - 1,
    promptTokens: shape.promptTokens,
    promptPast: shape.promptPast,
  })

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
  const counts = [...new Set(shapes.map(({ decodes }) => decodes))].sort((a, b) => a - b)
  let names = TERM_NAMES.filter((name) => shapes.some((shape) => stepTerms(shape)[name] > 0))
  for (;;) {
    const rows = shapes.map((shape) => {
      const terms = stepTerms(shape)
      const own = counts.map((count) => (count === shape.decodes ? 1 : 0))
      return [...own, ...names.map((name) => terms[name])].map((term) => term / shape.ms)
    })
    const scales = rows[0]!.map((_, i) => Math.hypot(...rows.map((row) => row[i]!)) || 1)
    const fit = leastSquares(rows.map((row) => row.map((term, i) => term / scales[i]!)))
    const found = fit?.coefficients(shapes.map(() => 1)).map((value, i) => value / scales[i]!)
    const values = found?.slice(counts.length) ?? []
    const least = Math.min(0, ...values)
    if (found !== undefined && least >= 0) {
      const ofTerms = Object.fromEntries(names.map((name, i) => [name, values[i]!]))
      return {
        ...NO_TERMS,
        ...ofTerms,
        counts,
        ms: found.slice(0, counts.length).map((ms) => Math.max(0, ms)),
      }
    }
    // of terms that depend on each other the last one, which matters to few shapes
    const left = found === undefined ? names.length - 1 : values.indexOf(least)
    if (names.length === 0) throw new Error('Expected steps of which a table can be made')
    names = names.filter((_, i) => i !== left)
  }
}

const NO_TERMS = { contextMs: 0, promptMs: 0, promptTokenMs: 0, promptPairMs: 0 } as const
