import type { ActivationPlan, ActivationStep } from '../../sim/memory/index.ts'
import type { ModelFile } from '../models/index.ts'
import type { ArenaLog, ArenaRun } from './arena-log.ts'
import { BufferWalk, type TakenBuffer, Unfit } from './buffer-walk.ts'
import { BytesFit } from './fit-bytes.ts'

/** The plan, or the reason why no plan fits. */
export type FoundPlan = { readonly plan: ActivationPlan } | { readonly problem: string }

/**
 * The activation plan of a model, from profiles of several shapes without a memory pattern. Memory
 * that a kernel allocates and frees while it runs is not in the profile.
 */
export function fitPlan(
  { graph, reserved, runs }: ArenaLog,
  { inputs, bytes }: Pick<ModelFile, 'inputs' | 'bytes'>,
): FoundPlan {
  if (graph === null) throw new Error('Expected a log with the graph')
  const names = runs.map(({ nodes }) => nodes.map(({ name }) => name).join())
  if (names.some((name) => name !== names[0]))
    return { problem: 'not every shape runs the same nodes' }
  try {
    const fit = new BytesFit(runs.map(({ shape }) => shape))
    const steps = new BufferWalk(graph, runs).steps(reserved).map((step): ActivationStep => {
      if (typeof step === 'number') return { free: step }
      const take = fit.of(step.bytes)
      if (take === null) throw new Unfit(unfitText(step, runs))
      return { take, kind: step.output ? 'output' : 'activation' }
    })
    const dimensions = inputs.map(({ shape }) => [...shape])
    const apartBytes = weightsApart(bytes, reserved)
    return { plan: { weights: [...reserved], apartBytes, steps, inputs: dimensions } }
  } catch (error) {
    if (error instanceof Unfit) return { problem: error.message }
    throw error
  }
}

/** Bytes of a model's file outside the arena: weights that no kernel packs, as of embeddings. */
export function weightsApart(fileBytes: number, reserved: readonly number[]): number {
  return reserved.reduce((left, bytes) => Math.max(0, left - bytes), fileBytes)
}

function unfitText({ by, bytes }: TakenBuffer, runs: readonly ArenaRun[]): string {
  const sizes = runs.map(({ shape: [b, l] }, i) => `${bytes[i]} at ${b} x ${l}`)
  const text = `no polynomial of batch and length gives the bytes that ${by} takes`
  return `${text}; try a larger pad_to: ${sizes.join(', ')}`
}
