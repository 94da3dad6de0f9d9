import { basename } from 'node:path'
import { expect, test } from 'vitest'
import { checkPage } from '../tools/docs/check-page.ts'
import { pagesWith, readPage } from '../tools/docs/pages.ts'
import { missingReports, picturesOf } from '../tools/docs/pictures.ts'
import { chosenBlocks, unmarked } from '../tools/docs/run-page.ts'
import { expectBuilt } from './command-line.ts'
import { runInProcess } from './in-process.ts'

/** The pages show what their commands print. Blocks marked live or slow: `npm run docs:check`. */

const GUIDES = 'docs/guides/'
const pages = pagesWith(unmarked)

/** Tests of the guides with these first letters, such as a-e in the name of a test file. */
export function testGuides(testFile: string): void {
  testPages(guidesOf(testFile))
}

/** The guides that a test file runs, by the letters in its name. */
export function guidesOf(testFile: string): readonly string[] {
  const [, from, to] = /guides-([a-z])-([a-z])\./.exec(testFile)!
  const letters = new RegExp(`^[${from}-${to}]`)
  return pages.filter((page) => page.startsWith(GUIDES) && letters.test(basename(page)))
}

/** The pages that are no guides. */
export const otherPages = pages.filter((page) => !page.startsWith(GUIDES))

export function testPages(paths: readonly string[]): void {
  expectBuilt()
  test.for(paths)('%s shows what its commands print', async (page) => {
    const missing: string[] = []
    const isLive = chosenBlocks(readPage(page), (marks) => marks.includes('live')).length > 0
    // a picture may be of what a live block writes
    const pictures = isLive ? [] : picturesOf(page, readPage(page))
    const onEnd = async (folder: string) => void missing.push(...missingReports(pictures, folder))
    const options = { choice: unmarked, spillway: runInProcess, onEnd }
    const { problems } = await checkPage(page, readPage(page), options)
    expect([...problems, ...missing]).toEqual([])
  })
}
