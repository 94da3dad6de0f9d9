import type { Pool, Scenario } from '../../scenarios/index.ts'
import { hasSwappableModel } from '../../sim/experiment/index.ts'
import { executionProviders, type ModelFile } from '../models/index.ts'
import type { Shape } from './arena-log.ts'
import { type FoundPlan, fitPlan } from './fit-plan.ts'
import { observeArena } from './observe-arena.ts'

/** Whether ONNX Runtime logs the arenas of a pool: it does so on cpu. */
export function hasObservedArena({ memory, execution_provider: provider }: Pool): boolean {
  return memory?.allocator === 'bfc' && executionProviders[provider].observed
}

/** Whether arenas of the pool last for the whole replay, and so can be observed. */
export function hasLastingArena(scenario: Scenario, pool: Pool): boolean {
  return hasObservedArena(pool) && !hasSwappableModel(scenario, pool)
}

export interface MemoryTask {
  readonly file: ModelFile
  readonly threads: number
  readonly maxBatch: number
  /** of requests; batches are padded to multiples of `padTo` */
  readonly lengths: { readonly min: number; readonly max: number }
  readonly padTo: number
}

/** Batch sizes, each with one of four lengths. */
const PAIRS: readonly Shape[] = [
  [1, 0],
  [2, 1],
  [3, 2],
  [5, 0],
  [7, 1],
  [3, 3],
  [2, 2],
  [1, 3],
]

/** Shapes that distinguish the terms of sizes, and the largest shape of the traffic as a check. */
export function profiledShapes({ file, maxBatch, lengths, padTo }: MemoryTask): Shape[] {
  const free = (dimension: 'batch' | 'length') =>
    file.inputs.some(({ shape }) => shape.includes(dimension))
  const most = Math.ceil(lengths.max / padTo)
  // if all requests are about as long, use shorter lengths: the model may reject longer ones
  const least = Math.max(1, Math.min(Math.ceil(lengths.min / padTo), most - 3))
  const shapeOf = (batch: number, units: number): Shape => [
    free('batch') ? batch : 1,
    padTo * (free('length') ? units : most),
  ]
  const step = (most - least) / 3
  const units = [0, 1, 2, 3].map((i) => {
    const above = i === 0 ? least - 1 : least + Math.round(step * (i - 1))
    return withoutFactors(above, least + Math.round(step * i))
  })
  const shapes = PAIRS.map(([batch, i]) => shapeOf(batch, units[i]!))
  return [...shapes, shapeOf(maxBatch, most)]
}

/** The largest number up to `most` without a factor of 2, 3 or 5, to show rounding; or `most`. */
function withoutFactors(above: number, most: number): number {
  for (let units = most; units > above; units--) {
    if (units % 2 !== 0 && units % 3 !== 0 && units % 5 !== 0) return units
  }
  return most
}

/** Runs a model on cpu in some shapes and returns the activation plan, or why it is unknown. */
export async function memoryPlan(task: MemoryTask, signal: AbortSignal): Promise<FoundPlan> {
  const { file, threads } = task
  const session = { executionProvider: 'cpu', threads, memoryPattern: false } as const
  const log = await observeArena(
    { file, session, runs: profiledShapes(task) },
    { signal, graph: true },
  )
  return fitPlan(log, file)
}
