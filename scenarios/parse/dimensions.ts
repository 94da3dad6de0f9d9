import { describeValue } from './describe-value.ts'
import { splitOverride } from './option-values.ts'

/** A scenario value that a sweep changes, and what it is set to, as text. */
export interface Dimension {
  readonly path: string
  readonly values: readonly string[]
}

/** More configurations than this take days; a longer list is rather a mistake. */
export const MOST_CONFIGURATIONS = 1_000_000

/**
 * `path=value` with several values: separated by commas outside brackets and quotes, or a range
 * `1..8`, `0.5..2:0.5`, whose ends are included. Returns the reason where it is none.
 */
export function parseDimension(text: string): Dimension | string {
  const split = splitOverride(text)
  if (split === null) return `expected path=value, got ${describeValue(text)}`
  const values: string[] = []
  for (const part of topLevelParts(split.value)) {
    const range = /^\s*(-?[\d.]+)\.\.(-?[\d.]+)(?::([\d.]+))?\s*$/.exec(part)
    if (range === null) {
      values.push(part.trim())
      continue
    }
    const [from, to, step] = [Number(range[1]), Number(range[2]), Number(range[3] ?? 1)]
    if (![from, to, step].every(Number.isFinite) || step <= 0 || to < from) {
      return `expected a range such as 1..8 or 0.5..2:0.5, got ${describeValue(part.trim())}`
    }
    // the rounding of the steps must not lose the last
    const steps = Math.floor((to - from) / step + 1e-9)
    if (steps >= MOST_CONFIGURATIONS) return `expected fewer values, got ${part.trim()}`
    for (let i = 0; i <= steps; i++) values.push(String(Number((from + i * step).toPrecision(12))))
  }
  const empty = values.some((value) => value === '')
  if (empty) return `expected values separated by commas, got ${describeValue(split.value)}`
  const twice = values.find((value, i) => values.indexOf(value) < i)
  if (twice !== undefined) return `expected each value once, got ${describeValue(twice)} twice`
  return { path: split.steps.join('.'), values }
}

/** The parts between commas that stand in no bracket and no quote. */
function topLevelParts(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let quote: string | null = null
  let begin = 0
  for (const [i, char] of [...text].entries()) {
    if (quote !== null) quote = char === quote ? null : quote
    else if (char === '"' || char === "'") quote = char
    else if ('[{('.includes(char)) depth++
    else if (')}]'.includes(char)) depth--
    else if (char === ',' && depth === 0) {
      parts.push([...text].slice(begin, i).join(''))
      begin = i + 1
    }
  }
  return [...parts, [...text].slice(begin).join('')]
}

/** How many configurations a grid has. */
export function gridSize(dimensions: readonly Dimension[]): number {
  return dimensions.reduce((size, { values }) => size * values.length, 1)
}

/** The overrides `path=value` of one configuration of a grid; the last dimension changes first. */
export function gridPoint(dimensions: readonly Dimension[], index: number): string[] {
  let rest = index
  const chosen = [...dimensions].reverse().map(({ path, values }) => {
    const value = values[rest % values.length]!
    rest = Math.floor(rest / values.length)
    return `${path}=${value}`
  })
  return chosen.reverse()
}
