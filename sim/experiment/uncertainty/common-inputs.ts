import type { UncertainInput } from '../../../scenarios/schema/uncertain.ts'

/** Inputs of several systems that are drawn together. */
export interface CommonInputs {
  /** of all systems, each once */
  readonly inputs: readonly UncertainInput[]
  /** of each system, and of each of its inputs, the index in `inputs` */
  readonly places: readonly (readonly number[])[]
}

/**
 * Inputs of several systems, of which those with the same name and law are one: they are the same
 * unknown number, so a draw has the same value in all systems, and what it does to all of them
 * alike cancels in a comparison. A number that a system states again with a law of its own is
 * another unknown.
 */
export function commonInputs(each: readonly (readonly UncertainInput[])[]): CommonInputs {
  const inputs: UncertainInput[] = []
  const indices = new Map<string, number>()
  const places = each.map((ofSystem) =>
    ofSystem.map((input) => {
      const { name, law, whole } = input
      const key = JSON.stringify([name, law, whole])
      const index = indices.get(key) ?? inputs.push(input) - 1
      indices.set(key, index)
      return index
    }),
  )
  return { inputs, places }
}
