import type { UncertainInput } from '../../../scenarios/schema/uncertain.ts'
import { commonInputs } from './common-inputs.ts'

/** The inputs of two scenarios that are compared, each once. */
export interface PairedInputs {
  readonly inputs: readonly UncertainInput[]
  /** of each, which scenario states it */
  readonly sides: readonly ('both' | 'base' | 'head')[]
  /** of each input of the base, its place among all */
  readonly base: readonly number[]
  /** of each input of the head, its place among all */
  readonly head: readonly number[]
}

/**
 * Inputs of both scenarios that are the same unknown number are one: each draw gives it the same
 * value on both sides, so what it does to both cancels in their comparison. Any other is drawn on
 * its side alone. Those of the head are first, so its draws are those of the head simulated alone.
 */
export function pairedInputs(
  base: readonly UncertainInput[],
  head: readonly UncertainInput[],
): PairedInputs {
  const { inputs, places } = commonInputs([head, base])
  const ofHead = places[0]!
  const ofBase = places[1]!
  return {
    inputs,
    sides: inputs.map((_, i) => {
      if (!ofHead.includes(i)) return 'base'
      return ofBase.includes(i) ? 'both' : 'head'
    }),
    base: ofBase,
    head: ofHead,
  }
}
