import type * as z from 'zod'
import {
  describeValue,
  Failure,
  readUserFile,
  Unreadable,
  visibleJson,
} from '../../scenarios/index.ts'

/** Larger documents are not from this program, and would take gigabytes as objects. */
export const MOST_JSON = 64_000_000
/** Limit of requests and decision logs, which are read line by line; strings have a similar one. */
const MOST_TEXT = 500_000_000
/** More problems add nothing: a document with this many is another kind of file. */
const MOST_PROBLEMS = 20

// a line break cannot stand inside a JSON string, so no text is touched
const NUMBERS = /\[\n\s*((?:-?[\d.e+-]+|null)(?:,\n\s*(?:-?[\d.e+-]+|null))*)\n\s*\]/g

/** A document as in files and on stdout: indented, with lists of numbers on one line each. */
export function documentText(document: unknown): string {
  const text = JSON.stringify(document, null, 2)
  const short = text.replace(NUMBERS, (_, list: string) => `[${list.replace(/\s+/g, '')}]`)
  return `${visibleJson(short)}\n`
}

/** Reads a document. Throws `Failure` with its problems and `advice`, if there is one. */
export async function readJson<T>(path: string, schema: z.ZodType<T>, advice?: string): Promise<T> {
  const value = parseJson(path, await readText(path))
  const { data, error } = schema.safeParse(value)
  if (error === undefined) return data
  // in another kind of document every key is wrong, so only its kind is reported
  const kind = error.issues.find(({ path: [key] }) => key === 'document' || key === 'format')
  const shown = kind === undefined ? error.issues.slice(0, MOST_PROBLEMS) : [kind]
  const problems = shown.map((issue) => {
    const at = issue.path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    return `${path} ${at.join('').slice(1)}: ${textOf(issue, value)}`
  })
  const left = error.issues.length - shown.length
  if (kind === undefined && left > 0) problems.push(`${path}: … and ${left} more`)
  throw new Failure(advice === undefined ? problems : [...problems, `${path}: ${advice}`])
}

/** Where another kind of document was given, both kinds. */
function textOf(issue: z.core.$ZodIssue, value: unknown): string {
  const [key, ...inner] = issue.path
  if (issue.code !== 'invalid_value' || inner.length > 0) return issue.message
  const holder = typeof value === 'object' && value !== null ? value : {}
  return `expected ${issue.values.join(' or ')}, got ${describeValue(Reflect.get(holder, key!))}`
}

/** Parses the text of a JSON file that the user named. */
export function parseJson(path: string, text: string): unknown {
  if (text.length > MOST_JSON) {
    const [most, actual] = [MOST_JSON, text.length].map((count) => count.toLocaleString('en-US'))
    throw new Failure(`${path}: expected at most ${most} characters, got ${actual}`)
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Failure(`${path}: not JSON (${(error as Error).message})`)
  }
}

export async function readText(path: string): Promise<string> {
  return (await readBytes(path, MOST_TEXT)).toString('utf8')
}

/**
 * Reads a file that the user named, as `name`. Throws `Failure` if it cannot be read or is too
 * large.
 */
export async function readBytes(path: string, most: number, name = path): Promise<Buffer> {
  try {
    return await readUserFile(path, most)
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    const { message, missing } = error
    throw new Failure(`${name}: ${missing ? message : `cannot be read: ${message}`}`)
  }
}
