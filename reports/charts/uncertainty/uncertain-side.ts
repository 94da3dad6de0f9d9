import type { Uncertainty } from '../../../sim/documents/index.ts'
import type { Sides } from '../frame.ts'
import { textWidth } from '../text-width.ts'
import { LABEL_SIZE } from '../theme.ts'

/** What charts of uncertain inputs have in common. */

/** Space beside a plot without an axis at its left. */
const BESIDE = 44

export const wholeWidth = (width: number) => width - BESIDE

/** The side that has uncertain inputs; null where none has. */
export function uncertainSide(
  sides: Sides,
): { readonly sides: Sides; readonly uncertainty: Uncertainty } | null {
  for (const side of sides) {
    const { uncertainty } = side.result
    if (uncertainty !== undefined) return { sides: [side], uncertainty }
  }
  return null
}

/** Longest name of an input in a title. */
const LONGEST = 26

/** The end of a name, which tells inputs apart: "…surges.0.factor". */
export function cutInput(name: string, longest = LONGEST): string {
  if (name.length <= longest) return name
  const end = name.slice(name.length - longest + 1)
  const step = end.indexOf('.')
  return `…${step < 0 ? end : end.slice(step + 1)}`
}

/** A name that has room beside a text at the right of the plot. */
export function fitting(name: string, text: string, wide: number): string {
  const room = wide - textWidth(text, LABEL_SIZE) - 12
  let shown = name
  while (textWidth(shown, LABEL_SIZE) > room && shown.length > 8) {
    shown = cutInput(name, shown.length - 2)
  }
  return shown
}
