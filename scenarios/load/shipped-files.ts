import { existsSync, readdirSync, statSync } from 'node:fs'
import { join, parse } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nearNames } from '../parse/nearest.ts'
import { isVisible } from './file-access.ts'

/** A file as a user names it: a path, or the name of a file that ships. */
export interface FoundFile {
  /** the file to read */
  readonly path: string
  readonly shipped: boolean
}

/** The YAML files of one folder that ships, each with the name of its file. */
export class ShippedFiles {
  readonly #name: string

  /** `name` of the folder in scenarios */
  constructor(name: string) {
    this.#name = name
  }

  names(): string[] {
    return readdirSync(this.#folder())
      .filter((file) => file.endsWith('.yaml'))
      .map((file) => parse(file).name)
      .sort()
  }

  /** The file of a name; null if none has it. */
  file(name: string): string | null {
    return this.names().includes(name) ? join(this.#folder(), `${name}.yaml`) : null
  }

  /** A file at a path comes before a shipped one of this name. Null if there is neither. */
  find(path: string, name: string): FoundFile | null {
    const here = kindAt(path)
    const shipped = here === 'other' || here === 'none' ? this.file(name) : null
    if (shipped !== null) return { path: shipped, shipped: true }
    return here === 'none' ? null : { path, shipped: false }
  }

  /** The end of a message about a name that is neither a file nor shipped: what to do instead. */
  hint(file: string, listing: string): string {
    const { name } = parse(file)
    const near = nearNames(name, this.names())
    const list = `\`${listing}\` lists those that ship`
    return near.length === 0 ? list : `did you mean ${near.join(', ')}? ${list}`
  }

  /** Seen from the sources and from the bundles in dist/. */
  #folder(): string {
    for (const folder of [`../${this.#name}`, `../scenarios/${this.#name}`]) {
      const path = fileURLToPath(new URL(folder, import.meta.url))
      if (existsSync(path)) return path
    }
    throw new Error(`Expected scenarios/${this.#name} to be shipped`)
  }
}

function kindAt(path: string): 'file' | 'other' | 'none' | 'unknown' {
  if (!isVisible(path)) return 'none'
  try {
    const stats = statSync(path, { throwIfNoEntry: false })
    if (stats === undefined) return 'none'
    return stats.isFile() ? 'file' : 'other'
  } catch {
    // such as a name with a null byte: reading it states the reason
    return 'unknown'
  }
}
