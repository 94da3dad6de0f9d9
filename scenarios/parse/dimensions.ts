import { describeValue } from './describe-value.ts'
import { partsBetween, splitOverride } from './option-values.ts'

/** A scenario value that a sweep changes, and what it is set to, as text. */
export interface Dimension {
  readonly path: string
  readonly values: readonly string[]
}

/** More configurations than this take days; a longer list is rather a mistake. */
export const MOST_CONFIGURATIONS = 1_000_000
/** More folders are not merged at once. */
export const MOST_SHARDS = 10_000

/**
 * `path=value` with several values: separated by commas outside brackets and quotes, or a range
 * `1..8`, `0.5..2:0.5`, whose ends are included. Values are counted before they are made. Returns
 * the reason where it is none.
 */
export function parseDimension(text: string): Dimension | string {
  const split = splitOverride(text)
  if (split === null) return `expected path=value, got ${describeValue(text)}`
  const parts: Part[] = []
  for (const text of partsBetween(split.value, ',', ['[{(', ')}]'])) {
    const part = partOf(text.trim())
    if (typeof part === 'string') return part
    parts.push(part)
  }
  const count = parts.reduce((sum, part) => sum + part.count, 0)
  if (count > MOST_CONFIGURATIONS) {
    const [most, got] = [MOST_CONFIGURATIONS, count].map((n) => n.toLocaleString('en-US'))
    return `expected at most ${most} values, got ${got}; name fewer values`
  }
  const shown = describeValue(split.value)
  const values = new Set<string>()
  for (const part of parts) {
    for (const value of part.values()) {
      if (value === '') return `expected values separated by commas, got ${shown}`
      if (values.has(value)) return `expected each value once, got ${describeValue(value)} twice`
      values.add(value)
    }
  }
  return { path: split.steps.join('.'), values: [...values] }
}

/** A single value, or the values of a range. */
interface Part {
  readonly count: number
  values(): Iterable<string>
}

/** A longer text is no range: three numbers are short. */
const LONGEST_RANGE = 100

/** Returns the reason where a range has no values. */
function partOf(text: string): Part | string {
  const form = /^(-?[\d.]+)\.\.(-?[\d.]+)(?::([\d.]+))?$/
  const range = text.length > LONGEST_RANGE ? null : form.exec(text)
  if (range === null) return { count: 1, values: () => [text] }
  const [from, to, step] = [Number(range[1]), Number(range[2]), Number(range[3] ?? 1)]
  if (![from, to, step].every(Number.isFinite) || step <= 0 || to < from) {
    return `expected a range such as 1..8 or 0.5..2:0.5, got ${describeValue(text)}`
  }
  // the rounding of the steps must not lose the last
  const steps = Math.floor((to - from) / step + 1e-9)
  const whole = [from, to, step].every(Number.isSafeInteger)
  // 0.1 + 2 * 0.1 is not 0.3
  const textOf = (value: number) => String(whole ? value : Number(value.toPrecision(12)))
  return {
    count: steps + 1,
    *values() {
      for (let i = 0; i <= steps; i++) yield textOf(from + i * step)
    },
  }
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
