import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import { ROOT } from '../../test/command-line.ts'
import { BROWSER } from '../../test/page-faults.ts'

/** A picture of a page: a part of a report that the commands of the page write. */
export interface Picture {
  /** relative to the folder of the page's commands */
  readonly report: string
  /** CSS selector of the part */
  readonly part: string
  /** relative to the root of the repository */
  readonly image: string
}

const SHOWN = /^<!-- picture: (\S+) (.+) -->\n!\[[^\]]*\]\(([^)]+)\)$/gm
/** CSS pixels: a chart is as wide as on a desktop. */
const WIDTH = 1000
/** Of the page; a part that is higher is cut. */
const HEIGHT = 760

/** The pictures of a page: a comment names the report and its part, and an image follows. */
export function picturesOf(page: string, markdown: string): Picture[] {
  return [...markdown.matchAll(SHOWN)].map(([, report, part, image]) => {
    return { report: report!, part: part!, image: join(dirname(page), image!) }
  })
}

/** The reports that are missing in a folder, for a page whose commands have run there. */
export const missingReports = (pictures: readonly Picture[], folder: string): string[] =>
  pictures.map(({ report }) => report).filter((report) => !existsSync(join(folder, report)))

/** Takes the pictures of a page from the reports in its folder. */
export async function takePictures(pictures: readonly Picture[], folder: string): Promise<void> {
  if (pictures.length === 0) return
  const browser = await chromium.launch({ executablePath: BROWSER, args: ['--no-sandbox'] })
  try {
    const viewport = { width: WIDTH, height: HEIGHT }
    const page = await browser.newPage({ viewport, colorScheme: 'light' })
    for (const { report, part, image } of pictures) {
      await page.goto(pathToFileURL(join(folder, report)).href)
      const path = join(ROOT, image)
      // `top` is the first screen
      if (part === 'top') await page.screenshot({ path })
      else await page.locator(part).first().screenshot({ path })
    }
  } finally {
    await browser.close()
  }
}
