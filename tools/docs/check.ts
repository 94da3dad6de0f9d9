import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { Command } from 'commander'
import { expectBuilt, ROOT } from '../../test/command-line.ts'
import { checkPage, type PageCheck } from './check-page.ts'
import { pagesWith, readPage } from './pages.ts'
import { missingReports, picturesOf, takePictures } from './pictures.ts'
import { all, chosenBlocks, unmarked } from './run-page.ts'

/** Pages that run side by side. A page with a live block has the machine for itself. */
const AT_A_TIME = Math.min(2, availableParallelism())

interface Options {
  readonly ci?: boolean
  readonly write?: boolean
}

await new Command('npm run docs:check --')
  .description('Run the commands of the docs, and compare what they print with the pages')
  .argument('[pages...]', 'pages; default: all that users read')
  .option('--ci', 'leave out blocks that are marked live or slow')
  .option('--write', 'put the output of this run on the pages, and take their pictures again')
  .action(async (pages: string[], { ci, write }: Options) => {
    expectBuilt()
    const choice = ci === true ? unmarked : all
    const isLive = (page: string) =>
      chosenBlocks(readPage(page), (marks) => choice(marks) && marks.includes('live')).length > 0
    const chosen = pages.length === 0 ? pagesWith(choice) : pages.map(fromRoot)
    let done = 0
    let wrong = 0
    const check = async (page: string) => {
      const onBlock = (block: number, of: number) =>
        console.error(`${page}: block ${block} of ${of}; ${done} of ${chosen.length} pages done`)
      const pictures = picturesOf(page, readPage(page))
      const missing: string[] = []
      const onEnd = async (folder: string) => {
        missing.push(...missingReports(pictures, folder))
        if (write === true && missing.length === 0) await takePictures(pictures, folder)
      }
      const checked = await checkPage(page, readPage(page), { choice, onBlock, onEnd })
      if (write === true) put(page, checked)
      const problems = [
        ...(write === true ? checked.failures : checked.problems),
        ...missing.map(
          (report) => `${page}: no command writes ${report}, of which it has a picture`,
        ),
      ]
      for (const problem of problems) console.log(problem)
      wrong += problems.length
      done++
    }
    const together = chosen.filter((page) => !isLive(page))
    await Promise.all(Array.from({ length: AT_A_TIME }, () => eachOf(together, check)))
    await eachOf(chosen.filter(isLive), check)
    console.error(`${chosen.length} pages, ${wrong} problems`)
    if (wrong > 0) process.exitCode = 1
  })
  .parseAsync()

function put(page: string, { current }: PageCheck): void {
  if (current === readPage(page)) return
  writeFileSync(join(ROOT, page), current)
  console.error(`${page}: written`)
}

function fromRoot(page: string): string {
  return relative(ROOT, resolve(page))
}

/** Takes pages off a list that others may share, one after the other. */
async function eachOf(pages: string[], use: (page: string) => Promise<void>): Promise<void> {
  for (let page = pages.shift(); page !== undefined; page = pages.shift()) await use(page)
}
