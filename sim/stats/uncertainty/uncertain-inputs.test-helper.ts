import {
  lawOf,
  type UncertainInput,
  type UncertainLaw,
} from '../../../scenarios/schema/uncertain.ts'
import { drawnValue } from './law-quantile.ts'
import { scrambledSobol } from './sobol.ts'

/** An input with a stated value, and a width or range as in a scenario. */
export const input = (
  name: string,
  value: number,
  width: string | readonly number[],
): UncertainInput => ({
  name,
  model: null,
  value,
  whole: false,
  law: lawOf(width, value) as UncertainLaw,
})

/** Of each draw, the value of each input. */
export const drawn = (inputs: readonly UncertainInput[], draws: number) =>
  scrambledSobol(inputs.length, 0, draws, 1).map((point) =>
    point.map((u, i) => drawnValue(inputs[i]!, u)),
  )

/** Three inputs that Ishigami's function takes. */
export const ISHIGAMI = ['a', 'b', 'c'].map((name) => input(name, 0, [-Math.PI, Math.PI]))

/**
 * The function of T. Ishigami and T. Homma 1990, An importance quantification technique in
 * uncertainty analysis for computer models, with the usual factors 7 and 0.1.
 */
export const ishigami = ([a, b, c]: readonly number[]) =>
  Math.sin(a!) + 7 * Math.sin(b!) ** 2 + 0.1 * c! ** 4 * Math.sin(a!)

/** Its first-order and total indices, by their closed forms. */
export const ISHIGAMI_INDICES = (() => {
  const [of7, of01] = [7, 0.1]
  const alone = [0.5 * (1 + (of01 * Math.PI ** 4) / 5) ** 2, of7 ** 2 / 8, 0] as const
  const together = of01 ** 2 * Math.PI ** 8 * (1 / 18 - 1 / 50)
  const all = alone[0] + alone[1] + together
  return {
    first: alone.map((part) => part / all),
    total: [alone[0] + together, alone[1], together].map((part) => part / all),
  }
})()
