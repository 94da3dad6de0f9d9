import {
  type Dimension,
  EXIT,
  Failure,
  gridSize,
  MOST_CONFIGURATIONS,
  parseDimension,
  shortened,
} from '../../../scenarios/light.ts'

export interface SearchSpace {
  /** overrides `path=value` of every configuration */
  readonly set: readonly string[]
  /** values that are changed, with two or more values each */
  readonly dimensions: readonly Dimension[]
}

/**
 * The texts of `--set path=values`: one with a single value holds for all configurations. Throws
 * `Failure` where one cannot be read, or where there are too many configurations.
 */
export function searchSpace(texts: readonly string[]): SearchSpace {
  const set: string[] = []
  const dimensions: Dimension[] = []
  const problems: string[] = []
  for (const text of texts) {
    const parsed = parseDimension(text)
    if (typeof parsed === 'string') problems.push(`--set ${shortened(text)}: ${parsed}`)
    else if (dimensions.some(({ path }) => path === parsed.path)) {
      const twice = `${shortened(parsed.path)} has its values twice; give one list of them`
      problems.push(`--set ${shortened(text)}: ${twice}`)
    } else if (parsed.values.length > 1) dimensions.push(parsed)
    else set.push(text)
    // the values of those that follow would be made in vain
    if (gridSize(dimensions) > MOST_CONFIGURATIONS) break
  }
  const size = gridSize(dimensions)
  if (size > MOST_CONFIGURATIONS) {
    const [actual, most] = [size, MOST_CONFIGURATIONS].map((n) => n.toLocaleString('en-US'))
    problems.push(`--set: ${actual} configurations, at most ${most}; name fewer values`)
  }
  if (problems.length > 0) throw new Failure(problems, EXIT.usage)
  return { set, dimensions }
}
