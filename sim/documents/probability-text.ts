/** The fewest draws are 32: in none of these shows what happens in less than one of them. */
const MOST_KNOWN = 0.97

/** A probability over draws of uncertain inputs: "81 %", "over 97 %" */
export function probabilityText(p: number): string {
  if (p > MOST_KNOWN) return 'over 97 %'
  return p < 1 - MOST_KNOWN ? 'under 3 %' : `${Math.round(100 * p)} %`
}
