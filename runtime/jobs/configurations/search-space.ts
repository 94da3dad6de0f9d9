import {
  type Dimension,
  EXIT,
  Failure,
  gridSize,
  MOST_CONFIGURATIONS,
  parseDimension,
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
    if (typeof parsed === 'string') problems.push(`--set ${text}: ${parsed}`)
    else if (dimensions.some(({ path }) => path === parsed.path)) {
      problems.push(`--set ${text}: ${parsed.path} has its values twice; give one list of them`)
    } else if (parsed.values.length > 1) dimensions.push(parsed)
    else set.push(text)
  }
  if (problems.length > 0) throw new Failure(problems, EXIT.usage)
  const size = gridSize(dimensions)
  if (size <= MOST_CONFIGURATIONS) return { set, dimensions }
  const most = MOST_CONFIGURATIONS.toLocaleString('en-US')
  throw new Failure(
    `--set: ${size.toLocaleString('en-US')} configurations, at most ${most}; name fewer values`,
    EXIT.usage,
  )
}
