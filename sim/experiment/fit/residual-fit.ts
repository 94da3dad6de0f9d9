import { mean, median } from 'simple-statistics'
import { patternSearch } from '../../accelerator/index.ts'
import { exp, log } from '../../kernel/index.ts'
import type { SpreadCell } from './residual-cells.ts'
import { type Figure, type FittedResidual, figureOf } from './residual-figures.ts'

/** Residuals from the fewest parameters to the most. */
const RESIDUAL_SHAPES = ['even', 'jitter', 'slow'] as const
type ResidualShape = (typeof RESIDUAL_SHAPES)[number]

/** A ratio of two figures of a cell that was predicted from other cells. */
export interface HeldOutRatio {
  readonly cell: SpreadCell
  /** the highest percentile, and the lowest one or else the mean */
  readonly high: Figure
  readonly low: Figure
  readonly measured: number
  readonly predicted: number
  /** predicted over measured, less 1 */
  readonly error: number
}

export interface ResidualTrial {
  readonly shape: ResidualShape
  /** to all cells */
  readonly fit: FittedResidual
  /** each half of the cells, which alternate, predicted from the other */
  readonly heldOut: readonly HeldOutRatio[]
  /**
   * mean absolute logarithmic error of these ratios, or of runs the mean of -log likelihood; and
   * its standard error
   */
  readonly score: number
  readonly standardError: number
}

/** Figures from which three values follow: the cell has a size of its own. */
const FIGURES_OF_SLOW = 4

/** Fits every shape that the cells determine; several have to be given. */
export function tryResiduals(cells: readonly SpreadCell[]): readonly ResidualTrial[] {
  const ofRuns = cells.every(({ logs }) => logs !== undefined)
  const determined = ofRuns || cells.every(({ figures }) => figures.size >= FIGURES_OF_SLOW)
  const shapes = RESIDUAL_SHAPES.filter((shape) =>
    // runs without any scatter have no likelihood
    shape === 'slow' ? determined : shape !== 'even' || !ofRuns,
  )
  return shapes.map((shape) => {
    const halves = [0, 1].map((half) => cells.filter((_, i) => i % 2 === half))
    const fits = halves.map((half) => fitResidual(half, shape))
    const heldOut = halves.flatMap((half, i) => half.map((cell) => ratioOf(cell, fits[1 - i]!)))
    const errors = ofRuns
      ? halves.flatMap((half, i) => half.flatMap(({ logs }) => surprises(logs!, fits[1 - i]!)))
      : heldOut.map(({ measured, predicted }) => Math.abs(log(predicted / measured)))
    const score = mean(errors)
    const variance = mean(errors.map((error) => (error - score) ** 2))
    const standardError = Math.sqrt(variance / Math.max(1, errors.length - 1))
    return { shape, fit: fitResidual(cells, shape), heldOut, score, standardError }
  })
}

/** The simplest shape whose error is within one standard error of the least. */
export function chooseResidual(trials: readonly ResidualTrial[]): ResidualTrial {
  const best = trials.reduce((a, b) => (b.score < a.score ? b : a))
  return trials.find(({ score }) => score <= best.score + best.standardError)!
}

/** The ratio that matters for a tail, as measured and by a residual. */
function ratioOf(cell: SpreadCell, fit: FittedResidual): HeldOutRatio {
  const names = [...cell.figures.keys()]
  const percentiles = names.filter((name) => name !== 'mean')
  const high = percentiles.at(-1)!
  const low = percentiles.length > 1 ? percentiles[0]! : 'mean'
  const measured = cell.figures.get(high)! / cell.figures.get(low)!
  const predicted = figureOf(fit, high) / figureOf(fit, low)
  return { cell, high, low, measured, predicted, error: predicted / measured - 1 }
}

export function residualErrors(heldOut: readonly HeldOutRatio[]) {
  const errors = heldOut.map(({ error }) => error)
  return {
    rows: errors.length,
    median: median(errors.map(Math.abs)),
    bias: median(errors),
    worst: errors.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a)),
  }
}

const FACTORS = [3, 1.5, 1.15, 1.05, 1.01]
const SHARES = [0.002, 0.02, 0.1]
const EXTRAS = [0.3, 3]

/** -log likelihood of each run, without a constant. */
function surprises(logs: readonly number[], { cv, slow }: FittedResidual): number[] {
  const variance = log(1 + cv * cv)
  const { share, factor } = slow ?? { share: 0, factor: 1 }
  const later = log(factor)
  const middle = -log(1 + share * (factor - 1)) - variance / 2
  const density = (off: number) => exp((-off * off) / (2 * variance))
  return logs.map((value) => {
    const off = value - middle
    const likely = (1 - share) * density(off) + share * density(off - later)
    return log(variance) / 2 - log(Math.max(likely, LEAST_DENSITY))
  })
}

/** Of a run that a residual all but excludes: it must not decide alone. */
const LEAST_DENSITY = 1e-12

/**
 * The residual with the least squares of logarithms, where each cell has a size of its own; of
 * runs, the most likely one.
 */
export function fitResidual(cells: readonly SpreadCell[], shape: ResidualShape): FittedResidual {
  if (shape === 'even') return { cv: 0, slow: null }
  const names = [...new Set(cells.flatMap(({ figures }) => [...figures.keys()]))]
  const misfit = (residual: FittedResidual) => {
    const model = new Map(names.map((name) => [name, log(figureOf(residual, name))]))
    let sum = 0
    for (const { figures, logs } of cells) {
      if (logs !== undefined) {
        sum += mean(surprises(logs, residual))
        continue
      }
      const off = [...figures].map(([name, value]) => log(value) - model.get(name)!)
      const size = mean(off)
      sum += mean(off.map((error) => (error - size) ** 2))
    }
    return sum
  }
  const jitter = patternSearch<FittedResidual>({ cv: 0.05, slow: null }, misfit, {
    moves: [scaleCv],
    factors: FACTORS,
  })
  if (shape === 'jitter') return jitter.best
  const fits = SHARES.flatMap((share) =>
    EXTRAS.map((extra) => {
      const start = { cv: jitter.best.cv / 2, slow: { share, factor: 1 + extra } }
      const moves = [scaleCv, scaleShare, scaleFactor]
      return patternSearch<FittedResidual>(start, misfit, { moves, factors: FACTORS })
    }),
  )
  return fits.reduce((a, b) => (b.misfit < a.misfit ? b : a)).best
}

const within = (value: number, [least, most]: readonly [number, number]) =>
  Math.min(most, Math.max(least, value))

const scaleCv = (residual: FittedResidual, by: number): FittedResidual => ({
  ...residual,
  cv: within(residual.cv * by, [1e-4, 10]),
})

function scaleShare({ cv, slow }: FittedResidual, by: number): FittedResidual {
  return { cv, slow: { ...slow!, share: within(slow!.share * by, [1e-5, 0.5]) } }
}

function scaleFactor({ cv, slow }: FittedResidual, by: number): FittedResidual {
  return { cv, slow: { ...slow!, factor: within(1 + (slow!.factor - 1) * by, [1.001, 1000]) } }
}
