import { Failure } from '../failure.ts'
import { parseScenario } from '../parse/parse.ts'

/** The problems of a scenario's text, without file and position. */
export function problemsIn(text: string): readonly string[] {
  try {
    parseScenario(text, { file: 's.yaml' })
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return error.problems.map((problem) => problem.replace(/^\S+ /, ''))
  }
  return []
}
