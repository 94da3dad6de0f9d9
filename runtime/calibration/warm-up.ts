import type { Fleet, Progress } from '../live/fleet.ts'
import {
  costByTokens,
  planShapes,
  type Shape,
  type ShapeCost,
  type ShapeGrid,
} from './shape-plan.ts'

export interface WarmUpTask {
  /** executors that run these shapes */
  readonly executors: readonly number[]
  readonly grid: ShapeGrid
  /** whether the memory of the executors has room for a batch */
  readonly fits?: (size: number, length: number) => boolean
  /** time for one pass over the shapes, ms */
  readonly budgetMs: number
}

export interface WarmedUp {
  /** the shapes that were run: those of the task, or fewer */
  readonly grid: ShapeGrid
  readonly cost: ShapeCost
}

/** Runs of the smallest and of the largest shape: the first one compiles, any one may stall. */
const TRIES = 2

/**
 * Runs every shape once on each executor, before anything is measured: kernels are compiled, and
 * arenas grow. Where a pass takes longer than the budget, fewer shapes are run.
 */
export async function warmUpShapes(
  fleet: Fleet,
  { executors, grid, fits = () => true, budgetMs }: WarmUpTask,
  onProgress: Progress = () => {},
): Promise<WarmedUp> {
  const shapesOf = ({ sizes, lengths }: ShapeGrid) =>
    sizes
      .flatMap((size) => lengths.map((length) => ({ size, length })))
      .filter(({ size, length }) => fits(size, length))
      .sort((a, b) => tokensOf(a) - tokensOf(b))
  const all = shapesOf(grid)
  const steps = doubling(all)
  const [smallest, largest] = [steps[0], steps.at(-1)]
  if (smallest === undefined || largest === undefined) return { grid, cost: () => 0 }
  const on = (executor: number) => (shape: Shape) => ({ ...shape, executor, gapMs: 0 })
  const tries = [smallest, ...steps, largest].map(on(executors[0]!))
  const usual = tries.length + executors.length * all.length
  const { rows } = await fleet.script(tries, (done) => onProgress(done, usual))
  const fastest = (runs: typeof rows) =>
    Math.min(...runs.map(({ started, ended }) => ended - started))
  const cost = costByTokens([smallest, largest], {
    smallestMs: fastest(rows.slice(0, TRIES)),
    largestMs: fastest(rows.slice(-TRIES)),
  })
  const planned = planShapes(grid, (...shape) => (fits(...shape) ? cost(...shape) : 0), budgetMs)
  const shapes = shapesOf(planned)
  const items = executors.flatMap((executor, i) => {
    const remaining = i > 0 ? shapes : shapes.filter((shape) => !steps.some(isSame(shape)))
    return remaining.map(on(executor))
  })
  await fleet.script(items, (done, of) => onProgress(tries.length + done, tries.length + of))
  return { grid: planned, cost }
}

const tokensOf = ({ size, length }: Shape) => size * length

const isSame = (a: Shape) => (b: Shape) => a.size === b.size && a.length === b.length

/**
 * The smallest of ascending shapes, those of at least twice the tokens of the one before, and the
 * largest. An arena grows as it does in ascending order: the largest shape alone would take less.
 */
function doubling(ascending: readonly Shape[]): Shape[] {
  const steps: Shape[] = []
  for (const shape of ascending) {
    const last = steps.at(-1)
    const doubled = last === undefined || tokensOf(shape) >= 2 * tokensOf(last)
    if (doubled || shape === ascending.at(-1)) steps.push(shape)
  }
  return steps
}
