import { Failure, readUserFile, Unreadable } from '../../scenarios/index.ts'

/** Larger documents are not from this program, and would take gigabytes as objects. */
const MOST_JSON = 64_000_000
/**
 * Limit of requests and journals, which are read line by line; strings have a limit little above
 * it.
 */
const MOST_TEXT = 500_000_000

/** Parses the text of a JSON file that the user named. */
export function parseJson(path: string, text: string): unknown {
  if (text.length > MOST_JSON) {
    throw new Failure(`${path}: expected at most ${MOST_JSON} characters, got ${text.length}`)
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Failure(`${path}: not JSON (${(error as Error).message})`)
  }
}

/** Reads a text file that the user named. */
export async function readText(path: string): Promise<string> {
  try {
    return (await readUserFile(path, MOST_TEXT)).toString('utf8')
  } catch (error) {
    throw unread(path, error)
  }
}

/** A read error as a `Failure`; any other error unchanged. */
export function unread(path: string, error: unknown): unknown {
  if (!(error instanceof Unreadable)) return error
  const { message, missing } = error
  return new Failure(`${path}: ${missing ? message : `cannot be read: ${message}`}`)
}
