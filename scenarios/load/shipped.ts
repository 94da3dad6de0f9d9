import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, parse } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Failure } from '../failure.ts'
import { nearest } from '../parse/nearest.ts'

/** A scenario file as a user names it: a path, or the name of a shipped scenario. */
export interface ScenarioSource {
  /** the file to read */
  readonly path: string
  /** whether it is of the library that ships, whose files do not tell where relative paths start */
  readonly shipped: boolean
}

/** The folder that ships, seen from the sources and from the bundles in dist/. */
function libraryFolder(): string {
  for (const folder of ['../library', '../scenarios/library']) {
    const path = fileURLToPath(new URL(folder, import.meta.url))
    if (existsSync(path)) return path
  }
  throw new Error('Expected scenarios/library to be shipped')
}

/** The names of the scenarios that ship. */
export function shippedNames(): string[] {
  return readdirSync(libraryFolder())
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => parse(file).name)
    .sort()
}

/** The file of a shipped scenario; null if none has this name. */
export function shippedFile(name: string): string | null {
  return shippedNames().includes(name) ? join(libraryFolder(), `${name}.yaml`) : null
}

/** A file comes before a shipped scenario of its name. Null if there is neither. */
export function findScenario(path: string, name: string): ScenarioSource | null {
  const here = kindAt(path)
  const shipped = here === 'other' || here === 'none' ? shippedFile(name) : null
  if (shipped !== null) return { path: shipped, shipped: true }
  return here === 'none' ? null : { path, shipped: false }
}

function kindAt(path: string): 'file' | 'other' | 'none' | 'unknown' {
  try {
    const stats = statSync(path, { throwIfNoEntry: false })
    if (stats === undefined) return 'none'
    return stats.isFile() ? 'file' : 'other'
  } catch {
    // such as a name with a null byte: reading it states the reason
    return 'unknown'
  }
}

/** The end of a message about a scenario that is neither a file nor shipped: what to do instead. */
export function shippedHint(given: string): string {
  const { name } = parse(given)
  const near = shippedNames().filter((one) => nearest(name, [one]) !== null)
  const list = `\`spillway scenarios\` lists those that ship`
  return near.length === 0 ? list : `did you mean ${near.join(', ')}? ${list}`
}

/**
 * The text of a shipped scenario for a file anywhere on this machine: it extends others by their
 * names, and its JSON Schema is named by its path. Throws `Failure` with the nearest names if there
 * is none of this name.
 */
export function shippedText(name: string): string {
  const file = shippedFile(name)
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
