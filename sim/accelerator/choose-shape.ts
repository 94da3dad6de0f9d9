import { log } from '../kernel/index.ts'
import { type CrossValidation, crossValidate } from './cross-validation.ts'
import {
  fitRoofline,
  type MeasuredPass,
  predictPass,
  type RooflineFit,
  type RooflineShape,
} from './fit-roofline.ts'

/** Shapes of a roofline, from the fewest parameters to the most. */
export const SHAPES = Object.freeze({
  plain: { saturation: false, soft: false },
  saturating: { saturation: true, soft: false },
  soft: { saturation: false, soft: true },
}) satisfies Readonly<Record<string, RooflineShape>>
export type ShapeName = keyof typeof SHAPES
export const SHAPE_NAMES = Object.keys(SHAPES) as ShapeName[]

/** Up to this many cells, each is left out once; more are left out in so many groups. */
export const LEAVE_ONE_OUT = { most: 60, groups: 20 } as const

/** A shape fitted to all rows, and to parts of them. */
export interface ShapeTrial<T extends MeasuredPass = MeasuredPass> {
  readonly name: ShapeName
  /** to all rows */
  readonly fit: RooflineFit
  /** each cell, or group of cells, predicted from the others */
  readonly leftOut: CrossValidation<T>
  /** each half of the cells, which alternate as on a chessboard, predicted from the other */
  readonly halves: CrossValidation<T>
  /** mean absolute logarithmic error of the rows that were left out */
  readonly score: number
  /** standard error of the score */
  readonly standardError: number
}

/**
 * Fits a shape to rows and validates it. Rows of the same cell, such as repeated measurements of a
 * batch and length, are left out together.
 */
export function tryShape<T extends MeasuredPass>(
  name: ShapeName,
  rows: readonly T[],
): ShapeTrial<T> {
  const cells = cellsOf(rows)
  const shape = SHAPES[name]
  const fit = fitRoofline(rows, shape)
  const folds = cells.size <= LEAVE_ONE_OUT.most ? cells.size : LEAVE_ONE_OUT.groups
  const leftOut = crossValidate(rows, (row) => cells.get(cellOf(row))! % folds, {
    ...shape,
    folds,
    start: fit,
  })
  const halves = crossValidate(rows, halfOf(rows, cells), { ...shape, folds: 2, start: fit })
  const errors = leftOut.heldOut.map(({ row, predicted }) => Math.abs(log(predicted.ms / row.ms)))
  const score = mean(errors)
  const variance = mean(errors.map((error) => (error - score) ** 2))
  const standardError = Math.sqrt(variance / Math.max(1, errors.length - 1))
  return { name, fit, leftOut, halves, score, standardError }
}

/**
 * The simplest shape whose score is within one standard error of the best score (Breiman,
 * Friedman, Olshen and Stone 1984, section 3.4.3): a shape with more parameters must predict
 * better.
 */
export const chooseShape = <T extends MeasuredPass>(
  trials: readonly ShapeTrial<T>[],
): ShapeTrial<T> => equalShapes(trials)[0]!

/** All shapes within one standard error of the best score, the simplest first. */
export function equalShapes<T extends MeasuredPass>(
  trials: readonly ShapeTrial<T>[],
): readonly ShapeTrial<T>[] {
  const best = trials.reduce((a, b) => (b.score < a.score ? b : a))
  return trials.filter(({ score }) => score <= best.score + best.standardError)
}

/** The number of different cells of rows. */
export const cellCount = (rows: readonly Pick<MeasuredPass, 'at'>[]) => cellsOf(rows).size

/** The rows of each cell. */
export function rowsByCell<T extends Pick<MeasuredPass, 'at'>>(
  rows: readonly T[],
): readonly (readonly T[])[] {
  const cells = cellsOf(rows)
  const groups = Array.from(cells, (): T[] => [])
  for (const row of rows) groups[cells.get(cellOf(row))!]!.push(row)
  return groups
}

/** Cells with their numbers, in the order of the rows. */
function cellsOf(rows: readonly Pick<MeasuredPass, 'at'>[]): ReadonlyMap<string, number> {
  const cells = new Map<string, number>()
  for (const row of rows) {
    const cell = cellOf(row)
    if (!cells.has(cell)) cells.set(cell, cells.size)
  }
  return cells
}

const cellOf = ({ at }: Pick<MeasuredPass, 'at'>) => JSON.stringify(at)

/** Halves of the cells, both with rows: of cells on a diagonal, every other one. */
function halfOf(
  rows: readonly MeasuredPass[],
  cells: ReadonlyMap<string, number>,
): (row: MeasuredPass) => number {
  const half = chessboard(rows)
  const both = new Set(rows.map(half)).size === 2
  return both ? half : (row) => cells.get(cellOf(row))! % 2
}

/** Halves of a grid of cells, so that each cell's neighbours are in the other half. */
function chessboard(rows: readonly MeasuredPass[]): (row: MeasuredPass) => number {
  const dimensions = [...new Set(rows.flatMap(({ at }) => Object.keys(at)))]
  const ranks = dimensions.map((dimension) => {
    const values = [...new Set(rows.map(({ at }) => at[dimension] ?? 0))].sort((a, b) => a - b)
    return { dimension, ranks: new Map(values.map((value, rank) => [value, rank])) }
  })
  return ({ at }) =>
    ranks.reduce((sum, { dimension, ranks: of }) => sum + of.get(at[dimension] ?? 0)!, 0) % 2
}

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length

/** A parameter whose increase by a quarter changes no time by more than this is left open. */
const NOTICED = 0.01
const NUDGE = 1.25

/** Values of a roofline as numbers, for rows of one precision and one kind of kernels. */
export interface Efficiencies {
  readonly compute: number
  readonly memory: number
  readonly launchUs: number
  readonly halfTokens: number
  readonly sharpness: number
}

export function efficienciesOf(fit: RooflineFit): Efficiencies {
  return {
    compute: Object.values(fit.computeEfficiency)[0]!,
    memory: fit.memoryEfficiency,
    launchUs: Object.values(fit.launchUs)[0]!,
    halfTokens: fit.halfTokens,
    sharpness: fit.sharpness,
  }
}

/** Whether the rows leave a parameter open: a change of it changes hardly any of their times. */
export function isOpen(
  fit: RooflineFit,
  name: keyof Efficiencies,
  rows: readonly MeasuredPass[],
): boolean {
  const changed = withEfficiencies(fit, { [name]: efficienciesOf(fit)[name] / NUDGE })
  return rows.every((row) => {
    const change = log(predictPass(changed, row).ms / predictPass(fit, row).ms)
    return Math.abs(change) < NOTICED
  })
}

/** The fit with some of its parameters replaced, for all its precisions and kernels. */
export function withEfficiencies(fit: RooflineFit, by: Partial<Efficiencies>): RooflineFit {
  const all = (of: Readonly<Record<string, number>>, value: number | undefined) =>
    value === undefined ? of : Object.fromEntries(Object.keys(of).map((key) => [key, value]))
  return {
    ...fit,
    computeEfficiency: all(fit.computeEfficiency, by.compute),
    memoryEfficiency: by.memory ?? fit.memoryEfficiency,
    launchUs: all(fit.launchUs, by.launchUs),
    halfTokens: by.halfTokens ?? fit.halfTokens,
    sharpness: by.sharpness ?? fit.sharpness,
  }
}
