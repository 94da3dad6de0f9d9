/** The interval left by bisections of one in which `isBelow` turns from true to false. */
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
