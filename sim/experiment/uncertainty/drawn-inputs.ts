import type { UncertainInput } from '../../../scenarios/schema/uncertain.ts'
import { drawnValue, scrambledSobol } from '../../stats/index.ts'

/** What a configuration of a draw has in place of the stated values. */
export interface DrawnInputs {
  /** overrides `path=value` */
  readonly set: readonly string[]
  /** how many times as fast models are, by their names */
  readonly speeds: Readonly<Record<string, number>>
}

/** Draws `from` to `to` - 1 of all inputs: of each, the value of each input. */
export function drawInputs(
  inputs: readonly UncertainInput[],
  { from, to, seed }: { readonly from: number; readonly to: number; readonly seed: number },
): number[][] {
  const points = scrambledSobol(inputs.length, from, to, seed)
  return points.map((point) => point.map((u, i) => drawnValue(inputs[i]!, u)))
}

/**
 * Draws that configurations have in common: an input has the draws of its name, whichever further
 * inputs a configuration has. Where all have the same inputs, they are those of `drawInputs`.
 */
export class CommonDraws {
  readonly #names: readonly string[]
  readonly #seed: number
  readonly #points: number[][] = []

  /** `names`: of the inputs of all configurations */
  constructor(names: readonly string[], seed: number) {
    this.#names = names
    this.#seed = seed
  }

  /** The value of each input of a configuration in a draw, from 0. */
  values(inputs: readonly UncertainInput[], draw: number): number[] {
    const points = this.#points
    if (draw >= points.length) {
      points.push(...scrambledSobol(this.#names.length, points.length, draw + 1, this.#seed))
    }
    return inputs.map((input) => {
      return drawnValue(input, points[draw]![this.#names.indexOf(input.name)]!)
    })
  }
}

/** A draw as changes of the scenario. */
export function drawnInputs(
  inputs: readonly UncertainInput[],
  values: readonly number[],
): DrawnInputs {
  const drawn = inputs.map((input, i) => ({ ...input, drawn: values[i]! }))
  return {
    set: drawn.flatMap(({ model, name, drawn: value }) =>
      model === null ? [`${name}=${value}`] : [],
    ),
    speeds: Object.fromEntries(
      drawn.flatMap(({ model, drawn: value }) => (model === null ? [] : [[model, value]])),
    ),
  }
}
