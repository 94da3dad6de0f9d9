import type { UncertainInput } from '../../../scenarios/schema/uncertain.ts'

/** Inputs of several systems that are drawn together. */
export interface CommonInputs {
  /** of all systems, each once */
  readonly inputs: readonly UncertainInput[]
  /** of each system, and of each of its inputs, the index in `inputs` */
  readonly places: readonly (readonly number[])[]
}

/**
 * Inputs of several systems, of which those that are the same unknown number are one. So a draw has
 * the same value in all systems, and what it does to all of them alike cancels in a comparison. A
 * number that a system states again with a law of its own is another unknown.
 */
export function commonInputs(each: readonly (readonly UncertainInput[])[]): CommonInputs {
  const inputs: UncertainInput[] = []
  const indices = new Map<string, number>()
  const places = each.map((ofSystem) =>
    ofSystem.map((input) => {
      const key = unknownText(input)
      const index = indices.get(key) ?? inputs.push(input) - 1
      indices.set(key, index)
      return index
    }),
  )
  return { inputs, places }
}

/**
 * What tells an unknown number from others. A part of a profile is one whatever a system calls it,
 * and of a model at another precision it is another. Times of another card, other measurements and
 * other laws have errors of their own, even where their widths are the same.
 */
function unknownText({ measured, ...input }: UncertainInput): string {
  const { name, value, law, whole, times, laws } = input
  if (measured !== undefined) return JSON.stringify([measured, law])
  return JSON.stringify([name, value, law, whole, times, laws])
}
