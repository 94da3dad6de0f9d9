import { scenarioSchema } from '../schema/schema.ts'
import { isMap, schemaAt } from '../schema/schema-walk.ts'
import { explain, valueAt } from './explain.ts'
import type { Path, Problem } from './located.ts'
import { numberOf } from './uncertain-numbers.ts'

const IN_PLACE =
  'a number that is not known is written 12 ± 10 %, 12 ± 2 (a width above 0) or [10, 14] (the ' +
  'lower end first)'
const IN_MAP = 'a width is written ± 10 %, ± 2 or [10, 14]'

/** The schema's complaints about a scenario, with the forms of widths where one was meant. */
export function scenarioProblems(scenario: unknown): Problem[] {
  return explain(scenarioSchema, scenario).map((problem) => {
    const forms = problem.at === 'value' ? formsFor(problem.path, scenario) : null
    return forms === null ? problem : { ...problem, text: `${problem.text}; ${forms}` }
  })
}

function formsFor(path: Path, scenario: unknown): string | null {
  if (path[0] === 'uncertain') {
    return path.length > 1 && !isMap(valueAt(scenario, path.slice(0, 2))) ? IN_MAP : null
  }
  if (!isMeantAsWidth(valueAt(scenario, path))) return null
  const schema = schemaAt(scenarioSchema, path, scenario)
  return schema !== null && numberOf(schema) !== null ? IN_PLACE : null
}

/** `12 ± ten`, `12 +/-`, `10 .. 14`, `10-14`, `10 to 14` */
const MEANT = /±|\+\s?\/?-|^[+-]?[\d.]+(?:e[+-]?\d+)?\s?(?:\.\.|…|–|—|-|to\b)/i
/** Longer texts are none. */
const LONGEST = 100

function isMeantAsWidth(value: unknown): boolean {
  if (Array.isArray(value)) return true
  return typeof value === 'string' && value.length <= LONGEST && MEANT.test(value)
}
