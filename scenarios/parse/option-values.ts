import { nameProblem } from '../schema/name-rule.ts'

/** How changes of a scenario are written on a command line. */

/** More steps than any path of a scenario has, including names with dots. */
const MOST_STEPS = 100

/** The steps of the path and the value of `path=value`; null for text of another form. */
export function splitOverride(text: string): { steps: string[]; value: string } | null {
  const equals = text.indexOf('=')
  const steps = text.slice(0, Math.max(0, equals)).trim().split('.')
  const bad = steps.includes('') || steps.length > MOST_STEPS
  return bad ? null : { steps, value: text.slice(equals + 1) }
}

/** A named change of a scenario. */
export interface Variant {
  readonly name: string
  /** overrides `path=value`; none for the scenario as it stands */
  readonly set: readonly string[]
}

/**
 * Reads `name: path=value; path=value`. A semicolon within quotes or brackets belongs to its value.
 * Returns the reason where it is no variant.
 */
export function parseVariant(text: string): Variant | string {
  const colon = text.indexOf(':')
  const name = text.slice(0, Math.max(0, colon)).trim()
  const form = "expected 'name: path=value; path=value'"
  if (colon < 0) return `${form}, got ${JSON.stringify(text)}`
  const problem = nameProblem(name)
  if (problem !== null) return `${form} with ${problem}, got the name ${JSON.stringify(name)}`
  const parts = partsBetween(text.slice(colon + 1), ';', ['[{', ']}'])
  const set = parts.map((part) => part.trim()).filter((part) => part !== '')
  const bad = set.find((part) => splitOverride(part) === null)
  return bad === undefined ? { name, set } : `${form}, got ${JSON.stringify(bad)}`
}

/** The parts of a text between signs that stand in no quote and in no bracket of these kinds. */
export function partsBetween(
  text: string,
  sign: string,
  [opening, closing]: readonly [opening: string, closing: string],
): string[] {
  const parts: string[] = []
  let [begin, depth, quote] = [0, 0, '']
  for (const [i, char] of text.split('').entries()) {
    if (quote !== '') quote = char === quote ? '' : quote
    else if (char === '"' || char === "'") quote = char
    else if (opening.includes(char)) depth++
    else if (closing.includes(char)) depth--
    else if (char === sign && depth === 0) {
      parts.push(text.slice(begin, i))
      begin = i + 1
    }
  }
  return [...parts, text.slice(begin)]
}
