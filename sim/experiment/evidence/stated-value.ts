import type { Width } from './step-law.ts'

/** Numbers as an imported scenario states them. */

/** With four digits. */
export const shortened = (value: number): number => Number(value.toPrecision(4))

/** Shares beyond which a width says nothing, and below which it is none. */
const MOST = 5
const LEAST = 0.001

/** The width of a value as `uncertain` has it: by the larger of both sides. */
export function widthText({ value, low, high }: Width): string {
  const factor = Math.max(high / value, low > 0 ? value / low : 2)
  const share = Math.min(MOST, Math.max(LEAST, factor - 1))
  return `± ${Number((100 * share).toPrecision(2))} %`
}

/** What `uncertain` names for the times of a law of which one mean is known. */
export const SPEED = 'speed of server'
/** Assumed: 95 % of these times are within this. */
export const SPEED_WIDTH = 0.25
