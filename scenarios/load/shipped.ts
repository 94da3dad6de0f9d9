import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../failure.ts'
import { type FoundFile, ShippedFiles } from './shipped-files.ts'

const library = new ShippedFiles('library')
export const catalogue = new ShippedFiles('accelerators')

/** The names of the accelerators that ship. */
export const acceleratorNames = (): string[] => catalogue.names()

/** The names of the scenarios that ship. */
export const shippedNames = (): string[] => library.names()

/** A file comes before a shipped scenario of its name. Null if there is neither. */
export const findScenario = (path: string, name: string): FoundFile | null =>
  library.find(path, name)

/** The start of a message about a scenario that cannot be read. */
export const unread = (name: string) => `${name}: cannot read the scenario`

/** The same as `findScenario`. Throws `Failure` if there is neither. */
export function expectScenario(name: string): FoundFile {
  const source = findScenario(name, name)
  if (source !== null) return source
  throw new Failure(`${unread(name)}: no such file; ${shippedHint(name)}`)
}

/** The end of a message about a scenario that is neither a file nor shipped: what to do instead. */
export const shippedHint = (name: string): string => library.hint(name, 'spillway scenarios')

/**
 * The text of a shipped scenario for a file anywhere on this machine: it extends others by their
 * names, and its JSON Schema is named by its path. Throws `Failure` with the nearest names if there
 * is none of this name.
 */
export function shippedText(name: string): string {
  const file = library.file(name)
  if (file === null) {
    throw new Failure(`${name}: no scenario of this name ships; ${shippedHint(name)}`)
  }
  return readFileSync(file, 'utf8')
    .replace(
      /^(# yaml-language-server: \$schema=)(.*)$/m,
      (_, key, path) => key + join(file, '..', path),
    )
    .replace(/^extends: (.*)\.yaml$/m, 'extends: $1')
}
