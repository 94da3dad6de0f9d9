import {
  type ExecutorWork,
  type ObservedRun,
  type RunParts,
  withMutation,
} from '../../sim/experiment/index.ts'
import type { PoolPlan } from '../../sim/serving/index.ts'

/** Size and padded length of a batch. */
export interface Shape {
  readonly size: number
  readonly length: number
}

/** The data of the check that a mutant runs in. */
export interface MutantContext {
  /** work of each executor; there may be more of them than a run has */
  readonly work: readonly ExecutorWork[]
  /** batches of the rebuilt replay, or of the runs that a profile was recorded in */
  readonly shapes: readonly Shape[]
  /** the replay that a structure check rebuilds; null in predictions and what-ifs */
  readonly observed: ObservedRun | null
  /** other replays of the same requests */
  readonly others: readonly ObservedRun[]
}

/** A simulator with one fault. */
export interface Mutant {
  readonly name: string
  /** the fault in one line */
  readonly fault: string
  /** data that the mutant needs; it does not run in checks without them */
  readonly needs?: 'observed' | 'others'
  /** assumed work of the executor; speed fields are recorded with it, too */
  readonly work?: (work: ExecutorWork, shapes: readonly Shape[]) => ExecutorWork
  readonly change?: (parts: RunParts, context: MutantContext) => RunParts
  /** replaces methods; returns a function that restores them */
  readonly patch?: () => () => void
}

/** No fault: the reference for all mutants. */
export const TRUE_SIMULATOR: Mutant = Object.freeze({ name: 'none', fault: 'the true simulator' })

export function canRun(mutant: Mutant, context: MutantContext): boolean {
  if (mutant.needs === 'observed') return context.observed !== null
  return mutant.needs !== 'others' || context.others.length > 0
}

/**
 * Runs a check with a fault in every simulation of this thread; `run` must be synchronous. It
 * receives the work that the mutant assumes: speed fields must be recorded with it, since speed is
 * work over time. In simulations it is already applied.
 */
export function runMutated<T>(
  mutant: Mutant,
  context: MutantContext,
  run: (work: readonly ExecutorWork[]) => T,
): T {
  if (!canRun(mutant, context)) throw new Error(`Expected ${mutant.name} to be given what it needs`)
  const believe = mutant.work
  const work =
    believe === undefined
      ? context.work
      : context.work.map((actual) => believe(actual, context.shapes))
  const change = (parts: RunParts): RunParts => {
    const believed = believe === undefined ? parts : { ...parts, hardware: hardwareOf(parts, work) }
    return mutant.change?.(believed, { ...context, work }) ?? believed
  }
  const restore = mutant.patch?.()
  try {
    return withMutation(change, () => run(work))
  } finally {
    restore?.()
  }
}

function hardwareOf({ hardware }: RunParts, work: readonly ExecutorWork[]): RunParts['hardware'] {
  return hardware.map((machine, executor) => {
    const believed = work[executor]
    if (believed === undefined) throw new Error(`Expected the work of executor ${executor}`)
    return { ...machine, work: { of: believed.work }, wake: believed.wake }
  })
}

/** The same run with other pools. */
export function withPools(parts: RunParts, change: (pool: PoolPlan) => PoolPlan): RunParts {
  return { ...parts, plan: { ...parts.plan, pools: parts.plan.pools.map(change) } }
}

type Methods<T> = { readonly [K in keyof T]?: (original: T[K]) => T[K] }

/**
 * Replaces methods of a class and returns a function that restores them. For faults inside a class
 * that has no switch for them, and must not get one.
 */
export function replaceMethods<T extends object>(prototype: T, by: Methods<T>): () => void {
  const names = Object.keys(by) as (keyof T)[]
  const before = names.map(
    (name) => [name, Object.getOwnPropertyDescriptor(prototype, name)!] as const,
  )
  for (const [name, method] of before) {
    Object.defineProperty(prototype, name, { ...method, value: by[name]!(prototype[name]) })
  }
  return () => {
    for (const [name, method] of before) Object.defineProperty(prototype, name, method)
  }
}
