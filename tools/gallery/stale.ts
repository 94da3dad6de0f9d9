import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Picture {
  readonly file: string
  readonly svg: string
}

export interface Made {
  /** the page that the simulations give, and the one that is kept */
  readonly page: string
  readonly kept: string
  /** of the entries that were simulated */
  readonly pictures: readonly Picture[]
  /** files of the folder that are no part of the gallery */
  readonly others: readonly string[]
}

/** What of a kept gallery is not current, a line each. */
export function staleIn(folder: string, { page, kept, pictures, others }: Made): string[] {
  return [
    ...linesApart(join(folder, 'index.md'), page, kept),
    ...pictures.flatMap(({ file, svg }) => {
      const path = join(folder, file)
      if (!existsSync(path)) return [`${path}: is missing`]
      return readFileSync(path, 'utf8') === svg ? [] : [`${path}: is another picture`]
    }),
    ...others.map((file) => `${join(folder, file)}: belongs to no entry`),
  ]
}

/** The first line in which a page differs. */
function linesApart(path: string, page: string, kept: string): string[] {
  if (page === kept) return []
  const [now, was] = [page.split('\n'), kept.split('\n')]
  const at = now.findIndex((line, i) => line !== was[i])
  const line = at < 0 ? now.length : at
  return [`${path}:${line + 1}: expected ${text(now[line])}, got ${text(was[line])}`]
}

const text = (line: string | undefined) => (line === undefined ? 'the end' : JSON.stringify(line))
