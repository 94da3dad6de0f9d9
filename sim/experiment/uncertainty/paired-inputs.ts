import type { UncertainInput } from '../../../scenarios/schema/uncertain.ts'

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
 * Inputs that both scenarios state with the same name and law are one: each draw gives it the same
 * value on both sides, so what it does to both cancels in their comparison. Any other is drawn on
 * its side alone. Those of the head are first, so its draws are those of the head simulated alone.
 */
export function pairedInputs(
  base: readonly UncertainInput[],
  head: readonly UncertainInput[],
): PairedInputs {
  const keysOfHead = head.map(keyOf)
  const ofBase = base.filter((input) => !keysOfHead.includes(keyOf(input)))
  const keysOfBase = base.map(keyOf)
  const inputs = [...head, ...ofBase]
  const keys = inputs.map(keyOf)
  return {
    inputs,
    sides: inputs.map((_, i) => {
      if (i >= head.length) return 'base'
      return keysOfBase.includes(keys[i]!) ? 'both' : 'head'
    }),
    base: keysOfBase.map((key) => keys.indexOf(key)),
    head: head.map((_, i) => i),
  }
}

const keyOf = ({ name, law, whole }: UncertainInput) => JSON.stringify([name, law, whole])
