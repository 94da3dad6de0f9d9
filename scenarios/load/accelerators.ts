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
  name: string,
  directory: string,
  onFile?: (path: string) => void,
): Promise<Accelerator> {
  const path = pathFrom(directory, name)
  const refuse = (reason: string) => new Failure(`${name}: cannot read the accelerator: ${reason}`)
  const source = catalogue.find(path, name)
  if (source === null) {
    const hint = catalogue.hint(name, 'spillway accelerators')
    throw refuse(`no such file; ${hint}`)
  }
  try {
    const read = () => readUserText(source.path, MOST_BYTES)
    const text = await (source.shipped ? readingShipped(read) : read())
    if (!source.shipped) onFile?.(path)
    return parseAccelerator(text, source.shipped ? name : path)
  } catch (error) {
    throw error instanceof Unreadable ? refuse(error.message) : error
  }
}
