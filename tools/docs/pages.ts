import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../../test/command-line.ts'
import { type Choice, chosenBlocks } from './run-page.ts'

/** Folders of the docs that users read. */
const SHELVES = ['docs/tutorial', 'docs/guides', 'docs/background', 'docs/reference']
const SINGLE = ['README.md', 'docs/index.md']

/** Pages that users read, relative to the root of the repository. */
function userPages(): string[] {
  const onShelves = SHELVES.filter((folder) => existsSync(join(ROOT, folder))).flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .sort()
      .map((name) => join(folder, name)),
  )
  return [...SINGLE.filter((page) => existsSync(join(ROOT, page))), ...onShelves]
}

export const readPage = (page: string) => readFileSync(join(ROOT, page), 'utf8')

/** Pages with commands that are run. */
export const pagesWith = (choice: Choice) =>
  userPages().filter((page) => chosenBlocks(readPage(page), choice).length > 0)
