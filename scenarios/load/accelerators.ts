import { readFileSync } from 'node:fs'
import { Failure } from '../failure.ts'
import { parseAccelerator } from '../parse/accelerator.ts'
import type { Accelerator } from '../schema/schema-accelerator.ts'
import { readingShipped } from './file-access.ts'
import { catalogue } from './shipped.ts'
import { pathFrom, readUserText, Unreadable } from './user-file.ts'

/** Far beyond a file with a thousand prices. */
const MOST_BYTES = 1_000_000

/** The accelerators that ship, by name. */
export function shippedAccelerators(): Accelerator[] {
  return catalogue.names().map((name) => {
    const file = `scenarios/accelerators/${name}.yaml`
    return parseAccelerator(readFileSync(catalogue.file(name)!, 'utf8'), file)
  })
}

/**
 * An accelerator by a path relative to `directory`, or by the name of one that ships if no file is
 * there. Throws `Failure` with every problem of the file, or with the nearest names.
 */
export async function loadAccelerator(
  given: string,
  directory: string,
  onFile?: (path: string) => void,
): Promise<Accelerator> {
  const path = pathFrom(directory, given)
  const refuse = (reason: string) => new Failure(`${given}: cannot read the accelerator: ${reason}`)
  const found = catalogue.find(path, given)
  if (found === null) {
    const hint = catalogue.hint(given, 'spillway accelerators')
    throw refuse(`no such file; ${hint}`)
  }
  try {
    const read = () => readUserText(found.path, MOST_BYTES)
    const text = await (found.shipped ? readingShipped(read) : read())
    if (!found.shipped) onFile?.(path)
    return parseAccelerator(text, found.shipped ? given : path)
  } catch (error) {
    throw error instanceof Unreadable ? refuse(error.message) : error
  }
}
