import { EXIT, Failure } from '../../../scenarios/light.ts'

/**
 * The refusal of a run that an executor cannot follow, as its KV cache has other blocks or other
 * prefixes than the control plane counts. `what`: how they differ, a clause.
 */
export function otherCache(what: string): Failure {
  const text = `the KV cache of an executor differs from the one that the control plane counts: ${what}`
  const remedy = 'please report this with the scenario; spillway simulate runs it without executors'
  return new Failure(`${text}. This is a fault of Spillway: ${remedy}`, EXIT.internal)
}
