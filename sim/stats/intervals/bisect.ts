/**
 * The ends of the interval that `halvings` bisections leave around the point where `isBelow` turns
 * false.
 */
export function bisect(
  [from, to]: readonly [number, number],
  halvings: number,
  isBelow: (value: number) => boolean,
): [low: number, high: number] {
  let low = from
  let high = to
  for (let i = 0; i < halvings; i++) {
    const middle = (low + high) / 2
    if (isBelow(middle)) low = middle
    else high = middle
  }
  return [low, high]
}
