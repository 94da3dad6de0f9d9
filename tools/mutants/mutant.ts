import {
  type ExecutorWork,
  type ObservedRun,
  type RunParts,
  withMutation,
} from '../../sim/experiment/index.ts'

/** Size and padded length of a batch. */
export interface Shape {
  readonly size: number
  readonly length: number
}

/** What a mutant may know of the check that it runs in. */
export interface MutantContext {
  /** what is known of each executor; there may be more of them than a run has */
  readonly work: readonly ExecutorWork[]
  /** batches of the replay that is rebuilt, or of the runs that a profile was recorded in */
  readonly shapes: readonly Shape[]
  /** the replay that a structure check rebuilds; null in predictions and what-ifs */
  readonly observed: ObservedRun | null
  /** other replays of the same requests */
  readonly others: readonly ObservedRun[]
}

/** A simulator with one fault. */
export interface Mutant {
  readonly name: string
  /** what is wrong, in one line */
  readonly fault: string
  /** it cannot run in a check that has no such thing */
  readonly needs?: 'observed' | 'others'
  /** the executor that its user believes in, who records speed fields by it too */
  readonly work?: (work: ExecutorWork, shapes: readonly Shape[]) => ExecutorWork
  readonly change?: (parts: RunParts, context: MutantContext) => RunParts
  /** replaces methods; returns what puts them back */
  readonly patch?: () => () => void
}

/** No fault: what every mutant is measured beside. */
export const TRUE_SIMULATOR: Mutant = Object.freeze({ name: 'none', fault: 'the true simulator' })

export function canRun(mutant: Mutant, context: MutantContext): boolean {
  if (mutant.needs === 'observed') return context.observed !== null
  return mutant.needs !== 'others' || context.others.length > 0
}

/**
 * Runs a check with a fault in every simulated world of this thread; `run` must be synchronous.
 * It gets the executors that the mutant believes in: speed fields must be recorded by them, since
 * speed is work over time. In the worlds themselves they stand already.
 */
export function runMutated<T>(
  mutant: Mutant,
  context: MutantContext,
  run: (work: readonly ExecutorWork[]) => T,
): T {
  if (!canRun(mutant, context)) throw new Error(`Expected ${mutant.name} to be given what it needs`)
  const believe = mutant.work
  const work =
    believe === undefined ? context.work : context.work.map((one) => believe(one, context.shapes))
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
  return hardware.map((one, executor) => {
    const believed = work[executor]
    if (believed === undefined) throw new Error(`Expected the work of executor ${executor}`)
    return { ...one, work: { of: believed.work }, wake: believed.wake }
  })
}
