import { hasFewValues } from '../../scenarios/light.ts'
import { RequestProblem } from './request-problem.ts'

/** Fields of a request in JSON, which may hold anything. */

/** Throws `RequestProblem` for what is no JSON, or has more than `mostValues`. */
export function parsedJson(bytes: Uint8Array, mostValues: number): unknown {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new RequestProblem('the body: expected JSON in UTF-8')
  }
  // parsing values takes far more memory than their text
  if (!hasFewValues(text, mostValues)) {
    throw new RequestProblem(`the body: expected at most ${mostValues} values`, 413)
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new RequestProblem(`the body: expected JSON (${(error as Error).message.slice(0, 200)})`)
  }
}

/** What a value of JSON is, for problems; it may be long. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  if (typeof value !== 'string') return String(value)
  return value.length > 60 ? 'a long text' : JSON.stringify(value)
}

/** A key of the map itself, never of its prototype. */
export const own = (map: object, key: string): unknown =>
  Object.hasOwn(map, key) ? (map as Record<string, unknown>)[key] : undefined

export function mapOf(value: unknown, at: string): object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new RequestProblem(`${at}: expected a map, got ${kindOf(value)}`)
}

export function listOf(value: unknown, at: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw new RequestProblem(`${at}: expected a list, got ${kindOf(value)}`)
}

export function flagOf(value: unknown, at: string): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value
  throw new RequestProblem(`${at}: expected true or false, got ${kindOf(value)}`)
}

/** A whole number of a range. */
export function wholeOf(value: unknown, at: string, [least, most]: readonly [number, number]) {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) {
    return value as number
  }
  const range = `a whole number from ${least} to ${most}`
  throw new RequestProblem(`${at}: expected ${range}, got ${kindOf(value)}`)
}
