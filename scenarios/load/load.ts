import { dirname } from 'node:path'
import type { PlacedProblem } from '../parse/located.ts'
import { type ParsedScenario, type ParseOptions, validateTree } from '../parse/parse.ts'
import { readExtended } from './extend.ts'

export interface LoadedScenario extends ParsedScenario {
  /** relative paths of the scenario start here */
  readonly directory: string
}

/**
 * Reads a scenario with all files that it extends, applies overrides and validates the result.
 * Throws `Failure` with every problem found, in the order of the text.
 */
export async function loadScenario(
  path: string,
  options: ParseOptions = {},
): Promise<LoadedScenario> {
  const placed: PlacedProblem[] = []
  const whole = await readExtended(path, placed)
  return { ...validateTree(whole, placed, { ...options, file: path }), directory: dirname(path) }
}
